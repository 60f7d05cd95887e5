"""The words about one message: why, replay, test, verdict."""

from collections.abc import Mapping
from dataclasses import replace

from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.domain.audit import signal_subject
from livesop_bot.domain.evaluations import Evaluation
from livesop_bot.domain.replays import ReplayRequest
from livesop_bot.domain.rights import Right
from livesop_bot.domain.signals import ChannelId, MessageTs, Signal, SignalId, TeamId
from livesop_bot.slack.listeners import message_link, verdicts
from livesop_bot.slack.listeners.commands.asked import Asked, Word
from livesop_bot.slack.listeners.face import Face, within
from livesop_bot.slack.listeners.rights import refusal
from livesop_bot.views import commands, replay, tried, why
from livesop_bot.views.blocks import Message

_LONGEST_TRIED = 4_000
"""Characters of a text that is tried; Slack itself takes no longer command."""


async def _why(face: Face, _client: AsyncWebClient, asked: Asked) -> Message:
    if not asked.rest:
        return why.usage()
    return await within(_explained(face, asked))


async def _explained(face: Face, asked: Asked) -> Message:
    place, number = message_link.parse(asked.rest), _signal_id(asked.rest)
    if place is None and number is None:
        return why.usage()
    found = await _found(face, asked)
    if found is None:
        return why.not_known()
    return why.answer(*found, in_channel=found[0].channel == asked.channel)


async def explain(
    face: Face, team: TeamId, channel: ChannelId, ts: MessageTs, *, in_channel: bool
) -> Message:
    """Say why what happened to a message happened; `in_channel`: asked where it was written."""
    found = await face.feed.of_message(team, channel, ts)
    return why.not_known() if found is None else why.answer(*found, in_channel=in_channel)


async def _replay(face: Face, _client: AsyncWebClient, asked: Asked) -> Message:
    what, _, how = asked.rest.partition(" ")
    asked = replace(asked, rest=what)
    if how.strip().lower() not in ("", "run") or not what:
        return commands.replay_usage()
    found = await within(_found(face, asked))
    if found is None:
        known = message_link.parse(what) or _signal_id(what)
        return why.not_known() if known else commands.replay_usage()
    signal, _ = found
    subject = signal_subject(signal.id)
    if refused := await refusal(face, asked.team, asked.user, Right.REPLAY, subject):
        return refused
    request = ReplayRequest(
        team=asked.team, signal=signal.id, dry_run=not how.strip(), by=asked.user
    )
    came = await face.replay(request)
    return replay.replayed_message(came, signal.id, in_channel=signal.channel == asked.channel)


async def _test(face: Face, _client: AsyncWebClient, asked: Asked) -> Message:
    if not asked.rest:
        return tried.usage()
    text = asked.rest[:_LONGEST_TRIED]
    return tried.tried(await face.try_text(asked.team, asked.channel, asked.user, text))


async def _verdict(face: Face, _client: AsyncWebClient, asked: Asked) -> Message:
    return await verdicts.answer(face, asked.team, asked.user, asked.words)


async def _found(face: Face, asked: Asked) -> tuple[Signal, Evaluation | None] | None:
    """The message that a link or a signal's number means."""
    place = message_link.parse(asked.rest)
    if place is not None:
        return await face.feed.of_message(asked.team, *place)
    number = _signal_id(asked.rest)
    return None if number is None else await face.feed.of_signal(asked.team, number)


def _signal_id(text: str) -> SignalId | None:
    digits = text.removeprefix("#")
    is_number = digits.isascii() and digits.isdigit() and len(digits) < 18
    return SignalId(int(digits)) if is_number else None


WORDS: Mapping[str, Word] = {
    "why": Word(_why),
    "replay": Word(_replay, is_slow=True),
    "test": Word(_test, is_slow=True),
    "verdict": Word(_verdict),
}
