"""The message in a signal's thread: which SOP, how sure, its steps, and why."""

from collections.abc import Iterator, Sequence
from typing import assert_never

from livesop_bot.domain.runs import Run, RunState
from livesop_bot.domain.workflows import Step, StepKind, StepMode, WorkflowDefinition
from livesop_bot.views.blocks import (
    HEADER,
    Block,
    Message,
    clip,
    context,
    header,
    line,
    message,
    percent,
    section,
)
from livesop_bot.views.knowledge import based_on

_MOST_STEPS = 20
"""Two blocks each, of the 50 that a message may have."""


def run_message(run: Run) -> Message:
    """Show a run. It has nothing to press: this version lists steps, it carries none out."""
    evaluation, definition = run.evaluation, run.workflow.definition
    sure = "" if evaluation.confidence is None else percent(evaluation.confidence)
    why = " ".join(filter(None, (evaluation.reasoning.strip(), evaluation.decision.detail.strip())))
    return message(
        f"{_headline(run.state)} {line(definition.title, 200)}{f' ({sure})' if sure else ''}",
        [
            header(_title(definition.title, sure)),
            section(_state(run.state)),
            context(*filter(None, (f"*Why:* {line(why, 900)}", based_on(evaluation.citations)))),
            *_checklist(definition),
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
        case _:
            assert_never(state)


def _state(state: RunState) -> str:
    match state:
        case RunState.PROPOSED:
            return (
                "*Proposed.* Nothing has been done. "
                "If it fits, work through the steps by hand; if not, leave it."
            )
        case RunState.RUNNING:
            return "*Started.* LiveSOP cannot carry out steps itself yet: please do each by hand."
        case RunState.DONE:
            return "*Done.* No step of this SOP is open any more."
        case RunState.CANCELLED:
            return "*Cancelled.* Nothing more is to be done."
        case _:
            assert_never(state)


def _checklist(definition: WorkflowDefinition) -> Iterator[Block]:
    shown = definition.steps[:_MOST_STEPS]
    for step in shown:
        yield section(f"☐  *{line(step.title, 120)}*", expand=True)
        yield context(_how(step, definition))
    if left := len(definition.steps) - len(shown):
        yield context(f"… and {left} more {'step' if left == 1 else 'steps'}.")


def _how(step: Step, definition: WorkflowDefinition) -> str:
    who = f"_{_who(step, definition)}_"
    return f"{who}  ·  {line(step.instructions, 240)}" if step.instructions.strip() else who


def _who(step: Step, definition: WorkflowDefinition) -> str:
    if step.kind is StepKind.DECISION:
        labels = [edge.label for edge in definition.edges if edge.source == step.id and edge.label]
        return f"decide: {_choices(labels)}" if labels else "decide"
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


def _choices(labels: Sequence[str]) -> str:
    return line(" / ".join(" ".join(label.split()) for label in labels), 100)
