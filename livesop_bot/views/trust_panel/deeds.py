"""What was done: the run's steps, what came of each, where to see it, and by whom."""

import re
from collections.abc import Iterator
from typing import assert_never

from livesop_bot.domain.decisions import Reason
from livesop_bot.domain.runs import Run, RunState, StepRecord
from livesop_bot.domain.signals import SignalState
from livesop_bot.domain.steps import FINAL, StepState
from livesop_bot.domain.workflows import Step, StepKind
from livesop_bot.views.blocks import Block, counted, date, escape, line, link, person, section, time
from livesop_bot.views.steps import MARKS, left_behind
from livesop_bot.views.trust_panel.more import with_more
from livesop_bot.views.trust_panel.state import Panel, Part

_SHOWN = 10
_PERMALINK = re.compile(r"(?P<place>https?://[^/\s<>|]+/archives/)[A-Z0-9]+/p[0-9]{16}(?:\?.*)?")


def deeds_blocks(panel: Panel) -> Iterator[Block]:
    """Show the run; where there is none, that nothing was done."""
    run = panel.explanation.run
    if run is None:
        yield section(f"*What was done*\n{_nothing(panel)}")
        return
    rows = list(full_deeds(panel))
    folded, shown = _window(run, rows)
    if folded:
        shown = [f"_… {folded} earlier_", *shown]
    text = "\n".join((f"*What was done*  ·  {_state(run)}", *shown))
    yield with_more(text, Part.STEPS, is_cut=len(rows) > _SHOWN)


def full_deeds(panel: Panel) -> Iterator[str]:
    """A row for each step that matters."""
    run = panel.explanation.run
    if run is None or run.state in (RunState.PROPOSED, RunState.DISMISSED):
        return
    records = {record.id: record for record in run.steps}
    for step in run.workflow.definition.steps:
        record = records.get(step.id, StepRecord(id=step.id))
        if record.state is not StepState.BYPASSED:
            yield _row(step, record)


def _nothing(panel: Panel) -> str:
    if panel.explanation.signal.state is SignalState.PENDING and panel.evaluation is None:
        return "Nothing yet."
    reason = None if panel.evaluation is None else panel.evaluation.decision.reason
    more = " An SOP is open in its thread already." if reason is Reason.DUPLICATE_RUN else ""
    return f"Nothing: no SOP was proposed or started for it.{more}"


def _window(run: Run, rows: list[str]) -> tuple[int, list[str]]:
    """The rows around where it stands, and how many are before them."""
    over = sum(record.state in FINAL for record in run.steps)
    first = max(0, min(over - _SHOWN // 2, len(rows) - _SHOWN))
    return first, rows[first : first + _SHOWN]


def _state(run: Run) -> str:
    by = person(run.started_by) if run.started_by else "Auto-Pilot"
    ended = person(run.ended_by) if run.ended_by else "LiveSOP"
    match run.state:
        case RunState.PROPOSED:
            said = "proposed; it waits for somebody to start it"
        case RunState.RUNNING:
            through = sum(record.state in FINAL for record in run.steps)
            said = f"started by {by}, {through} of {counted(len(run.steps), 'step')}"
        case RunState.DONE:
            said = f"started by {by}, done"
        case RunState.CANCELLED:
            said = f"started by {by}, cancelled by {ended}"
        case RunState.DISMISSED:
            said = f"proposed, and {ended} said: not this one"
        case RunState.EXPIRED:
            said = "expired: nobody took it up"
        case _:
            assert_never(run.state)
    why = f" ({line(run.ended_why, 200)})" if run.ended_why.strip() else ""
    there = thread_link(run)
    to_it = f"  ·  {link(there, 'Open it in its thread')}" if there else ""
    return f"{said}{why}{to_it}"


def thread_link(run: Run) -> str | None:
    """The address of the run's message, by that of the message it answers."""
    found = _PERMALINK.fullmatch(run.evaluation.signal.permalink or "")
    if found is None or run.post_ts is None:
        return None
    ts = run.post_ts.replace(".", "")
    return f"{found['place']}{run.channel}/p{ts}?thread_ts={run.thread_ts}&cid={run.channel}"


def _row(step: Step, record: StepRecord) -> str:
    parts = [f"{MARKS[record.state]}  {line(step.title, 80)}", _came_of(step, record)]
    if record.state in FINAL and record.changed_at is not None:
        parts.append(f"by {person(record.changed_by) if record.changed_by else 'LiveSOP'}")
        parts.append(date(record.changed_at))
    return "  ·  ".join(filter(None, parts))


def _came_of(step: Step, record: StepRecord) -> str:
    words = " ".join(record.detail.split())[:100]
    match record.state:
        case StepState.DONE if step.kind is StepKind.DECISION:
            return f"*{line(record.chosen, 60)}*" if record.chosen.strip() else "decided"
        case StepState.DONE:
            return left_behind(record, 100)
        case StepState.PLANNED if record.due_at is not None:
            return f"will be done at {time(record.due_at)}"
        case StepState.WAITING:
            return f"waits for people{f': {escape(words)}' if words else ''}"
        case StepState.BLOCKED:
            return "to come"
        case StepState.FAILED | StepState.UNKNOWN:
            what = "*failed*" if record.state is StepState.FAILED else "*may have happened*"
            return f"{what}{f': {escape(words)}' if words else ''}"
        case _:
            return record.state.value
