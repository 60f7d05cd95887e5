"""How the steps of an SOP stand with Auto-Pilot, in words and buttons."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livesop_bot.domain.autonomy import (
    Agreement,
    Demotion,
    DemotionCause,
    DemotionId,
    StepAutonomy,
)
from livesop_bot.domain.signals import ChannelId, MessageTs, TeamId, UserId
from livesop_bot.domain.what_if import Shift
from livesop_bot.domain.workflows import (
    ActionKind,
    Step,
    StepId,
    StepKind,
    StepMode,
    Trigger,
    Workflow,
    WorkflowDefinition,
    WorkflowId,
)
from livesop_bot.views.autonomy import autonomy_blocks, demoted
from livesop_bot.views.blocks import Block
from livesop_bot.views.home.tabs import HomeState, home
from livesop_bot.views.lint import violations
from tests.unit.views.conftest import NOON

NASTY = "<!channel> <@U0ADA00001> *bold* `code` 🏳️‍🌈 \u202eشكرا & " + "x" * 3_000


def step(name: str = "tell", mode: StepMode = StepMode.AUTO, **more: Any) -> Step:
    return Step(
        id=StepId(name),
        title=more.pop("title", "Tell the channel"),
        kind=StepKind.ACTION,
        mode=mode,
        action=ActionKind.SLACK_MESSAGE,
        **more,
    )


def sop(title: str = "Bug report") -> Workflow:
    return Workflow(
        id=WorkflowId(1),
        team=TeamId("T1"),
        version=1,
        definition=WorkflowDefinition(
            slug="bug-report", title=title, trigger=Trigger(description="x"), steps=(step(),)
        ),
    )


def agreed(approved: int, decided: int, days: int = 21) -> Agreement:
    return Agreement(
        decided=decided, approved=approved, first=NOON - timedelta(days=days), last=NOON
    )


def shown(
    *steps: StepAutonomy, shifts: tuple[Shift, ...] = (), is_admin: bool = True
) -> list[Block]:
    return autonomy_blocks(sop(), steps, shifts, today=0.9, days=30, is_admin=is_admin)


def said(blocks: list[Block]) -> str:
    parts = [one.get("text") or one["elements"][0] for one in blocks if one["type"] != "divider"]
    return "\n".join(part["text"] for part in parts)


def buttons(blocks: list[Block]) -> list[str]:
    return [block["accessory"]["action_id"] for block in blocks if "accessory" in block]


@pytest.mark.parametrize(
    ("one", "words", "pressable"),
    [
        (StepAutonomy(step=step(), is_on=False, agreement=Agreement()), "Nobody has decided", []),
        (
            StepAutonomy(step=step(), is_on=False, agreement=agreed(17, 18)),
            "17 of 18 approved in 21 days",
            [],
        ),
        (
            StepAutonomy(step=step(), is_on=False, agreement=agreed(17, 18)),
            "Not earned yet: 21 more approvals in a row.",
            [],
        ),
        (
            StepAutonomy(step=step(), is_on=False, agreement=agreed(9, 9, days=6)),
            "Not earned yet: 1 more approval and decisions over 1 more day.",
            [],
        ),
        (
            StepAutonomy(step=step(), is_on=False, agreement=agreed(18, 18)),
            "You can switch it on.",
            ["autonomy_on"],
        ),
        (
            StepAutonomy(step=step(mode=StepMode.APPROVE), is_on=False, agreement=agreed(18, 18)),
            "the SOP says that it waits for approval",
            [],
        ),
        (
            StepAutonomy(step=step(), is_on=True, agreement=Agreement()),
            "it does this by itself",
            ["autonomy_off"],
        ),
        (
            StepAutonomy(step=step(), is_on=False, agreement=Agreement(), demoted_at=NOON),
            "Counted anew since",
            [],
        ),
    ],
)
def test_a_step_says_how_it_stands(one: StepAutonomy, words: str, pressable: list[str]) -> None:
    assert words in said(shown(one))
    assert buttons(shown(one)) == pressable


def test_switching_on_is_for_admins_and_asks_first() -> None:
    earned = StepAutonomy(step=step(), is_on=False, agreement=agreed(18, 18))
    assert buttons(shown(earned, is_admin=False)) == []
    assert "An admin can switch it on" in said(shown(earned, is_admin=False))
    button = next(block["accessory"] for block in shown(earned) if "accessory" in block)
    assert "20 s to take it back" in button["confirm"]["text"]["text"]
    assert button["accessibility_label"] == "Switch on: Tell the channel"
    assert button["value"] == "bug-report/tell"


def test_nothing_is_said_of_an_sop_that_never_acts() -> None:
    by_hand = StepAutonomy(step=step(mode=StepMode.MANUAL), is_on=False, agreement=Agreement())
    assert shown(by_hand) == []


def test_other_thresholds_are_told_by_what_they_would_change() -> None:
    one = StepAutonomy(step=step(), is_on=False, agreement=Agreement())
    text = said(
        shown(
            one,
            shifts=(
                Shift(threshold=0.8, starts=1, wrong=1),
                Shift(threshold=0.85, starts=9, wrong=2),
                Shift(threshold=0.86, starts=0, wrong=0),
                Shift(threshold=0.95, starts=-3, wrong=0),
            ),
        )
    )
    assert "It is 90%; in the last 30 days" in text
    assert "at *85%*: 9 more starts, 2 of them dismissed" in text
    assert "at *80%*: 1 more start, it dismissed" not in text
    assert "at *80%*: 1 more start, dismissed" in text
    assert "at *95%*: 3 fewer starts" in text
    assert "86%" not in text
    quiet = said(shown(one, shifts=(Shift(threshold=0.85, starts=0, wrong=0),)))
    assert "would have changed a start" in quiet


DEMOTION = Demotion(
    id=DemotionId(1),
    workflow=sop(),
    step=step(),
    cause=DemotionCause.UNDONE,
    pressed_by=UserId("U1"),
    channel=ChannelId("C1"),
    thread_ts=MessageTs("1.000001"),
    key=UUID(int=1),
    is_told=False,
)


def test_the_thread_is_told_what_is_off_and_why() -> None:
    text = demoted(DEMOTION).text
    assert "off for the step *Tell the channel* of *Bug report*" in text
    assert "<@U1> took back" in text
    assert "`/livesop autopilot on bug-report tell`" in text
    whole = replace(DEMOTION, step=None, cause=DemotionCause.DISMISSED)
    assert "off for *Bug report*" in demoted(whole).text
    assert "second time within 14 days" in demoted(whole).text
    assert "`/livesop autopilot on bug-report`" in demoted(whole).text


@settings(max_examples=60)
@given(
    title=st.one_of(st.just(NASTY), st.text(min_size=1, max_size=3_000)),
    count=st.integers(1, 200),
    decided=st.integers(0, 200),
    is_on=st.booleans(),
    is_admin=st.booleans(),
    starts=st.integers(-1_000_000, 1_000_000),
)
def test_whatever_an_sop_is_like_the_view_is_sound(
    title: str, count: int, decided: int, is_on: bool, is_admin: bool, starts: int
) -> None:
    steps = [
        StepAutonomy(
            step=step(f"s{number}", title=title),
            is_on=is_on,
            agreement=agreed(decided, decided),
            demoted_at=NOON,
        )
        for number in range(count)
    ]
    blocks = autonomy_blocks(
        sop(title),
        steps,
        [Shift(threshold=0.85, starts=starts, wrong=abs(starts))],
        today=0.9,
        days=30,
        is_admin=is_admin,
    )
    assert violations(home(HomeState(), blocks)) == []
    told = demoted(replace(DEMOTION, workflow=sop(title), step=step(title=title)))
    for text in (said(blocks), told.text):
        assert "<!channel>" not in text
        assert "<@U0ADA00001>" not in text
