"""What is set, in a few lines, and where to change it."""

from collections.abc import Iterator

from livesop_bot.domain.team_settings import Environment, TeamSettings
from livesop_bot.views.blocks import (
    Message,
    channel,
    code,
    context,
    counted,
    line,
    message,
    percent,
    section,
)

_NAMED = 10


def settings_summary(own: TeamSettings, environment: Environment) -> Message:
    """Say what counts, and that the Home tab changes it."""
    rows = "\n".join(f"•  {row}" for row in _rows(own, environment))
    return message(
        "LiveSOP's settings",
        [
            section(f"*Settings*\n{rows}", expand=True),
            context(
                "All of them, and how to change them, are in LiveSOP's Home tab under *Settings*; "
                "changing takes an admin."
            ),
        ],
    )


def _rows(own: TeamSettings, environment: Environment) -> Iterator[str]:
    limits = own.limits(environment.limits)
    yield f"Proposed from *{percent(limits.propose)}* on, started from *{percent(limits.auto)}* on"
    watched = _named([channel(one) for one in own.channels])
    yield f"Listens in {watched or 'every channel that LiveSOP is in'}"
    if own.operators:
        yield f"{counted(len(own.operators), 'operator')}, or groups of them, may approve"
    hours = own.remind_after_hours
    hours = environment.remind_after_hours if hours is None else hours
    yield f"Reminds after {counted(hours, 'hour')}" if hours else "Never reminds"
    days = own.retention_days
    forgets = "" if days is None else f"Forgets messages after {counted(days, 'day')}"
    yield forgets or "Keeps messages for ever"
    if environment.model is None:
        yield "Judged by the local evaluator alone"
    else:
        budget = own.daily_token_budget
        tokens = environment.daily_token_budget if budget is None else budget
        yield f"{code(environment.model)} is asked, with {tokens:,} tokens a day at most"
    if own.weekly_digest and own.digest_channel:
        yield f"Weekly digest in {channel(own.digest_channel)}"
    if own.daily_summary:
        yield f"Daily summary for admins ({line(own.time_zone, 60)})"


def _named(names: list[str]) -> str:
    left = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {left} more" if left > 0 else "")
