"""What came of a replay, and in what it differs from what is stored; for Slack and a terminal."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import assert_never

from livesop_bot.domain.decisions import Reason
from livesop_bot.domain.message_text import as_read
from livesop_bot.domain.replays import (
    Aspect,
    NotReplayed,
    Outcome,
    Replayed,
    Unkept,
    Version,
    changed_fields,
    is_open_still,
    sureness,
)
from livesop_bot.domain.signals import SignalId
from livesop_bot.views.blocks import Block, Message, context, line, message, section
from livesop_bot.views.judgement import evaluator

_DECISIONS = {
    Reason.STARTED: "started",
    Reason.PROPOSED: "proposed",
    Reason.AUTOPILOT_OFF: "proposed, for Auto-Pilot is off",
    Reason.STAND_IN: "proposed, for the model was away",
    Reason.CAUTION: "proposed, with caution",
    Reason.BY_HAND: "started by a person",
    Reason.RATE_LIMITED: "proposed, for many were started lately",
    Reason.LOW_CONFIDENCE: "nothing, not sure enough",
    Reason.NO_MATCH: "nothing, no SOP fits",
    Reason.OTHER_CHANNEL: "nothing, it does not watch the channel",
    Reason.DUPLICATE_RUN: "nothing, it is open in the thread",
    Reason.PAUSED: "nothing, the SOP is paused",
    Reason.DRY_RUN: "nothing, a dry run",
    Reason.TIMED_OUT: "nothing, it took too long",
    Reason.FAILED: "nothing, it could not be judged",
}
_UNKEPT = {
    Unkept.UNNAMED: "No SOP was named before, so there is no version to keep.",
    Unkept.ARCHIVED: "{} is archived, so its earlier version was not asked about.",
    Unkept.PAUSED: "{} is paused, so its earlier version was not asked about.",
    Unkept.ELSEWHERE: "{} does not watch the channel any more, so its earlier version was not "
    "asked about.",
}
_FIELDS = 20
"""Fields that are listed."""


@dataclass(frozen=True, slots=True)
class _Row:
    """What differs, as it was and as it is now, in plain text; `quotes`: words of the message."""

    what: str
    before: str
    now: str
    quotes: bool = False


def replayed_lines(replayed: Replayed) -> list[str]:
    """Say it to a person at a terminal."""
    now = replayed.now
    lines = [
        f"{_named(now)} ({', '.join(filter(None, (sureness(now), now.evaluator)))})",
        now.reasoning,
        f"→ {now.decision.verdict}: {now.decision.detail}",
        f"The local evaluator stood in: {now.stand_in}." if now.stand_in else "",
        _cost(now),
        _headline(replayed),
        *(f"  {row.what}: {row.before} → {row.now}" for row in _rows(replayed)),
        *_notes(replayed),
        "This was a dry run: nothing was done. With --run it is." if replayed.dry_run else "",
        "Its message goes to the thread as soon as LiveSOP runs." if replayed.run else "",
    ]
    return [one for one in lines if one]


def replayed_blocks(replayed: Replayed, *, in_channel: bool) -> list[Block]:
    """Say it in Slack.

    `in_channel`: in the message's own channel; elsewhere what stands in the message is not shown.
    """
    now = replayed.now
    sure = f"  ·  {sureness(now)}" if now.confidence is not None else ""
    blocks = [section(f"*{line(_named(now), 200)}*{sure}\n{line(now.decision.detail, 500)}")]
    if now.reasoning.strip():
        blocks.append(section(f"*Why:* {line(now.reasoning, 1000)}"))
    rows = [_bullet(row, hidden=row.quotes and not in_channel) for row in _rows(replayed)]
    blocks.append(section("\n".join((f"*{_headline(replayed)}*", *rows))))
    notes = [line(note, 300) for note in _notes(replayed)]
    if replayed.dry_run:
        notes.append("A dry run: nothing was done.")
    notes.append(f"Judged by {evaluator(now.evaluator)}, signal {replayed.signal.id}.")
    blocks.append(context(*notes))
    return blocks


def replayed_message(
    came: Replayed | NotReplayed, signal: SignalId, *, in_channel: bool
) -> Message:
    """Answer a person in Slack, whatever came of it."""
    if isinstance(came, NotReplayed):
        text = not_replayed(came, signal)
        return message(text, [section(text)])
    return message(
        f"{line(_named(came.now), 200)}: {line(came.now.decision.detail, 500)}",
        replayed_blocks(came, in_channel=in_channel),
    )


def not_replayed(why: NotReplayed, signal: SignalId) -> str:
    """Say why there is nothing to show."""
    match why:
        case NotReplayed.UNKNOWN:
            return f"There is no signal {signal} to replay."
        case NotReplayed.DELETED:
            return (
                f"Signal {signal} cannot be replayed: its message was deleted, or is older than "
                "texts are kept."
            )
        case NotReplayed.OVERTAKEN:
            return (
                f"Signal {signal} was replayed by somebody else, edited or deleted just now. "
                "Nothing was done by you."
            )
        case _:
            assert_never(why)


def _named(outcome: Outcome) -> str:
    return "No SOP" if outcome.workflow is None else outcome.workflow.title


def _cost(outcome: Outcome) -> str:
    usage = outcome.usage
    return f"{usage.tokens:,} tokens, {usage.cost}." if usage.tokens else ""


def _headline(replayed: Replayed) -> str:
    match replayed:
        case Replayed(before=None):
            return "It was never judged before."
        case Replayed(differences=(), dry_run=True):
            return "Nothing would differ from what is stored."
        case Replayed(differences=()):
            return "Nothing differs from what was stored before."
        case Replayed(dry_run=True):
            return "What would differ from what is stored:"
        case _:
            return "What differs from what was stored before:"


def _rows(replayed: Replayed) -> Iterator[_Row]:
    before, now = replayed.before, replayed.now
    if before is None:
        return
    for aspect in replayed.differences:
        if aspect in _WORDS:
            what, words = _WORDS[aspect]
            yield _Row(what, words(before), words(now))
            continue
        for name in changed_fields(before, now)[:_FIELDS]:
            was, is_now = before.fields.get(name, "nothing"), now.fields.get(name, "nothing")
            yield _Row(f"Field {name}", as_read(was), as_read(is_now), quotes=True)


_WORDS: Mapping[Aspect, tuple[str, Callable[[Outcome], str]]] = {
    Aspect.SOP: ("SOP", _named),
    Aspect.VERSION: ("Version", lambda one: str(one.workflow.version) if one.workflow else "none"),
    Aspect.CONFIDENCE: ("Confidence", lambda one: sureness(one) or "none"),
    Aspect.DECISION: ("Decision", lambda one: _DECISIONS[one.decision.reason]),
}
"""What differs, and how it reads; fields have a line each."""


def _bullet(row: _Row, *, hidden: bool) -> str:
    change = "differs" if hidden else f"{line(row.before, 200)} → {line(row.now, 200)}"
    return f"•  *{line(row.what, 80)}:*  {change}"


def _notes(replayed: Replayed) -> Iterator[str]:
    named = None if replayed.before is None else replayed.before.workflow
    if replayed.unkept is not None:
        yield _UNKEPT[replayed.unkept].format("" if named is None else named.title)
    elif named is not None and replayed.version is Version.SAME:
        yield f"{named.title} was asked about in its version {named.version}; all else is of now."
    if replayed.edited:
        yield "The message was edited since it was judged."
    if replayed.before is not None and is_open_still(replayed.before, replayed.now):
        yield "Its SOP is open in the thread, so no other is opened."
