"""Editing: steps come, go and move, and the way through the SOP stays whole."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.domain.editing import (
    free_name,
    in_order,
    is_in_order,
    moved,
    with_changed,
    with_step,
    with_ways,
    without_step,
)
from livesop_bot.domain.workflows import (
    Edge,
    Step,
    StepId,
    StepKind,
    StepMode,
    Trigger,
    WorkflowDefinition,
)
from livesop_bot.sop.checking import check


def step(name: str, kind: StepKind = StepKind.MANUAL) -> Step:
    return Step(id=StepId(name), title=name.upper(), kind=kind, mode=StepMode.MANUAL)


def way(source: str, target: str, label: str = "") -> Edge:
    return Edge(source=StepId(source), target=StepId(target), label=label)


def sop(*steps: Step, edges: tuple[Edge, ...] | None = None) -> WorkflowDefinition:
    return WorkflowDefinition(
        slug="s",
        title="S",
        trigger=Trigger(description="Something"),
        steps=steps,
        edges=in_order(steps) if edges is None else edges,
    )


A, B, C, D = (step(name) for name in "abcd")
ASK = step("ask", StepKind.DECISION)
BRANCHED = sop(
    A,
    ASK,
    B,
    C,
    D,
    edges=(
        way("a", "ask"),
        way("ask", "b", "yes"),
        way("ask", "d", "no"),
        way("b", "c"),
        way("c", "d"),
    ),
)


@pytest.mark.parametrize(
    ("title", "taken", "name"),
    [
        ("Refund request", (), "refund-request"),
        ("Refund request", ("refund-request",), "refund-request-2"),
        ("Crème brûlée!", (), "creme-brulee"),
        ("返金", (), "sop"),
        ("x" * 200, (), "x" * 59),
    ],
)
def test_a_name_is_made_of_the_title(title: str, taken: tuple[str, ...], name: str) -> None:
    assert free_name(title, taken) == name


def test_what_is_in_order_stays_so() -> None:
    plain = sop(A, B)
    assert with_step(plain, C, StepId("a")) == sop(A, C, B)
    assert with_step(plain, C) == sop(A, B, C)
    assert without_step(sop(A, B, C), StepId("b")) == sop(A, C)
    assert moved(sop(A, B, C), StepId("c"), -1) == sop(A, C, B)
    assert with_step(sop(), A) == sop(A)


def test_a_step_that_is_put_in_leads_on_to_where_the_one_before_led() -> None:
    new = with_step(BRANCHED, step("x"), StepId("b"))
    assert {way("b", "x"), way("x", "c")} <= set(new.edges)
    assert way("b", "c") not in new.edges


def test_behind_a_decision_a_step_is_one_more_answer() -> None:
    assert way("ask", "x", "X") in with_step(BRANCHED, step("x"), StepId("ask")).edges


def test_what_led_to_a_step_that_is_taken_out_leads_on() -> None:
    new = without_step(BRANCHED, StepId("b"))
    assert way("ask", "c", "yes") in new.edges
    assert not check(new)


def test_two_that_follow_each_other_change_places_on_the_way() -> None:
    new = moved(BRANCHED, StepId("c"), -1)
    assert [one.id for one in new.steps] == ["a", "ask", "c", "b", "d"]
    assert {way("ask", "c", "yes"), way("c", "b"), way("b", "d")} <= set(new.edges)
    assert not check(new)


def test_a_step_at_the_end_of_the_list_does_not_move_further() -> None:
    assert moved(BRANCHED, StepId("a"), -1) == BRANCHED
    assert moved(BRANCHED, StepId("d"), 1) == BRANCHED
    assert moved(BRANCHED, StepId("unknown"), 1) == BRANCHED


def test_answers_go_with_what_is_no_decision_any_more() -> None:
    new = with_changed(BRANCHED, step("ask"))
    assert not any(edge.label for edge in new.edges)


def test_ways_are_set() -> None:
    new = with_ways(BRANCHED, StepId("ask"), [(StepId("b"), "sure"), (StepId("c"), "never")])
    assert [e for e in new.edges if e.source == "ask"] == [
        way("ask", "b", "sure"),
        way("ask", "c", "never"),
    ]


@given(st.lists(st.tuples(st.sampled_from(["add", "out", "up", "down"]), st.integers(0, 9))))
def test_the_way_through_stays_whole(edits: list[tuple[str, int]]) -> None:
    """Whatever is done in whichever order, nothing goes in circles or gets lost."""
    now, made = sop(A, B), 0
    for what, number in edits:
        chosen = now.steps[number % len(now.steps)].id if now.steps else None
        if what == "add":
            made += 1
            now = with_step(now, step(f"n{made}"), chosen)
        elif chosen is not None:
            now = (
                without_step(now, chosen)
                if what == "out"
                else moved(now, chosen, -1 if what == "up" else 1)
            )
    assert is_in_order(now)
    assert not check(now) or not now.steps or len(now.steps) > 50


def test_steps_are_only_what_was_asked_for() -> None:
    assert replace(moved(BRANCHED, StepId("b"), 1), steps=(), edges=()) == replace(
        BRANCHED, steps=(), edges=()
    )
