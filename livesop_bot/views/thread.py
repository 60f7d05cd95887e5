"""The message in a signal's thread, the face of a run: which SOP, how sure, its steps, and why."""

from collections.abc import Iterator
from typing import assert_never

from livesop_bot.domain.runs import Run, RunState, StepRecord
from livesop_bot.domain.steps import FINAL, Press, StepState, choices, offers
from livesop_bot.domain.workflows import Step, StepKind, StepMode
from livesop_bot.views.blocks import (
    HEADER,
    Block,
    Message,
    actions,
    button,
    clip,
    confirm,
    context,
    header,
    line,
    link,
    message,
    percent,
    person,
    section,
)
from livesop_bot.views.ids import ActionId, BlockId
from livesop_bot.views.press import Pressed

_MOST_OPEN = 12
"""Steps with buttons; three blocks each, of the 50 that a message may have."""
_CHUNK = 12
"""Steps without buttons that share a block, which has room for 3,000 characters."""

_MARKS = {
    StepState.BLOCKED: "☐",
    StepState.WAITING: "🔵",
    StepState.PLANNED: "⏳",
    StepState.TRYING: "⏳",
    StepState.DONE: "✅",
    StepState.SKIPPED: "⏭️",
    StepState.BYPASSED: "➖",
    StepState.FAILED: "⚠️",
    StepState.UNKNOWN: "❓",
    StepState.CANCELLED: "✖️",
}
_BUTTONS = {
    Press.APPROVE: (ActionId.STEP_APPROVE, "Approve", "primary"),
    Press.DONE: (ActionId.STEP_DONE, "Done", "primary"),
    Press.SKIP: (ActionId.STEP_SKIP, "Skip", None),
    Press.HOLD: (ActionId.STEP_HOLD, "Cancel", "danger"),
    Press.RETRY: (ActionId.STEP_RETRY, "Retry", None),
    Press.MARK_DONE: (ActionId.STEP_MARK_DONE, "Mark done", "primary"),
}


def run_message(run: Run) -> Message:
    """Show a run as it stands, with buttons only for what can be done now."""
    evaluation, definition = run.evaluation, run.workflow.definition
    sure = "" if evaluation.confidence is None else percent(evaluation.confidence)
    why = " ".join(filter(None, (evaluation.reasoning.strip(), evaluation.decision.detail.strip())))
    return message(
        f"{_headline(run.state)} {line(definition.title, 200)}{f' ({sure})' if sure else ''}",
        [
            header(_title(definition.title, sure)),
            section(_state(run)),
            context(f"*Why:* {line(why, 900)}"),
            *_notes(run),
            *_steps(run),
            *_run_buttons(run),
        ],
    )


def _title(title: str, sure: str) -> str:
    suffix = f" · {sure}" if sure else ""
    return clip(" ".join(title.split()), HEADER - len(suffix)) + suffix


def _headline(state: RunState) -> str:
    match state:
        case RunState.PROPOSED:
            return "Proposed, nothing has been done:"
        case RunState.RUNNING:
            return "Started:"
        case RunState.DONE:
            return "Done:"
        case RunState.CANCELLED:
            return "Cancelled:"
        case RunState.DISMISSED:
            return "Not this one:"
        case RunState.EXPIRED:
            return "Expired, nothing has been done:"
        case _:
            assert_never(state)


def _state(run: Run) -> str:
    who = person(run.ended_by) if run.ended_by else "LiveSOP"
    why = f" {line(run.ended_why, 300)}" if run.ended_why else ""
    match run.state:
        case RunState.PROPOSED:
            return "*Proposed.* Nothing has been done. Start it if it fits."
        case RunState.RUNNING:
            by = f"by {person(run.started_by)}" if run.started_by else "by Auto-Pilot"
            return f"*Started* {by}.  {_counted(run)}"
        case RunState.DONE:
            return f"*Done.*  {_counted(run)}"
        case RunState.CANCELLED:
            return f"*Cancelled* by {who}.{why} Nothing more will be done."
        case RunState.DISMISSED:
            return f"*Not this one,* says {who}. Nothing was done, and LiveSOP has learned from it."
        case RunState.EXPIRED:
            return "*Expired.* Nobody took it up; nothing was done."
        case _:
            assert_never(run.state)


def _counted(run: Run) -> str:
    over = sum(record.state in FINAL for record in run.steps)
    return f"{over} of {len(run.steps)} steps are through."


def _notes(run: Run) -> Iterator[Block]:
    if run.edited_since:
        yield context("✏️ *Basis changed:* the message was edited after this was judged.")


def _steps(run: Run) -> Iterator[Block]:
    """Steps in their order; those without buttons share blocks, so that long SOPs fit."""
    records = {record.id: record for record in run.steps}
    quiet: list[str] = []
    with_buttons = 0
    for step in run.workflow.definition.steps:
        record = records.get(step.id, StepRecord(id=step.id))
        text = _step(run, step, record)
        pressable = run.state is RunState.RUNNING and offers(step, record.state)
        if not pressable or with_buttons == _MOST_OPEN:
            quiet.append(text)
            if len(quiet) == _CHUNK:
                yield _listed(quiet)
            continue
        if quiet:
            yield _listed(quiet)
        with_buttons += 1
        yield section(text, expand=True)
        yield actions(BlockId.STEP, *_step_buttons(run, step, record), of=step.id)
    if quiet:
        yield _listed(quiet)


def _listed(quiet: list[str]) -> Block:
    block = section("\n".join(quiet), expand=True)
    quiet.clear()
    return block


def _step(run: Run, step: Step, record: StepRecord) -> str:
    title = f"{_MARKS[record.state]}  *{line(step.title, 90)}*"
    said = "  ·  ".join(filter(None, (_outcome(step, record), _by(record))))
    if record.state in FINAL:
        return f"{title}  {said}".rstrip()
    how = "  ·  ".join(filter(None, (f"_{_who(run, step)}_", _instructions(step, record))))
    return "\n      ".join(filter(None, (title, said, how)))


def _outcome(step: Step, record: StepRecord) -> str:
    detail = line(record.detail, 300)
    seen = link(record.link, "see it") if record.link else ""
    match record.state:
        case StepState.BLOCKED:
            return ""
        case StepState.WAITING:
            return "  ".join(filter(None, (detail, seen)))
        case StepState.PLANNED:
            when = (
                f"<!date^{int(record.due_at.timestamp())}^at {{time_secs}}|soon>"
                if (record.due_at)
                else "soon"
            )
            return f"will be done {when}{f' ({detail})' if detail else ''}"
        case StepState.TRYING:
            return "under way …"
        case StepState.DONE if step.kind is StepKind.DECISION:
            return line(record.chosen, 80)
        case StepState.DONE:
            return "  ".join(filter(None, (detail, seen)))
        case StepState.SKIPPED:
            return "skipped"
        case StepState.BYPASSED:
            return "not on this way"
        case StepState.FAILED:
            return f"*Failed:* {detail}"
        case StepState.UNKNOWN:
            return f"*May have happened.* {detail} Please look, then mark it done or try again."
        case StepState.CANCELLED:
            return "cancelled"
        case _:
            assert_never(record.state)


def _by(record: StepRecord) -> str:
    moved = record.state in (StepState.DONE, StepState.SKIPPED, StepState.PLANNED)
    return person(record.changed_by) if moved and record.changed_by else ""


def _instructions(step: Step, record: StepRecord) -> str:
    return line(step.instructions, 160) if record.state is not StepState.TRYING else ""


def _who(run: Run, step: Step) -> str:
    if step.kind is StepKind.DECISION:
        labels = [label for label in choices(step, run.workflow.definition) if label]
        return f"decide: {line(' / '.join(labels), 100)}" if labels else "decide"
    if step.kind is StepKind.MANUAL:
        return "by hand"
    match step.mode:
        case StepMode.AUTO:
            return "automatic"
        case StepMode.APPROVE:
            return "after approval"
        case StepMode.MANUAL:
            return "by hand"
        case _:
            assert_never(step.mode)


def _step_buttons(run: Run, step: Step, record: StepRecord) -> Iterator[Block]:
    for press in offers(step, record.state):
        if press is Press.CHOOSE:
            for number, label in enumerate(choices(step, run.workflow.definition)[:20]):
                value = Pressed(run=run.id, step=step.id, chosen=label).value()
                yield button(ActionId.STEP_CHOOSE, label, value=value, number=number)
            continue
        action_id, text, style = _BUTTONS[press]
        value = Pressed(run=run.id, step=step.id).value()
        yield button(action_id, text, style=style, value=value)


def _run_buttons(run: Run) -> Iterator[Block]:
    value = Pressed(run=run.id).value()
    why = button(ActionId.RUN_WHY, "Why?", value=value)
    if run.state is RunState.PROPOSED:
        yield actions(
            BlockId.RUN,
            button(ActionId.RUN_START, "Start", style="primary", value=value),
            button(ActionId.RUN_DISMISS, "Not this", value=value),
            why,
        )
    elif run.state is RunState.RUNNING:
        ask = confirm(
            title="Cancel this SOP?",
            text="What is done stays done; nothing more will be done.",
            yes="Cancel the SOP",
            no="Keep going",
        )
        cancel = button(ActionId.RUN_CANCEL, "Cancel run", confirm=ask, value=value)
        yield actions(BlockId.RUN, why, cancel)
    else:
        yield actions(BlockId.RUN, why)
