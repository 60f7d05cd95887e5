"""The latest decisions, as `/livesop feed` shows them; messages are never quoted here."""

from collections.abc import Sequence

from livesop_bot.domain.evaluations import Cause, Evaluation
from livesop_bot.domain.signals import SignalState
from livesop_bot.views.blocks import (
    Block,
    Message,
    channel,
    context,
    counted,
    date,
    line,
    link,
    message,
    section,
)
from livesop_bot.views.judgement import detail_line, verdict_line

MOST = 20


def feed(latest: Sequence[Evaluation]) -> Message:
    """Show the latest decisions, newest first."""
    if not latest:
        text = "Nothing was judged yet. LiveSOP judges what is written in channels that it is in."
        return message(text, [section(text)])
    blocks: list[Block] = []
    shown = latest[:MOST]
    for evaluation in shown:
        lines = (
            verdict_line(evaluation),
            detail_line(evaluation) or line(evaluation.reasoning, 240),
        )
        blocks.append(section("\n".join(filter(None, lines))))
        blocks.append(context(_origin(evaluation)))
    blocks.append(context("`/livesop why &lt;signal&gt;` says more; the Home tab shows all."))
    return message(f"The latest {counted(len(shown), 'decision')}", blocks)


def _origin(evaluation: Evaluation) -> str:
    signal = evaluation.signal
    deleted = signal.state is SignalState.DELETED
    parts = [
        date(evaluation.created_at),
        channel(signal.channel),
        "message deleted" if deleted else link(signal.permalink, "message"),
        f"signal {signal.id}",
    ]
    if evaluation.cause is Cause.REPLAY:
        parts.append("dry run" if evaluation.dry_run else "replay")
    return "  ·  ".join(parts)
