"""The word about what waits for people: approvals, gone through in a modal."""

from collections.abc import Mapping

from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.slack.listeners import waiting
from livesop_bot.slack.listeners.commands.asked import Asked, Word
from livesop_bot.slack.listeners.face import Face
from livesop_bot.slack.listeners.home.frame import Spot


async def _approvals(face: Face, client: AsyncWebClient, asked: Asked) -> None:
    spot = Spot(team=asked.team, user=asked.user)
    await waiting.open_list(face, client, spot, asked.trigger_id)


WORDS: Mapping[str, Word] = {"approvals": Word(_approvals, is_slow=True)}
