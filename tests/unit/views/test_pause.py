"""The card of a pause: why, what waits, and what to press."""

from dataclasses import replace
from uuid import UUID

import pytest

from livesop_bot.db.pauses import LISTED
from livesop_bot.domain.actions import ActionRequest
from livesop_bot.domain.breaker import Pause, PausedRun
from livesop_bot.domain.runs import PauseId, RunId
from livesop_bot.domain.signals import ChannelId, MessageTs, TeamId, UserId
from livesop_bot.domain.workflows import ActionKind, Workflow
from livesop_bot.views.ids import ActionId
from livesop_bot.views.lint import violations
from livesop_bot.views.pause import pause_card
from livesop_bot.views.press import CardPressed

WAITING = PausedRun(
    run=RunId(1),
    request=ActionRequest(
        kind=ActionKind.SLACK_MESSAGE,
        words="Post in #bugs",
        preview="a, by U0GRACE001",
        body={},
    ),
    channel=ChannelId("C1"),
    thread_ts=MessageTs("1.2"),
    author="U0GRACE001",
    permalink="https://acme.slack.com/p1",
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
        waiting=(WAITING, replace(WAITING, run=RunId(2), permalink=None)),
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
    text = str(pause_card(pause).blocks)
    for part in (
        "Tell the channel",
        "5 times within 10 minutes",
        "https://acme.slack.com/p1",
        "Post in #bugs",
        "a, by <@U0GRACE001>",
    ):
        assert part in text
    assert pressable(pause) == [ActionId.PAUSE_END, ActionId.PAUSE_KEEP]


def test_the_longest_card_can_be_sent(pause: Pause) -> None:
    request = replace(WAITING.request, words="w" * 300, preview="\n".join(["&<>" * 900] * 30))
    long = replace(WAITING, permalink="https://acme.slack.com/" + "p" * 60, request=request)
    runs = tuple(replace(long, run=RunId(10**12 + number)) for number in range(LISTED))
    assert pressable(replace(pause, waiting=runs, more=True))


def test_its_button_carries_what_was_shown(pause: Pause) -> None:
    blocks = pause_card(pause).blocks
    button = next(one["elements"][0] for one in blocks if one["type"] == "actions")
    digest = WAITING.request.digest
    pressed = CardPressed(pause=pause.id, shown={RunId(1): digest, RunId(2): digest})
    assert CardPressed.read(button["value"]) == pressed


def test_a_button_from_before_cards_showed_anything_approves_nothing() -> None:
    assert CardPressed.read("7") == CardPressed(pause=PauseId(7))


def test_one_that_is_kept_can_still_be_ended(pause: Pause) -> None:
    kept = replace(pause, kept_by=UserId("U0ADA"))
    assert pressable(kept) == [ActionId.PAUSE_END]
    assert "U0ADA" in pause_card(kept).blocks[0]["text"]["text"]


def test_one_that_ended_says_by_whom(pause: Pause) -> None:
    ended = replace(pause, ended_by=UserId("U0ADA"))
    assert pressable(ended) == []
    assert "U0ADA" in pause_card(ended).blocks[0]["text"]["text"]
