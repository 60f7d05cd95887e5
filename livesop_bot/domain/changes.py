"""What changed from one version of an SOP to another, in words, and what that takes away."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from livesop_bot.domain.breaker import cap_of
from livesop_bot.domain.workflows import Step, StepId, StepKind, Trigger, WorkflowDefinition

_SHORT = 100
"""Characters of two texts that stand in one line."""


class ChangeKind(StrEnum):
    """What became of a part."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Replaced:
    """Ids of channels or people that gave way to others: who shows them knows their names.

    `what` they are; `none`: what it means that there are none.
    """

    before: tuple[str, ...]
    after: tuple[str, ...]
    none: str
    what: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One part that is not as it was: which, and what about it; both as people read them."""

    kind: ChangeKind
    part: str
    details: tuple[str | Replaced, ...] = ()


def changes(before: WorkflowDefinition | None, after: WorkflowDefinition) -> tuple[Change, ...]:
    """Give all changes, the trigger's first, then the steps in their new order, then the ways."""
    if before is None:
        steps = "1 step" if len(after.steps) == 1 else f"{len(after.steps)} steps"
        return (Change(ChangeKind.ADDED, f"SOP “{after.title}”, {steps}"),)
    return tuple(_changes(before, after))


def lost_switches(before: WorkflowDefinition, after: WorkflowDefinition) -> tuple[StepId, ...]:
    """Give the acting steps that do not do any more what people allowed, or are gone.

    A permission is for one action: it does not go over to another that took the step's place.
    """
    now = {step.id: step for step in after.steps}
    return tuple(
        step.id
        for step in before.acting_steps
        if step.id not in now or _deed(now[step.id]) != _deed(step)
    )


def _deed(step: Step) -> tuple[object, ...]:
    return (step.kind, step.mode, step.action, dict(step.fields))


def _changes(before: WorkflowDefinition, after: WorkflowDefinition) -> Iterator[Change]:
    for name in ("title", "summary"):
        yield from _one(name.capitalize(), getattr(before, name), getattr(after, name))
    yield from _trigger(before.trigger, after.trigger)
    yield from _listed(
        "What is found in the message", _extracted(before.extract), _extracted(after.extract)
    )
    yield from _steps(before, after)
    if before.edges != after.edges:
        ways = _ways(before), _ways(after)
        details = _listed_details(*ways) or ("the order of the answers",)
        yield Change(ChangeKind.CHANGED, "Ways from step to step", details)


def _trigger(before: Trigger, after: Trigger) -> Iterator[Change]:
    yield from _one("Trigger", before.description, after.description)
    yield from _listed("Example messages", before.examples, after.examples)
    yield from _listed("Keywords", before.keywords, after.keywords)
    if before.channels != after.channels:
        channels = Replaced(before.channels, after.channels, none="every channel")
        yield Change(ChangeKind.CHANGED, "Channels", (channels,))
    local = "Starts on the local evaluator's word"
    for part, old, new in (
        ("Proposed from", _percent(before.propose_from), _percent(after.propose_from)),
        ("Auto-Pilot starts from", _percent(before.auto_from), _percent(after.auto_from)),
        (local, _yes(before.trust_local), _yes(after.trust_local)),
    ):
        if old != new:
            yield Change(ChangeKind.CHANGED, part, (f"{old} → {new}",))


def _steps(before: WorkflowDefinition, after: WorkflowDefinition) -> Iterator[Change]:
    old = {step.id: step for step in before.steps}
    new = {step.id: step for step in after.steps}
    for step in after.steps:
        if step.id not in old:
            yield Change(ChangeKind.ADDED, f"Step “{step.title}”", (_does(step),))
        elif details := tuple(_step_details(old[step.id], step)):
            yield Change(ChangeKind.CHANGED, f"Step “{step.title}”", details)
    for step in before.steps:
        if step.id not in new:
            yield Change(ChangeKind.REMOVED, f"Step “{step.title}”")
    kept = [step.id for step in before.steps if step.id in new]
    if kept != [step.id for step in after.steps if step.id in old]:
        titles = " → ".join(step.title for step in after.steps)
        yield Change(ChangeKind.CHANGED, "Order of the steps", (titles,))


def _step_details(before: Step, after: Step) -> Iterator[str | Replaced]:
    if before.title != after.title:
        yield f"was called “{before.title}”"
    if _does(before) != _does(after):
        yield f"{_does(before)} → {_does(after)}"
    if before.instructions != after.instructions:
        yield "instructions"
    for name in dict.fromkeys((*before.fields, *after.fields)):
        old, new = before.fields.get(name, ""), after.fields.get(name, "")
        if old != new:
            yield from (f"{name}: {words}" for words in _turned(old, new))
    if before.approvers != after.approvers:
        yield Replaced(before.approvers, after.approvers, none="every operator", what="approvers")
    if before.undo != after.undo:
        seconds = int(before.undo.total_seconds()), int(after.undo.total_seconds())
        yield f"undo window: {seconds[0]} s → {seconds[1]} s"
    if cap_of(before) != cap_of(after):
        yield f"times in 10 minutes before it is paused: {cap_of(before)} → {cap_of(after)}"
    if before.saves_min != after.saves_min:
        yield f"minutes that it saves a person: {before.saves_min} → {after.saves_min}"


def _does(step: Step) -> str:
    match step.kind:
        case StepKind.ACTION:
            return f"{str(step.action or 'action').replace('_', ' ')}, {step.mode}"
        case StepKind.MANUAL:
            return "done by a person"
        case StepKind.DECISION:
            return "decision"


def _ways(sop: WorkflowDefinition) -> tuple[str, ...]:
    titles = {step.id: step.title for step in sop.steps}
    return tuple(
        f"{titles.get(edge.source, edge.source)} → {titles.get(edge.target, edge.target)}"
        + (f" ({edge.label})" if edge.label else "")
        for edge in sop.edges
    )


def _extracted(extract: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{name}: {meaning}" for name, meaning in extract.items())


def _one(part: str, before: str, after: str) -> Iterator[Change]:
    if before != after:
        yield Change(ChangeKind.CHANGED, part, _turned(before, after))


def _listed(part: str, before: Sequence[str], after: Sequence[str]) -> Iterator[Change]:
    if before != after:
        details = _listed_details(before, after) or ("their order",)
        yield Change(ChangeKind.CHANGED, part, details)


def _listed_details(before: Sequence[str], after: Sequence[str]) -> tuple[str, ...]:
    added = tuple(f"+ {one}" for one in after if one not in before)
    return added + tuple(f"− {one}" for one in before if one not in after)


def _turned(before: str, after: str) -> tuple[str, ...]:
    """From the one to the other; long texts one below the other."""
    if len(before) + len(after) <= _SHORT:
        return (f"{_quoted(before)} → {_quoted(after)}",)
    return f"was {_quoted(before)}", f"is {_quoted(after)}"


def _quoted(text: str) -> str:
    return f"“{text}”" if text else "nothing"


def _percent(value: int | None) -> str:
    return "as the team" if value is None else f"{value}%"


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"
