"""The list of what waits for people: opened from App Home, shown anew after each press in it."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.domain.rights import Right, Role, may
from livesop_bot.domain.signals import ChannelId, UserId
from livesop_bot.domain.waiting import MOST_WAITING, WaitingRun
from livesop_bot.errors import DatabaseAway, SlackAway, SlackRefused
from livesop_bot.slack.listeners.boundary import boundary
from livesop_bot.slack.listeners.face import Face, within
from livesop_bot.slack.listeners.home.frame import Spot, changed_below
from livesop_bot.slack.listeners.modals import Modal, opened
from livesop_bot.views import modal as modals
from livesop_bot.views import waiting
from livesop_bot.views.blocks import Message, View
from livesop_bot.views.ids import ActionId

_NOWHERE = ChannelId("")
"""Where somebody is who presses in App Home: in no channel."""


def register(app: AsyncApp, face: Face) -> None:
    """Answer to the button that opens the list."""

    @app.action(ActionId.WAITING_OPEN)
    async def go_through(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        shown = await opened(client, body["trigger_id"], modals.loading(waiting.TITLE))
        async with boundary(body, shown.went_wrong):
            spot = Spot.of(body)
            await shown.fill(await _look(face, spot, below=spot.state.write()))


async def open_list(face: Face, client: AsyncWebClient, spot: Spot, trigger_id: str) -> None:
    """Open the list for somebody who asked for it elsewhere. Raises SlackAway, SlackRefused."""
    shown = await opened(client, trigger_id, modals.loading(waiting.TITLE))
    await shown.fill(await _look(face, spot))


async def pressed(
    face: Face, client: AsyncWebClient, body: Mapping[str, Any], answer: Message | None
) -> None:
    """Show the list after a press in it, with what the person is told; and App Home behind it."""
    below = body["view"].get("private_metadata") or ""
    note = "" if answer is None else answer.text
    await Modal.pressed(client, body).fill(await _look(face, Spot.of(body), note, below=below))
    await changed_below(client, face, body)


async def _look(face: Face, spot: Spot, note: str = "", *, below: str = "") -> View:
    """`below`: the state of the Home that the list lies over; empty where it is none."""
    try:
        runs = await within(face.waiting.runs(spot.team, MOST_WAITING))
        readable = await _readable(face, spot.user, runs)
        found = await within(face.waiting.read([run.run for run in readable[: waiting.MOST]]))
        role = await _role(face, spot)
    except DatabaseAway:
        return modals.database_away(waiting.TITLE)
    return waiting.waiting(
        found,
        more=max(len(readable) - waiting.MOST, 0),
        hidden=len(runs) - len(readable),
        may_press=may(role, Right.APPROVE),
        names=await face.people.names(run.evaluation.signal.text for run, _ in found),
        note=note,
        metadata=below,
    )


async def _role(face: Face, spot: Spot) -> Role:
    """Only decides which buttons are shown; pressing them asks again."""
    try:
        return await within(face.people.role(spot.team, spot.user))
    except (SlackAway, SlackRefused):
        return Role.VIEWER


async def _readable(face: Face, user: UserId, runs: Sequence[WaitingRun]) -> list[WaitingRun]:
    """Leave out what stands in channels that this person may not be able to read."""
    channels = list(dict.fromkeys(run.channel for run in runs))
    answers = await asyncio.gather(
        *(face.readers.may_read(user, channel, here=_NOWHERE) for channel in channels)
    )
    open_ones = {channel for channel, may_read in zip(channels, answers, strict=True) if may_read}
    return [run for run in runs if run.channel in open_ones]
