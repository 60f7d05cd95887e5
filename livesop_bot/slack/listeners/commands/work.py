"""The word about what waits for people: approvals, gone through one by one."""

import asyncio
from collections.abc import Mapping

from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.slack.listeners.commands.asked import Asked, Word
from livesop_bot.slack.listeners.face import Face, within
from livesop_bot.views import waiting
from livesop_bot.views.blocks import Message

_LOOKED_AT = 100


async def _approvals(face: Face, _client: AsyncWebClient, asked: Asked) -> Message:
    """What waits, of channels that whoever asks may read: what would be sent quotes messages."""
    found = await within(face.waiting.all(asked.team, _LOOKED_AT))
    allowed = await asyncio.gather(
        *(face.readers.may_read(asked.user, one.channel, here=asked.channel) for one in found)
    )
    shown = [one for one, may in zip(found, allowed, strict=True) if may]
    return waiting.waiting(shown, hidden=len(found) - len(shown))


WORDS: Mapping[str, Word] = {"approvals": Word(_approvals, is_slow=True)}
