"""The words about one message: why, replay, test, verdict."""

from collections.abc import Mapping

from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.domain.audit import signal_subject
from livesop_bot.domain.explanation import OfMessage, OfSignal
from livesop_bot.domain.replays import ReplayRequest, Version
from livesop_bot.domain.rights import Right
from livesop_bot.domain.signals import Signal, SignalId, TeamId
from livesop_bot.errors import EvaluatorAway, EvaluatorBroken
from livesop_bot.slack.listeners import message_link, verdicts
from livesop_bot.slack.listeners.commands.asked import Asked, Word
from livesop_bot.slack.listeners.face import Face, within
from livesop_bot.slack.listeners.rights import refusal
from livesop_bot.slack.listeners.trust_panel import open_panel
from livesop_bot.slack.pointed_message import storable
from livesop_bot.views import commands, replay, tried, why
from livesop_bot.views.blocks import Message

_LONGEST_TRIED = 4_000
"""Characters of a text that is tried; Slack itself takes no longer command."""


async def _why(face: Face, client: AsyncWebClient, asked: Asked) -> Message | None:
    about = _about(asked.rest)
    if about is None:
        return why.usage()
    await open_panel(face, client, asked.body, about)
    return None


async def _replay(face: Face, _client: AsyncWebClient, asked: Asked) -> Message:
    what, *how = asked.rest.split() or [""]
    about, how = _about(what), sorted(word.lower() for word in how)
    if about is None or how not in ([], ["run"], ["same"], ["run", "same"]):
        return commands.replay_usage()
    signal = await within(_found(face, asked.team, about))
    if signal is None:
        return why.not_known()
    subject = signal_subject(signal.id)
    if refused := await refusal(face, asked.team, asked.user, Right.REPLAY, subject):
        return refused
    version = Version.SAME if "same" in how else Version.NEWEST
    came = await face.replay(
        ReplayRequest(
            team=asked.team,
            signal=signal.id,
            by=asked.user,
            version=version,
            dry_run="run" not in how,
        )
    )
    face.homes.change(asked.team)
    return replay.replayed_message(came, signal.id, in_channel=signal.channel == asked.channel)


async def _test(face: Face, _client: AsyncWebClient, asked: Asked) -> Message:
    if not asked.rest:
        return tried.usage()
    text = storable(asked.rest[:_LONGEST_TRIED])
    try:
        sampled = await face.rehearsal.sample(asked.team, asked.user, text, asked.channel)
    except TimeoutError:
        return tried.failed("the evaluator took too long.")
    except (EvaluatorAway, EvaluatorBroken) as error:
        return tried.failed(f"{error}.")
    return tried.tried(text, sampled.judgement, sampled.workflow, sampled.decision)


async def _verdict(face: Face, _client: AsyncWebClient, asked: Asked) -> Message:
    return await verdicts.answer(face, asked.team, asked.user, asked.words)


def _about(text: str) -> OfMessage | OfSignal | None:
    """What a link or a signal's number means."""
    place = message_link.parse(text)
    if place is not None:
        return OfMessage(*place)
    number = _signal_id(text)
    return None if number is None else OfSignal(number)


async def _found(face: Face, team: TeamId, about: OfMessage | OfSignal) -> Signal | None:
    if isinstance(about, OfMessage):
        found = await face.feed.of_message(team, about.channel, about.ts)
    else:
        found = await face.feed.of_signal(team, about.signal)
    return None if found is None else found[0]


def _signal_id(text: str) -> SignalId | None:
    digits = text.removeprefix("#")
    is_number = digits.isascii() and digits.isdigit() and len(digits) < 18
    return SignalId(int(digits)) if is_number else None


WORDS: Mapping[str, Word] = {
    "why": Word(_why, is_slow=True),
    "replay": Word(_replay, is_slow=True),
    "test": Word(_test, is_slow=True),
    "verdict": Word(_verdict),
}
