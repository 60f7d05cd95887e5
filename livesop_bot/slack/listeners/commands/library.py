"""The words about knowledge and past cases: kb, search."""

from collections.abc import Mapping

from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.slack.listeners import knowledge
from livesop_bot.slack.listeners.commands.asked import Asked, Word
from livesop_bot.slack.listeners.face import Face
from livesop_bot.views.blocks import Message


async def _kb(face: Face, client: AsyncWebClient, asked: Asked) -> Message | None:
    return await knowledge.answer(face, client, _request(asked), asked.trigger_id)


async def _search(face: Face, _client: AsyncWebClient, asked: Asked) -> Message:
    return await knowledge.search(face, _request(asked))


def _request(asked: Asked) -> knowledge.Request:
    return knowledge.Request(
        team=asked.team, user=asked.user, channel=asked.channel, text=asked.rest
    )


WORDS: Mapping[str, Word] = {
    "kb": Word(_kb, is_slow=True),
    "search": Word(_search, is_slow=True),
}
