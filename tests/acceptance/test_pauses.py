"""The card of a pause, pressed in Slack: what waits goes on once, or stays; others are told."""

import asyncio
from copy import deepcopy
from typing import Any

import pytest
import pytest_asyncio

from livesop_bot.domain.breaker import CAP
from livesop_bot.domain.workflows import Trigger, WorkflowDefinition
from livesop_bot.sandbox.changes import EphemeralShown
from livesop_bot.sandbox.demo import ADA, GENERAL, GRACE, INCIDENTS, LINUS
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.views.ids import ActionId
from tests.switches import allowed, tells

WAITING = 2


class Card:
    """The card in the thread in which the pause began, as the people there see and press it."""

    def __init__(self, slack: SlackServer) -> None:
        self._slack = slack

    async def until(self, part: str) -> dict[str, Any]:
        """Wait until it says something, and give it as it is then."""
        found = await self._slack.workspace.wait_for_message(
            lambda one: one["text"].startswith(("⏸️", "▶️")) and part in str(one["blocks"])
        )
        return deepcopy(found)

    async def press(self, user: str, action: ActionId, card: dict[str, Any]) -> None:
        """Press a button of the card as it was when it was looked at."""
        button = next(
            {**one, "block_id": block["block_id"]}
            for block in card["blocks"]
            if block["type"] == "actions"
            for one in block["elements"]
            if one["action_id"] == action
        )
        element = {key: button[key] for key in ("type", "action_id", "block_id", "value")}
        container = {"type": "message", "channel": INCIDENTS, "ts": card["ts"]}
        await self._slack.interactions.block_action(user, container, element)

    async def told(self, user: str, action: ActionId, card: dict[str, Any]) -> str:
        """Press in vain: what the person is told, who alone sees it."""
        change, _ = await asyncio.gather(
            self._slack.workspace.wait_for_change(lambda one: isinstance(one, EphemeralShown)),
            self.press(user, action, card),
        )
        assert isinstance(change, EphemeralShown)
        assert change.user == user
        return str(change.message["text"])

    def happened(self) -> int:
        """How often the step acted."""
        messages = self._slack.workspace.channel(GENERAL).messages.values()
        return sum(one["text"].startswith("Told") for one in messages)


@pytest_asyncio.fixture
async def card(slack: SlackServer, database: str, start_bot: Any, facts: Any, request: Any) -> Card:
    """A step that acted five times, and a sixth and a seventh run that wait for it."""
    step = tells(undo_s=0, approvers=getattr(request, "param", ()))
    sop = WorkflowDefinition(
        slug="at-once", title="At once", trigger=Trigger(description="It is."), steps=(step,)
    )
    async with allowed(database, sop):
        await start_bot(database, "named")
    for number in range(CAP + WAITING):
        slack.workspace.post(INCIDENTS, GRACE, f"at-once {number}")
    waiting = "SELECT count(*) FROM run_steps WHERE state = 'waiting' AND pause_id IS NOT NULL"
    await facts.until(waiting, WAITING)
    await slack.workspace.wait_for_message(
        lambda one: str(one.get("blocks")).count("Told: at-once") == WAITING
    )
    return Card(slack)


async def test_approving_all_does_what_waited_once(card: Card, facts: Any) -> None:
    shown = await card.until("Approve all")
    assert "Auto-Pilot did this 5 times within 10 minutes" in shown["text"]
    assert card.happened() == CAP
    await card.press(GRACE, ActionId.PAUSE_END, shown)
    over = await card.until("goes on")
    assert over["ts"] == shown["ts"], "updated in its place"
    assert f"<@{GRACE}> approved what waited" in over["text"]
    await facts.until("SELECT count(*) FROM runs WHERE state = 'done'", CAP + WAITING)
    await facts.idle()
    assert card.happened() == CAP + WAITING
    assert await facts.value("SELECT ended_by FROM pauses") == GRACE


async def test_keeping_it_paused_is_shown_and_can_be_ended_after_all(card: Card) -> None:
    shown = await card.until("Keep paused")
    await card.press(LINUS, ActionId.PAUSE_KEEP, shown)
    kept = await card.until("wants it to stay paused")
    assert f"<@{LINUS}>" in str(kept["blocks"])
    assert "Keep paused" not in str(kept["blocks"])
    assert card.happened() == CAP
    await card.press(GRACE, ActionId.PAUSE_END, kept)
    await card.until("goes on")


async def test_of_two_who_end_it_the_second_is_told(card: Card, facts: Any) -> None:
    shown = await card.until("Approve all")
    await card.press(GRACE, ActionId.PAUSE_END, shown)
    await card.until("goes on")
    for action in (ActionId.PAUSE_END, ActionId.PAUSE_KEEP):
        assert "Somebody was quicker" in await card.told(LINUS, action, shown)
    await facts.until("SELECT count(*) FROM runs WHERE state = 'done'", CAP + WAITING)
    await facts.idle()
    assert card.happened() == CAP + WAITING


@pytest.mark.parametrize("card", [(ADA,)], indirect=True)
async def test_those_whom_the_step_does_not_name_cannot_press(card: Card, facts: Any) -> None:
    shown = await card.until("Approve all")
    for action in (ActionId.PAUSE_END, ActionId.PAUSE_KEEP):
        assert f"Only <@{ADA}> may" in await card.told(GRACE, action, shown)
    assert await facts.value("SELECT count(*) FROM pauses WHERE ended_at IS NULL") == 1
    await card.press(ADA, ActionId.PAUSE_END, shown)
    await card.until("goes on")
