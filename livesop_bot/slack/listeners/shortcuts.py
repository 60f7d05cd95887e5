"""The message shortcut “Why (LiveSOP)”: `/livesop why`, without the link."""

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from livesop_bot.domain.signals import ChannelId, MessageTs
from livesop_bot.errors import DatabaseAway
from livesop_bot.slack.listeners.boundary import boundary
from livesop_bot.slack.listeners.commands.messages import explain
from livesop_bot.slack.listeners.face import Face, team_of, within
from livesop_bot.views import commands
from livesop_bot.views.blocks import Message
from livesop_bot.views.ids import CallbackId


def register(app: AsyncApp, face: Face) -> None:
    """Answer to the shortcut; only the person who chose it sees the answer."""

    @app.message_shortcut(CallbackId.WHY_SHORTCUT.value)
    async def why(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        async def answer(message: Message) -> None:
            await respond(**message.payload(), response_type="ephemeral", replace_original=False)

        await ack()
        async with boundary(body, lambda: answer(commands.went_wrong())):
            channel, ts = ChannelId(body["channel"]["id"]), MessageTs(body["message"]["ts"])
            try:
                await answer(
                    await within(explain(face, team_of(body), channel, ts, in_channel=True))
                )
            except DatabaseAway:
                await answer(commands.database_away())
