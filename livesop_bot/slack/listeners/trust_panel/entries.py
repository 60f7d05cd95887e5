"""Where a Trust Panel is opened from: a run's message, the Live Feed, a message's menu."""

import re
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.domain.explanation import OfMessage, OfRun, OfSignal
from livesop_bot.domain.signals import ChannelId, MessageTs, SignalId
from livesop_bot.slack.listeners.boundary import boundary
from livesop_bot.slack.listeners.face import Face
from livesop_bot.slack.listeners.trust_panel.opening import open_panel
from livesop_bot.slack.listeners.whisper import whisper
from livesop_bot.views import commands, presses
from livesop_bot.views.ids import ActionId, CallbackId
from livesop_bot.views.press import Pressed


def register(app: AsyncApp, face: Face) -> None:
    """Answer to each of them."""

    @app.action(ActionId.RUN_WHY.value)
    async def of_run(
        ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        tell = whisper(respond)
        await ack()
        async with boundary(body, lambda: tell(commands.went_wrong())):
            try:
                pressed = Pressed.read(body["actions"][0].get("value") or "")
            except (ValueError, KeyError, TypeError):
                await tell(presses.not_ours())
            else:
                await open_panel(face, client, body, OfRun(pressed.run))

    @app.action(re.compile(rf"^{ActionId.WHY}(?::\d+)?$"))
    async def of_signal(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        async with boundary(body, _nobody):
            signal = SignalId(int(body["actions"][0]["value"]))
            await open_panel(face, client, body, OfSignal(signal))

    @app.message_shortcut(CallbackId.WHY_SHORTCUT.value)
    async def of_message(
        ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        tell = whisper(respond)
        await ack()
        async with boundary(body, lambda: tell(commands.went_wrong())):
            message = body["message"]
            place = OfMessage(ChannelId(body["channel"]["id"]), MessageTs(message["ts"]))
            await open_panel(face, client, body, place, message)


async def _nobody() -> None:
    """In Home there is no place for a word beside what is shown; the press shows nothing."""
