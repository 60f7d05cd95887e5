"""The answer to `/livesop why <message link>`: what was made of a message, on which grounds."""

from livesop_bot.domain.evaluations import Cause, Evaluation
from livesop_bot.domain.signals import Signal, SignalState
from livesop_bot.views.blocks import (
    Block,
    Message,
    channel,
    context,
    date,
    line,
    link,
    message,
    quote,
    section,
)
from livesop_bot.views.judgement import detail_line, verdict_line
from livesop_bot.views.knowledge import cited


def usage() -> Message:
    """Say what kind of link is meant."""
    text = (
        "Which message? Copy its link (the message's ⋮ menu, *Copy link*) and send "
        "`/livesop why &lt;link&gt;`. It looks like "
        "`https://your-team.slack.com/archives/C012AB3CD/p1700000000000100`."
    )
    return message(text, [section(text)])


def not_known() -> Message:
    """Say why LiveSOP may not have a message."""
    text = (
        "LiveSOP has no record of that message. Likely causes:\n"
        "•  LiveSOP is not in its channel: `/invite @LiveSOP`\n"
        "•  it was written before LiveSOP came\n"
        "•  it is of a kind that LiveSOP leaves alone: people joining, other bots, its own answers"
    )
    return message(text, [section(text)])


def answer(signal: Signal, evaluation: Evaluation | None, *, in_channel: bool) -> Message:
    """Say what a message was judged to call for, how sure that is, and why.

    `in_channel`: the question was asked in the message's own channel. Only there the message is
    quoted, for elsewhere it might be read by somebody who cannot read that channel.
    """
    where = f"{link(signal.permalink, 'This message')} in {channel(signal.channel)}"
    if evaluation is None:
        text = f"{where} {_unjudged(signal)}"
        return message(text, [section(text)])
    blocks: list[Block] = [
        section("\n".join(filter(None, (verdict_line(evaluation), detail_line(evaluation)))))
    ]
    if evaluation.reasoning.strip():
        blocks.append(section(f"*Why:* {line(evaluation.reasoning, 1000)}"))
    if evaluation.stand_in:
        blocks.append(section(f"*The local evaluator stood in:* {line(evaluation.stand_in, 200)}."))
    if evaluation.evidence.strip() and signal.state is not SignalState.DELETED:
        blocks.append(_evidence(evaluation, in_channel=in_channel))
    blocks += cited(evaluation.citations)
    if note := _since(signal, evaluation):
        blocks.append(section(note))
    blocks.append(
        context(
            f"{where}  ·  {_when(evaluation)}  ·  by {line(evaluation.evaluator, 80)}"
            f"  ·  signal {signal.id}"
        )
    )
    text = f"{verdict_line(evaluation)}: {line(evaluation.decision.detail, 500)}"
    return message(text, blocks)


def _unjudged(signal: Signal) -> str:
    match signal.state:
        case SignalState.DELETED:
            return "was deleted before it was judged. Its text is gone here, too."
        case SignalState.TIMED_OUT | SignalState.FAILED:
            return f"could not be judged. It can be replayed (signal {signal.id})."
        case _:
            return "is waiting to be judged. Ask again in a moment."


def _evidence(evaluation: Evaluation, *, in_channel: bool) -> Block:
    if in_channel:
        return section(f"*It rests on:*\n{quote(evaluation.evidence)}")
    return context(
        "It rests on words of the message; "
        f"ask in {channel(evaluation.signal.channel)} to see them."
    )


def _since(signal: Signal, evaluation: Evaluation) -> str:
    if signal.state is SignalState.DELETED:
        return (
            "The message was deleted since, or is older than texts are kept. "
            "Its text is gone here, too."
        )
    if signal.revision == evaluation.signal.revision:
        return ""
    if signal.state is SignalState.PENDING:
        return "The message was edited since and is being judged again; ask again in a moment."
    return "The message was edited since; this is about its earlier text."


def _when(evaluation: Evaluation) -> str:
    again = " again" if evaluation.cause is Cause.REPLAY else ""
    return f"judged{again} {date(evaluation.created_at)}"
