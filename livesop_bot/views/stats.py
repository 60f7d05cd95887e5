"""Figures of some days, in a few lines: of the team, and of each SOP."""

from collections.abc import Mapping, Sequence

from livesop_bot.domain.figures import DayFigures, SopFigures
from livesop_bot.domain.workflows import Workflow, WorkflowId
from livesop_bot.views.blocks import (
    Block,
    Message,
    code,
    context,
    counted,
    hours,
    line,
    message,
    section,
)

MOST_DAYS = 90
_LISTED = 20


def stats(
    days: Sequence[DayFigures],
    sops: Mapping[WorkflowId, SopFigures],
    workflows: Sequence[Workflow],
) -> Message:
    """Say what happened in these days, and with which SOPs, the busiest first."""
    rows = [
        f"{_bold(sum(day.signals for day in days), 'signal')} seen",
        f"{_bold(sum(day.started for day in days), 'SOP')} started",
        f"{_bold(sum(day.actions for day in days), 'automated action')}",
        f"*{hours(sum(day.saved_min for day in days))}* hours saved",
    ]
    span = "Today (UTC)" if len(days) == 1 else f"The last {len(days)} days (UTC)"
    blocks: list[Block] = [section(f"*{span}*\n" + "\n".join(f"•  {row}" for row in rows))]
    busy = sorted(
        ((sops[one.id], one) for one in workflows if one.id in sops),
        key=lambda pair: (-pair[0].matched, -pair[0].started, pair[1].slug),
    )
    lines = [_row(figures, workflow) for figures, workflow in busy[:_LISTED]]
    blocks += [
        section("\n".join(lines[at : at + 10]), expand=True) for at in range(0, len(lines), 10)
    ]
    if left := len(busy) - len(lines):
        blocks.append(context(f"… and {counted(left, 'more SOP')}"))
    return message(f"{span}: {rows[0].replace('*', '')}", blocks)


def _bold(number: int, what: str) -> str:
    return f"*{number:,}* {what}{'' if number == 1 else 's'}"


def _row(figures: SopFigures, workflow: Workflow) -> str:
    parts = [
        f"{figures.matched:,} matched",
        f"{figures.started:,} started",
        f"{figures.dismissed:,} dismissed",
    ]
    if figures.precision is not None:
        parts.append(f"{figures.precision:.0%} right")
    return f"{code(workflow.slug)}  {line(workflow.title, 60)}: {', '.join(parts)}"
