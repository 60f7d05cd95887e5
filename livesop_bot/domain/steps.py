"""Steps of a run: the states they go through, and which come next.

A step opens when every way into it is settled and at least one of them is taken; where all of them
are closed it is bypassed, and so is what lies behind it. Ways part and meet again freely: parallel
branches go on side by side, and a step where they meet waits for all that are still open.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from livesop_bot.domain.workflows import Edge, Step, StepId, StepKind, StepMode, WorkflowDefinition


class StepState(StrEnum):
    """How far a step has come.

    `trying` is written before an action's target is asked: whoever finds it after a crash asks
    the target whether it happened. Where the target cannot say, the step is `unknown`.
    """

    BLOCKED = "blocked"
    WAITING = "waiting"
    PLANNED = "planned"
    TRYING = "trying"
    DONE = "done"
    SKIPPED = "skipped"
    BYPASSED = "bypassed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


FINAL = frozenset(
    {StepState.DONE, StepState.SKIPPED, StepState.BYPASSED, StepState.CANCELLED},
)
"""What nothing leads on from."""

_PASSED = frozenset({StepState.DONE, StepState.SKIPPED})


class Press(StrEnum):
    """What a person can do to a step."""

    APPROVE = "approve"
    DONE = "done"
    CHOOSE = "choose"
    SKIP = "skip"
    HOLD = "hold"
    RETRY = "retry"
    MARK_DONE = "mark_done"


PLANNING = frozenset({Press.APPROVE, Press.RETRY})
"""What has an action done, as it was shown to the one who pressed."""


class NotOffered(Exception):
    """The step is not in a state in which that can be pressed: someone was quicker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a step stands; `chosen` is the answer of a decision that is done."""

    state: StepState = StepState.BLOCKED
    chosen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What becomes of blocked steps now: those whose turn it is, and those off the way taken."""

    ready: tuple[StepId, ...]
    bypassed: tuple[StepId, ...]


MOST_ANSWERS = 25
"""Answers of a decision that people can press: Slack shows no more buttons beside each other."""


def choices(step: Step, definition: WorkflowDefinition) -> tuple[str, ...]:
    """The answers of a decision, each once, in the order of its edges."""
    labels = (edge.label for edge in definition.edges if edge.source == step.id)
    return tuple(dict.fromkeys(labels))


def offers(step: Step, state: StepState) -> tuple[Press, ...]:
    """What people can do to a step in that state, the likeliest first."""
    match state:
        case StepState.WAITING:
            match step.kind:
                case StepKind.DECISION:
                    return (Press.CHOOSE,)
                case StepKind.ACTION if step.mode is not StepMode.MANUAL:
                    return (Press.APPROVE, Press.SKIP)
                case StepKind.ACTION | StepKind.MANUAL:
                    return (Press.DONE, Press.SKIP)
                case _:
                    assert_never(step.kind)
        case StepState.PLANNED:
            return (Press.HOLD,)
        case StepState.FAILED:
            return (Press.RETRY, Press.SKIP)
        case StepState.UNKNOWN:
            return (Press.MARK_DONE, Press.RETRY)
        case _:
            return ()


def pressed(step: Step, state: StepState, press: Press) -> StepState:
    """The state that follows a press. Raises NotOffered where it is not one of `offers`."""
    if press not in offers(step, state):
        raise NotOffered(f"{press} is not offered while the step is {state}")
    match press:
        case Press.APPROVE | Press.RETRY:
            return StepState.PLANNED
        case Press.DONE | Press.CHOOSE | Press.MARK_DONE:
            return StepState.DONE
        case Press.SKIP:
            return StepState.SKIPPED
        case Press.HOLD:
            return StepState.WAITING
        case _:
            assert_never(press)


def opened(definition: WorkflowDefinition, progress: Mapping[StepId, Progress]) -> Opened:
    """Say which blocked steps are ready and which are bypassed; an absent step is blocked.

    The steps that are ready are open from then on, so nothing behind them is looked at.
    """
    into: dict[StepId, list[Edge]] = {step.id: [] for step in definition.steps}
    for edge in definition.edges:
        into[edge.target].append(edge)
    now = {step.id: progress.get(step.id, Progress()) for step in definition.steps}
    ready: list[StepId] = []
    bypassed: list[StepId] = []
    moved = True
    while moved:  # a bypass closes ways further on
        moved = False
        for step in definition.steps:
            if now[step.id].state is not StepState.BLOCKED or step.id in ready:
                continue
            ways = [_way(now[edge.source], edge) for edge in into[step.id]]
            if None in ways:
                continue
            if not ways or True in ways:
                ready.append(step.id)
            else:
                bypassed.append(step.id)
                now[step.id] = Progress(state=StepState.BYPASSED)
                moved = True
    return Opened(ready=tuple(ready), bypassed=tuple(bypassed))


def _way(source: Progress, edge: Edge) -> bool | None:
    """Whether a way is taken (True), closed (False), or not settled yet (None)."""
    if source.state in _PASSED:
        return not source.chosen or source.chosen == edge.label
    return None if source.state is not StepState.BYPASSED else False


def is_over(definition: WorkflowDefinition, progress: Mapping[StepId, Progress]) -> bool:
    """Whether no step can change any more."""
    return all(progress.get(step.id, Progress()).state in FINAL for step in definition.steps)


def open_steps(
    definition: WorkflowDefinition, progress: Mapping[StepId, Progress]
) -> Iterator[Step]:
    """The steps that wait for something: a person, their time, or an outcome."""
    for step in definition.steps:
        state = progress.get(step.id, Progress()).state
        if state not in FINAL and state is not StepState.BLOCKED:
            yield step
