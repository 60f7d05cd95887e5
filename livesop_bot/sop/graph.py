"""The way through an SOP: from its first step every step is reached, and none twice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from livesop_bot.domain.steps import MOST_ANSWERS
from livesop_bot.domain.workflows import Edge, StepId, StepKind


@dataclass(frozen=True, slots=True)
class Box:
    """A step as far as the way through matters; an unknown kind is left unjudged."""

    id: StepId
    kind: StepKind | None


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong, at the step or at the edge of that position."""

    part: str
    position: int
    message: str


def chain(boxes: Sequence[Box]) -> tuple[Edge, ...]:
    """The edges of steps that are taken in order."""
    return tuple(Edge(source=a.id, target=b.id) for a, b in pairwise(boxes))


def flaws(boxes: Sequence[Box], edges: Sequence[Edge]) -> Iterator[Flaw]:
    """Everything that is wrong with the edges; the steps' ids are known to be unique."""
    yield from _decision_flaws(boxes, edges)
    yield from _label_flaws(boxes, edges)
    onward: dict[StepId, list[StepId]] = {box.id: [] for box in boxes}
    for edge in edges:
        onward[edge.source].append(edge.target)
    if circle := _circle(onward):
        closing = next(
            n for n, e in enumerate(edges) if (e.source, e.target) == (circle[-2], circle[-1])
        )
        yield Flaw("edges", closing, f"goes round in a circle: {' → '.join(circle)}")
    reached = _reached(boxes[0].id, onward)
    for number, box in enumerate(boxes):
        if box.id not in reached:
            yield Flaw("steps", number, f"cannot be reached from the first step, {boxes[0].id}")


def before(boxes: Sequence[Box], edges: Sequence[Edge]) -> dict[StepId, set[StepId]]:
    """The steps that may have been taken when each step is reached."""
    back: dict[StepId, list[StepId]] = {box.id: [] for box in boxes}
    for edge in edges:
        back[edge.target].append(edge.source)
    return {step: _reached(step, back) - {step} for step in back}


def _decision_flaws(boxes: Sequence[Box], edges: Sequence[Edge]) -> Iterator[Flaw]:
    for number, box in enumerate(boxes):
        labels = {edge.label.casefold() for edge in edges if edge.source == box.id and edge.label}
        if box.kind is StepKind.DECISION and len(labels) < 2:
            yield Flaw(
                "steps",
                number,
                "a decision needs at least two ways on with different answers: "
                f"- {{from: {box.id}, to: …, when: …}}",
            )
        if box.kind is StepKind.DECISION and len(labels) > MOST_ANSWERS:
            yield Flaw(
                "steps",
                number,
                f"a decision has room for {MOST_ANSWERS} answers, found {len(labels)}: split it",
            )


def _label_flaws(boxes: Sequence[Box], edges: Sequence[Edge]) -> Iterator[Flaw]:
    kinds = {box.id: box.kind for box in boxes}
    seen = set()
    for number, edge in enumerate(edges):
        kind = kinds[edge.source]
        if kind is StepKind.DECISION and not edge.label:
            yield Flaw("edges", number, f"when is missing: {edge.source} is a decision")
        if kind not in (StepKind.DECISION, None) and edge.label:
            yield Flaw("edges", number, f"when belongs to a decision, which {edge.source} is not")
        way = edge.label.casefold() if kind is StepKind.DECISION else edge.target
        if (edge.source, way) in seen:
            yield Flaw("edges", number, "the same way stands there twice")
        seen.add((edge.source, way))


def _circle(onward: dict[StepId, list[StepId]]) -> list[StepId] | None:
    """The first circle found, its first step repeated at the end."""
    done: set[StepId] = set()
    for start in onward:
        trail: list[StepId] = []
        waiting: list[tuple[StepId, int]] = [(start, 0)]
        while waiting:
            step, depth = waiting.pop()
            del trail[depth:]
            if step in trail:
                return [*trail[trail.index(step) :], step]
            if step not in done:
                done.add(step)
                trail.append(step)
                waiting += [(target, len(trail)) for target in onward[step]]
    return None


def _reached(start: StepId, onward: dict[StepId, list[StepId]]) -> set[StepId]:
    reached, waiting = {start}, [start]
    while waiting:
        for target in onward[waiting.pop()]:
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    return reached
