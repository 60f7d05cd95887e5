"""When a step has earned its switch, and which decisions speak for it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.domain.autonomy import (
    AGREED,
    COUNTED,
    LEAST,
    Agreement,
    StepAutonomy,
    content_of,
    is_shadow_decision,
    outlook,
    reached_alone,
    surely_agreed,
)
from livesop_bot.domain.runs import PauseId, StepRecord
from livesop_bot.domain.signals import UserId
from livesop_bot.domain.steps import StepState
from livesop_bot.domain.workflows import (
    ActionKind,
    Edge,
    Step,
    StepId,
    StepKind,
    StepMode,
    Trigger,
    WorkflowDefinition,
)

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def agreement(
    approved: int, decided: int, days: float = 21, recent: tuple[bool, ...] = ()
) -> Agreement:
    first = NOW - timedelta(days=days)
    return Agreement(decided=decided, approved=approved, first=first, last=NOW, recent=recent)


def step(name: str, kind: StepKind = StepKind.ACTION, mode: StepMode = StepMode.AUTO) -> Step:
    action = ActionKind.SLACK_MESSAGE if kind is StepKind.ACTION else None
    return Step(id=StepId(name), title=name, kind=kind, mode=mode, action=action)


def sop(*steps: Step, edges: tuple[Edge, ...]) -> WorkflowDefinition:
    return WorkflowDefinition(
        slug="sop", title="SOP", trigger=Trigger(description="x"), steps=steps, edges=edges
    )


@pytest.mark.parametrize(
    ("seen", "approvals", "days"),
    [
        (Agreement(), 10, 7),
        (agreement(1, 1, days=0), 9, 7),
        (agreement(9, 9), 1, 0),
        (agreement(10, 10, days=0), 0, 7),
        (agreement(10, 10, days=6.5), 0, 1),
        (agreement(10, 10, days=7), 0, 0),
        (agreement(17, 18), 21, 0),
        (agreement(37, 38), 1, 0),
        (agreement(38, 39), 0, 0),
        (agreement(0, 5), 130, 0),
        (agreement(0, 200), 200, 0),
        (agreement(199, 200, recent=(False, True, True, True, True)), 5, 0),
        (agreement(199, 200, recent=(True, True, True, True, False)), 1, 0),
        (agreement(198, 200, recent=(True, False, True, True, False)), 4, 0),
        (agreement(199, 200, recent=(True,) * 5), 0, 0),
        (agreement(10, 11, recent=(False, *(True,) * 4)), 28, 0),
    ],
)
def test_what_is_missing(seen: Agreement, approvals: int, days: int) -> None:
    found = outlook(seen)
    assert (found.approvals, found.days) == (approvals, days)
    assert found.is_earned == (approvals == days == 0)


@given(st.integers(0, COUNTED), st.data())
def test_the_estimate_is_careful_and_grows_with_approvals(
    decided: int, data: st.DataObject
) -> None:
    approved = data.draw(st.integers(0, decided))
    estimate = surely_agreed(approved, decided)
    assert 0 <= estimate <= (approved / decided if decided else 0) + 1e-12
    assert surely_agreed(approved + 1, decided + 1) > estimate


@given(st.integers(0, COUNTED), st.data())
def test_what_is_said_to_be_missing_is_enough_and_no_less(
    decided: int, data: st.DataObject
) -> None:
    approved = data.draw(st.integers(max(decided - 5, 0), decided))
    missing = outlook(agreement(approved, decided)).approvals
    total = decided + missing
    assert missing == COUNTED or (
        total >= LEAST and surely_agreed(approved + missing, total) >= AGREED
    )
    if missing:
        assert not outlook(agreement(approved + missing - 1, total - 1)).is_earned


@pytest.mark.parametrize(
    ("mode", "is_on", "may"),
    [
        (StepMode.AUTO, False, True),
        (StepMode.AUTO, True, False),
        (StepMode.APPROVE, False, False),
    ],
)
def test_only_what_has_a_switch_and_is_off_may_be_switched_on(
    mode: StepMode, is_on: bool, may: bool
) -> None:
    one = StepAutonomy(step=step("a", mode=mode), is_on=is_on, agreement=agreement(10, 10))
    assert one.may_be_switched_on is may


WAITS = StepRecord(id=StepId("a"), state=StepState.WAITING)


@pytest.mark.parametrize(
    ("one", "record", "counts"),
    [
        (step("a"), WAITS, True),
        (step("a", mode=StepMode.APPROVE), WAITS, True),
        (step("a", mode=StepMode.MANUAL), WAITS, False),
        (step("a", StepKind.MANUAL, StepMode.MANUAL), WAITS, False),
        (step("a"), replace(WAITS, state=StepState.FAILED), False),
        (step("a"), replace(WAITS, repeats=True), False),
        (step("a"), replace(WAITS, pause=PauseId(1)), False),
        (step("a"), replace(WAITS, changed_by=UserId("U1")), False),
    ],
)
def test_which_decisions_count(one: Step, record: StepRecord, counts: bool) -> None:
    assert is_shadow_decision(one, record) is counts


def test_auto_pilot_comes_as_far_as_no_person_is_needed() -> None:
    first, second, third = step("first"), step("second", mode=StepMode.APPROVE), step("third")
    hand, side = step("hand", StepKind.MANUAL, StepMode.MANUAL), step("side")
    definition = sop(
        first,
        second,
        hand,
        third,
        side,
        edges=(
            Edge(source=first.id, target=second.id),
            Edge(source=second.id, target=hand.id),
            Edge(source=hand.id, target=third.id),
        ),
    )
    assert [one.id for one in reached_alone(definition)] == ["first", "side", "second"]
    assert reached_alone(sop(hand, third, edges=(Edge(source=hand.id, target=third.id),))) == ()


def test_a_step_is_what_it_does() -> None:
    one = replace(step("a"), fields={"text": "hi", "channel": "thread"})
    assert content_of(one) == content_of(
        replace(one, title="b", fields={"channel": "thread", "text": "hi"})
    )
    assert content_of(one) != content_of(replace(one, fields={"text": "ho", "channel": "thread"}))
    assert content_of(one) != content_of(replace(one, action=ActionKind.WEBHOOK))
