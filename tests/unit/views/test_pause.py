"""The card of a pause: why, what waits, and what to press."""

from dataclasses import replace
from uuid import UUID

import pytest

from livesop_bot.domain.breaker import Pause, WaitingRun
from livesop_bot.domain.runs import PauseId
from livesop_bot.domain.signals import ChannelId, MessageTs, TeamId, UserId
from livesop_bot.domain.workflows import Workflow
from livesop_bot.views.ids import ActionId
from livesop_bot.views.lint import violations
from livesop_bot.views.pause import pause_card

WAITING = WaitingRun(
    channel=ChannelId("C1"), thread_ts=MessageTs("1.2"), permalink="https://acme.slack.com/p1"
)


@pytest.fixture
def pause(workflow: Workflow) -> Pause:
    """A pause for which two runs wait."""
    return Pause(
        id=PauseId(7),
        team=TeamId("T1"),
        sop=workflow.definition,
        step=workflow.definition.steps[-1],
        reason="Auto-Pilot did this 5 times within 10 minutes",
        channel=ChannelId("C1"),
        thread_ts=MessageTs("1.2"),
        key=UUID(int=1),
        version=1,
        waiting=(WAITING, replace(WAITING, permalink=None)),
    )


def pressable(card: Pause) -> list[str]:
    """The buttons of a card."""
    message = pause_card(card)
    assert violations(message.payload()) == []
    return [
        element["action_id"]
        for block in message.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    ]


def test_it_names_the_step_the_reason_and_what_waits(pause: Pause) -> None:
    text = pause_card(pause).blocks[0]["text"]["text"]
    for part in ("Tell the channel", "5 times within 10 minutes", "https://acme.slack.com/p1"):
        assert part in text
    assert pressable(pause) == [ActionId.PAUSE_END, ActionId.PAUSE_KEEP]


def test_the_longest_card_can_be_sent(pause: Pause) -> None:
    long = replace(WAITING, permalink="https://acme.slack.com/" + "p" * 60)
    assert pressable(replace(pause, waiting=(long,) * 20, more=True))


def test_one_that_is_kept_can_still_be_ended(pause: Pause) -> None:
    kept = replace(pause, kept_by=UserId("U0ADA"))
    assert pressable(kept) == [ActionId.PAUSE_END]
    assert "U0ADA" in pause_card(kept).blocks[0]["text"]["text"]


def test_one_that_ended_says_by_whom(pause: Pause) -> None:
    ended = replace(pause, ended_by=UserId("U0ADA"))
    assert pressable(ended) == []
    assert "U0ADA" in pause_card(ended).blocks[0]["text"]["text"]
