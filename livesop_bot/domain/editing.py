"""Editing an SOP: its steps added, changed, moved and taken out, with their ways kept in order.

An SOP whose steps are taken one after the other stays one. Where its ways part, a step is put in
and taken out without losing what lies behind it.
"""

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import count, pairwise

from livesop_bot.domain.template import clipped
from livesop_bot.domain.workflows import Edge, Step, StepId, StepKind, WorkflowDefinition

_NAME, _LABEL = 63, 60


def free_name(title: str, taken: Collection[str]) -> str:
    """Make an id of a title: small letters, digits and hyphens, and none that is taken."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[: _NAME - 4].strip("-") or "sop"
    numbered = (name if number == 1 else f"{name}-{number}" for number in count(1))
    return next(one for one in numbered if one not in taken)


def in_order(steps: Sequence[Step]) -> tuple[Edge, ...]:
    """The ways of steps that are taken one after the other."""
    return tuple(Edge(source=a.id, target=b.id) for a, b in pairwise(steps))


def is_in_order(sop: WorkflowDefinition) -> bool:
    """Whether its steps are taken one after the other."""
    return sop.edges == in_order(sop.steps)


def with_step(
    sop: WorkflowDefinition, step: Step, after: StepId | None = None
) -> WorkflowDefinition:
    """Put a new step in behind another, or at the end.

    It leads on to where that one led. Behind a decision it is one more answer, named as the step.
    """
    place = next((n for n, one in enumerate(sop.steps) if one.id == after), len(sop.steps) - 1)
    steps = (*sop.steps[: place + 1], step, *sop.steps[place + 1 :])
    if is_in_order(sop):
        return replace(sop, steps=steps, edges=in_order(steps))
    before = sop.steps[place]
    if before.kind is StepKind.DECISION:
        way = Edge(source=before.id, target=step.id, label=clipped(step.title, _LABEL))
        return replace(sop, steps=steps, edges=(*sop.edges, way))
    onward = tuple(
        replace(edge, source=step.id) if edge.source == before.id else edge for edge in sop.edges
    )
    return replace(sop, steps=steps, edges=(*onward, Edge(source=before.id, target=step.id)))


def with_changed(sop: WorkflowDefinition, step: Step) -> WorkflowDefinition:
    """Put a step in the place of the one of its id; answers go with what is no decision more."""
    steps = tuple(step if one.id == step.id else one for one in sop.steps)
    if step.kind is StepKind.DECISION:
        return replace(sop, steps=steps)
    edges = dict.fromkeys(
        replace(edge, label="") if edge.source == step.id else edge for edge in sop.edges
    )
    return replace(sop, steps=steps, edges=tuple(edges))


def without_step(sop: WorkflowDefinition, step: StepId) -> WorkflowDefinition:
    """Take a step out; what led to it leads on to what it led to."""
    steps = tuple(one for one in sop.steps if one.id != step)
    if is_in_order(sop):
        return replace(sop, steps=steps, edges=in_order(steps))
    onward = [edge.target for edge in sop.edges if edge.source == step]
    edges: list[Edge] = []
    for edge in sop.edges:
        if edge.target == step:
            edges += [replace(edge, target=target) for target in onward]
        elif edge.source != step:
            edges.append(edge)
    return replace(sop, steps=steps, edges=tuple(dict.fromkeys(edges)))


def moved(sop: WorkflowDefinition, step: StepId, by: int) -> WorkflowDefinition:
    """Move a step up (-1) or down (1).

    Two that follow each other and nothing else change places on the way, too; elsewhere it is
    only the order in which they are listed, and the ways stay.
    """
    place = next((n for n, one in enumerate(sop.steps) if one.id == step), -1)
    other = place + by
    if place < 0 or not 0 <= other < len(sop.steps):
        return sop
    steps = list(sop.steps)
    steps[place], steps[other] = steps[other], steps[place]
    if is_in_order(sop):
        return replace(sop, steps=tuple(steps), edges=in_order(steps))
    first, second = sop.steps[min(place, other)], sop.steps[max(place, other)]
    edges = _swapped(sop.edges, first, second)
    return replace(sop, steps=tuple(steps), edges=edges)


def _swapped(edges: tuple[Edge, ...], first: Step, second: Step) -> tuple[Edge, ...]:
    between = Edge(source=first.id, target=second.id)
    alone = [e for e in edges if e.source == first.id] == [between] and [
        e for e in edges if e.target == second.id
    ] == [between]
    if not alone or StepKind.DECISION in (first.kind, second.kind):
        return edges
    changed = []
    for edge in edges:
        if edge == between:
            changed.append(Edge(source=second.id, target=first.id))
        elif edge.target == first.id:
            changed.append(replace(edge, target=second.id))
        elif edge.source == second.id:
            changed.append(replace(edge, source=first.id))
        else:
            changed.append(edge)
    return tuple(changed)


def with_ways(
    sop: WorkflowDefinition, step: StepId, ways: Sequence[tuple[StepId, str]]
) -> WorkflowDefinition:
    """Set where a step leads: the next steps, each with its answer (empty where there is none)."""
    new = [Edge(source=step, target=target, label=label) for target, label in ways]
    order = {one.id: number for number, one in enumerate(sop.steps)}
    edges = [edge for edge in sop.edges if edge.source != step] + new
    return replace(sop, edges=tuple(sorted(edges, key=lambda edge: order.get(edge.source, 0))))
