"""The dispatch: finds what answers a word, and brings the answer to whoever asked."""

import re
from collections.abc import Mapping
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.errors import DatabaseAway, SlackAway, SlackRefused
from livesop_bot.slack.listeners.boundary import boundary
from livesop_bot.slack.listeners.commands import library, messages, overview, sops, work
from livesop_bot.slack.listeners.commands.asked import Asked, Word
from livesop_bot.slack.listeners.face import Face
from livesop_bot.slack.listeners.whisper import whisper
from livesop_bot.views import commands
from livesop_bot.views.blocks import Message
from livesop_bot.views.ids import ActionId

log = structlog.get_logger()

WORDS: Mapping[str, Word] = {
    **overview.WORDS,
    **messages.WORDS,
    **sops.WORDS,
    **work.WORDS,
    **library.WORDS,
}


def register(app: AsyncApp, face: Face) -> None:
    """Answer to the command, and to the buttons that stand for one; only whoever asked sees it."""

    @app.command("/livesop")
    async def typed(
        ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        async def with_the_ack(message: Message) -> None:
            await ack(**message.payload(), response_type="ephemeral")

        async def later(message: Message) -> None:
            await respond(**message.payload(), response_type="ephemeral")

        asked = Asked.of(body)
        word = WORDS.get(asked.word)
        is_slow = word is not None and word.is_slow
        if is_slow:
            await ack()
        tell = later if is_slow else with_the_ack
        async with boundary(body, lambda: tell(commands.went_wrong())):
            said = await answer(face, client, asked)
            if said is not None:
                await tell(said)

    @app.action(re.compile(rf"^{ActionId.COMMAND}:\d+$"))
    async def pressed(
        ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        tell = whisper(respond)
        await ack()
        async with boundary(body, lambda: tell(commands.went_wrong())):
            said = await answer(face, client, Asked.pressed(body))
            if said is not None:
                await tell(said)


async def answer(face: Face, client: AsyncWebClient, asked: Asked) -> Message | None:
    """Answer what was asked; what is away is said."""
    word = WORDS.get(asked.word)
    if word is None:
        return commands.unknown(asked.word)
    try:
        return await word.answer(face, client, asked)
    except DatabaseAway:
        return commands.database_away()
    except (SlackAway, SlackRefused) as error:
        log.warning("command.slack_away", word=asked.word, team=asked.team, error=str(error))
        return commands.slack_away()
