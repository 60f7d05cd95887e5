"""What is pressed in a Trust Panel: its switches, a verdict, Look again. Shown in its place."""

import re
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.signals import ChannelId
from livesop_bot.errors import DatabaseAway
from livesop_bot.slack.listeners import autopilot, verdicts
from livesop_bot.slack.listeners.boundary import boundary
from livesop_bot.slack.listeners.face import Face, within
from livesop_bot.slack.listeners.home.frame import changed_below
from livesop_bot.slack.listeners.modals import Modal
from livesop_bot.slack.listeners.trust_panel.opening import Asker, show_again
from livesop_bot.views import commands, why
from livesop_bot.views.blocks import Message
from livesop_bot.views.ids import ActionId
from livesop_bot.views.trust_panel.state import News, Notice, PanelState, Place
from livesop_bot.views.trust_panel.switches import asked
from livesop_bot.views.trust_panel.verdict import NONE

_TURNS = (ActionId.WHY_SWITCH_ON, ActionId.WHY_SWITCH_OFF)
_WORDS = {ActionId.WHY_RIGHT: "right", ActionId.WHY_WRONG: "wrong"}


def register(app: AsyncApp, face: Face) -> None:
    """Answer to each of them."""

    @app.action(ActionId.WHY_REFRESH.value)
    async def again(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        modal = Modal.pressed(client, body)
        async with boundary(body, modal.went_wrong):
            await show_again(face, modal, Asker.of(body), _state(body))

    @app.action(re.compile(f"^({'|'.join(_TURNS)})$"))
    async def switch(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        modal = Modal.pressed(client, body)
        async with boundary(body, modal.went_wrong):
            asker, action = Asker.of(body), body["actions"][0]
            scope, subject = asked(action["value"])
            is_on = action["action_id"] == ActionId.WHY_SWITCH_ON
            try:
                if scope is Scope.CHANNEL:
                    turned = autopilot.turn_channel(
                        face, asker.team, asker.user, ChannelId(subject), is_on=is_on
                    )
                else:
                    names = subject.split("/", 1)
                    turned = autopilot.turn_named(face, asker.team, asker.user, names, is_on=is_on)
                answer = await turned
            except DatabaseAway:
                answer = commands.not_confirmed()
            news = News(notice=Notice.of(Place.SWITCHES, answer))
            await show_again(face, modal, asker, _state(body), news)
            await changed_below(client, face, body)

    @app.action(re.compile(f"^({'|'.join(_WORDS)}|{ActionId.WHY_OTHER})$"))
    async def verdict(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        modal = Modal.pressed(client, body)
        async with boundary(body, modal.went_wrong):
            asker, state, action = Asker.of(body), _state(body), body["actions"][0]
            word = _WORDS.get(action["action_id"]) or action["selected_option"]["value"]
            answer = await _give(face, asker, state, "none" if word == NONE else word)
            news = News(notice=Notice.of(Place.VERDICT, answer))
            await show_again(face, modal, asker, state, news)
            await changed_below(client, face, body)


async def _give(face: Face, asker: Asker, state: PanelState, word: str) -> Message:
    try:
        found = await within(face.explanations.find(asker.team, state.about))
    except DatabaseAway:
        return commands.not_confirmed()
    if found is None:
        return why.not_known()
    return await verdicts.give(face, asker.user, found.signal, found.evaluation, word)


def _state(body: dict[str, Any]) -> PanelState:
    return PanelState.read(body["view"]["private_metadata"])
