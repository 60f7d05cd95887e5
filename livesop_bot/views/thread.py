"""The message in a signal's thread, the face of a run: which SOP, how sure, how far, and why."""

from collections.abc import Iterator, Mapping
from typing import assert_never

from livesop_bot.domain.actions import ActionRequest
from livesop_bot.domain.runs import Run, RunState
from livesop_bot.domain.signals import SignalState
from livesop_bot.domain.steps import FINAL, StepState, open_steps
from livesop_bot.domain.workflows import StepId
from livesop_bot.views.blocks import (
    HEADER,
    MESSAGE,
    Block,
    Message,
    actions,
    bar,
    button,
    clip,
    confirm,
    context,
    counted,
    header,
    line,
    message,
    percent,
    person,
    section,
    size,
)
from livesop_bot.views.ids import ActionId, BlockId
from livesop_bot.views.knowledge import based_on
from livesop_bot.views.press import Pressed
from livesop_bot.views.steps import AMPLE, SCARCE, step_blocks

_MAY_HAVE_ACTED = frozenset(
    {StepState.DONE, StepState.TRYING, StepState.FAILED, StepState.UNKNOWN},
)


def run_message(run: Run, requests: Mapping[StepId, ActionRequest | str] = {}) -> Message:
    """Show a run as it stands, with buttons only for what can be done now.

    `requests`: what actions to come would send, or why one cannot be filled in.
    """
    evaluation, title = run.evaluation, run.workflow.definition.title
    sure = "" if evaluation.confidence is None else percent(evaluation.confidence)
    above = [header(_title(title, sure)), section(_state(run)), *_why(run), *_notes(run)]
    below = list(_run_buttons(run))
    blocks = [*above, *step_blocks(run, requests, AMPLE), *below]
    if size(blocks) > MESSAGE:
        blocks = [*above, *step_blocks(run, requests, SCARCE), *below]
    return message(f"{line(title, 200)}{f' ({sure})' if sure else ''}: {_in_short(run)}", blocks)


def _title(title: str, sure: str) -> str:
    suffix = f" · {sure}" if sure else ""
    return clip(" ".join(title.split()), HEADER - len(suffix)) + suffix


def _in_short(run: Run) -> str:
    """For notifications, and for those who hear the message read out."""
    match run.state:
        case RunState.PROPOSED:
            return "proposed, nothing has been done"
        case RunState.RUNNING:
            progress = {record.id: record.progress for record in run.steps}
            now = next(open_steps(run.workflow.definition, progress), None)
            return f"{_counted(run)}; now: {line(now.title, 150)}" if now else _counted(run)
        case RunState.DONE:
            return "done"
        case RunState.CANCELLED:
            return "cancelled"
        case RunState.DISMISSED:
            return "not this one, nothing more will be done"
        case RunState.EXPIRED:
            return "expired"
        case _:
            assert_never(run.state)


def _state(run: Run) -> str:
    who = person(run.ended_by) if run.ended_by else "LiveSOP"
    why = f"  {line(run.ended_why, 300)}" if run.ended_why else ""
    started = f"started by {person(run.started_by) if run.started_by else 'Auto-Pilot'}"
    match run.state:
        case RunState.PROPOSED:
            return "*Proposed.*  Nothing has been done. Does it fit?"
        case RunState.RUNNING:
            return f"{_bar(run)}  *{_counted(run)}*  ·  {started}"
        case RunState.DONE:
            return f"{bar(1)}  *Done*  ·  {started}"
        case RunState.CANCELLED:
            return f"✖️  *Cancelled* by {who}.{why}  Nothing more will be done."
        case RunState.DISMISSED:
            done = any(record.state in _MAY_HAVE_ACTED for record in run.steps)
            what = "What is done stays done" if done else "Nothing was done"
            return f"✖️  *Not this one,* says {who}.  {what}; LiveSOP remembers it."
        case RunState.EXPIRED:
            return f"✖️  *Expired.*{why or '  Nobody took it up.'}  Nothing more will be done."
        case _:
            assert_never(run.state)


def _through(run: Run) -> int:
    return sum(record.state in FINAL for record in run.steps)


def _bar(run: Run) -> str:
    return bar(_through(run) / max(len(run.steps), 1))


def _counted(run: Run) -> str:
    return f"{_through(run)} of {counted(len(run.steps), 'step')}"


def _why(run: Run) -> Iterator[Block]:
    """For those who are to decide on it, or did not; the others have a button."""
    if run.state is RunState.PROPOSED or (run.state is RunState.RUNNING and not run.started_by):
        found = (run.evaluation.reasoning, run.evaluation.decision.detail)
        why = f"*Why:* {line(' '.join(found), 900)}"
        yield context(*filter(None, (why, based_on(run.evaluation.citations))))


def _notes(run: Run) -> Iterator[Block]:
    if run.evaluation.signal.state is SignalState.DELETED:
        yield context(
            "🗑️  *Basis changed:* the message was deleted since, or grew too old to be kept."
        )
    elif run.edited_since:
        yield context("✏️  *Basis changed:* the message was edited after this was judged.")


def _run_buttons(run: Run) -> Iterator[Block]:
    value = Pressed(run=run.id).value()
    why = button(ActionId.RUN_WHY, "Why?", value=value)
    match run.state:
        case RunState.PROPOSED:
            start = button(ActionId.RUN_START, "Start", style="primary", value=value)
            yield actions(
                BlockId.RUN, start, button(ActionId.RUN_DISMISS, "Not this", value=value), why
            )
        case RunState.RUNNING:
            ask = confirm(
                title="Cancel this SOP?",
                text="What is done stays done; nothing more will be done.",
                yes="Cancel the SOP",
                no="Keep going",
            )
            cancel = button(ActionId.RUN_CANCEL, "Cancel run", confirm=ask, value=value)
            if run.started_by:
                yield actions(BlockId.RUN, why, cancel)
            else:
                yield actions(BlockId.RUN, why, _not_this(value), cancel)
        case _:
            yield actions(BlockId.RUN, why)


def _not_this(value: str) -> Block:
    """For what Auto-Pilot started: not to fit is another thing than not to be needed."""
    ask = confirm(
        title="Not this SOP?",
        text="It ends, and LiveSOP learns that it does not fit this message. What is done stays "
        "done. Two of these within two weeks switch Auto-Pilot off for the SOP.",
        yes="It does not fit",
        no="Keep going",
    )
    return button(ActionId.RUN_DISMISS, "Not this", confirm=ask, value=value)
