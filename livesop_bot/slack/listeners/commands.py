"""`/livesop`: parsed into words, looked up, answered with the ack, which is the fastest way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.domain.signals import ChannelId, MessageTs, TeamId, UserId
from livesop_bot.errors import DatabaseAway
from livesop_bot.slack.listeners import autopilot, knowledge, message_link, verdicts
from livesop_bot.slack.listeners.boundary import boundary
from livesop_bot.slack.listeners.face import Face, team_of, within
from livesop_bot.views import commands, why
from livesop_bot.views.blocks import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who typed what, and where."""

    team: TeamId
    user: UserId
    channel: ChannelId
    words: Sequence[str]

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Asked":
        """Read a slash command's payload; the first word counts in any case of letters."""
        first, *rest = (body.get("text") or "").split() or ["help"]
        return cls(
            team=team_of(body),
            user=UserId(body["user_id"]),
            channel=ChannelId(body["channel_id"]),
            words=(first.lower(), *rest),
        )


_SLOW = ("kb", "search")


def register(app: AsyncApp, face: Face) -> None:
    """Answer to the command; only the person who typed it sees the answer."""

    @app.command("/livesop")
    async def livesop(
        ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        async def answer(message: Message) -> None:
            await ack(**message.payload(), response_type="ephemeral")

        async def answer_later(message: Message) -> None:
            await respond(**message.payload(), response_type="ephemeral")

        if Asked.of(body).words[0] in _SLOW:
            await ack()
            async with boundary(body, lambda: answer_later(commands.went_wrong())):
                later = await _answer_slow(face, client, body)
                if later is not None:
                    await answer_later(later)
            return
        async with boundary(body, lambda: answer(commands.went_wrong())):
            await answer(await _answer(face, Asked.of(body)))


async def _answer_slow(
    face: Face, client: AsyncWebClient, body: Mapping[str, Any]
) -> Message | None:
    """Answer what asks Slack or a model, and so may take longer than an ack may."""
    word, *rest = (body.get("text") or "").split(maxsplit=1)
    request = knowledge.Request(
        team=team_of(body),
        user=UserId(body["user_id"]),
        channel=ChannelId(body["channel_id"]),
        text="".join(rest),
    )
    if word.lower() == "search":
        return await knowledge.search(face, request)
    return await knowledge.answer(face, client, request, body["trigger_id"])


async def _answer(face: Face, asked: Asked) -> Message:
    try:
        match asked.words:
            case ["help", *_]:
                return commands.help_()
            case ["status", *_]:
                return await within(_status(face, asked.team))
            case ["autopilot", *words]:
                return await autopilot.answer(face, asked.team, asked.user, words)
            case ["why", *words]:
                return await within(_why(face, asked, " ".join(words)))
            case ["verdict", *words]:
                return await verdicts.answer(face, asked.team, asked.user, words)
            case [word, *_]:
                return commands.unknown(word)
            case _:
                return commands.help_()
    except DatabaseAway:
        return commands.database_away()


async def _status(face: Face, team: TeamId) -> Message:
    return commands.status(
        autopilot=await face.teams.autopilot(team), health=await face.home_health()
    )


async def _why(face: Face, asked: Asked, link: str) -> Message:
    place = message_link.parse(link)
    if place is None:
        return why.usage()
    channel, ts = place
    return await explain(face, asked.team, channel, ts, in_channel=channel == asked.channel)


async def explain(
    face: Face, team: TeamId, channel: ChannelId, ts: MessageTs, *, in_channel: bool
) -> Message:
    """Say why what happened to a message happened; `in_channel`: asked where it was written."""
    found = await face.feed.of_message(team, channel, ts)
    if found is None:
        return why.not_known()
    signal, evaluation = found
    return why.answer(signal, evaluation, in_channel=in_channel)
