"""The words that look at the whole: status, feed, stats, health, settings, help."""

from collections.abc import Mapping

from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.domain.waiting import MOST_WAITING, count
from livesop_bot.slack.listeners.commands.asked import Asked, Word
from livesop_bot.slack.listeners.face import Face, within
from livesop_bot.views import commands, feed, stats
from livesop_bot.views.blocks import Message
from livesop_bot.views.settings_summary import settings_summary


async def _help(_face: Face, _client: AsyncWebClient, _asked: Asked) -> Message:
    return commands.help_()


async def _status(face: Face, _client: AsyncWebClient, asked: Asked) -> Message:
    async def look() -> Message:
        return commands.status(
            autopilot=await face.teams.autopilot(asked.team),
            channels_off=await face.teams.channels_off(asked.team),
            health=await face.home_health(),
            waiting=count(await face.waiting.runs(asked.team, MOST_WAITING), most=MOST_WAITING),
        )

    return await within(look())


async def _health(face: Face, _client: AsyncWebClient, _asked: Asked) -> Message:
    return commands.health(await face.home_health())


async def _feed(face: Face, _client: AsyncWebClient, asked: Asked) -> Message:
    count = _number(asked.rest, usual=5, most=feed.MOST)
    if count is None:
        return commands.not_a_number("feed", asked.rest, feed.MOST)
    return feed.feed(await within(face.feed.latest(asked.team, count)))


async def _stats(face: Face, _client: AsyncWebClient, asked: Asked) -> Message:
    days = _number(asked.rest, usual=7, most=stats.MOST_DAYS)
    if days is None:
        return commands.not_a_number("stats", asked.rest, stats.MOST_DAYS)

    async def look() -> Message:
        return stats.stats(
            await face.figures.of_team(asked.team, days),
            await face.figures.of_sops(asked.team, days),
            await face.workflows.current(asked.team),
        )

    return await within(look())


async def _settings(face: Face, _client: AsyncWebClient, asked: Asked) -> Message:
    own = await within(face.administration.settings.now(asked.team))
    return settings_summary(own, face.administration.environment)


async def _learn(_face: Face, _client: AsyncWebClient, _asked: Asked) -> Message:
    return commands.learn_comes_later()


def _number(text: str, *, usual: int, most: int) -> int | None:
    """A whole number from 1 to `most`; None: it is something else."""
    if not text:
        return usual
    if text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= most:
        return int(text)
    return None


WORDS: Mapping[str, Word] = {
    "": Word(_status),
    "help": Word(_help),
    "status": Word(_status),
    "feed": Word(_feed),
    "stats": Word(_stats),
    "health": Word(_health),
    "settings": Word(_settings),
    "learn": Word(_learn),
}
