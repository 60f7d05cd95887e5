"""What LiveSOP would do with a text that somebody tries on it; nothing is stored of it."""

from livesop_bot.domain.evaluations import Evaluation
from livesop_bot.views.blocks import Block, Message, context, line, message, quote, section
from livesop_bot.views.judgement import verdict_line
from livesop_bot.views.knowledge import cited

_NOTHING_KEPT = "Nothing was stored, posted or started."


def usage() -> Message:
    """Say how the command is written."""
    return _said(
        "What text? `/livesop test checkout is down for everybody` says what LiveSOP would do with "
        f"it in this channel. {_NOTHING_KEPT}"
    )


def busy() -> Message:
    """Say that others try texts at the moment."""
    return _said(f"Too many texts are being tried at once; please try again. {_NOTHING_KEPT}")


def failed(why: str) -> Message:
    """Say that the text could not be judged; `why` is a sentence of ours."""
    return _said(f"That text could not be judged: {line(why, 300)} {_NOTHING_KEPT}")


def tried(evaluation: Evaluation) -> Message:
    """Say what would be done, how sure that is, and why."""
    blocks: list[Block] = [
        section(f"{quote(evaluation.signal.text, 600, 4)}\n{verdict_line(evaluation)}"),
        section(f"*In this channel:* {line(evaluation.decision.detail, 500)}"),
    ]
    if evaluation.reasoning.strip():
        blocks.append(section(f"*Why:* {line(evaluation.reasoning, 1000)}"))
    if evaluation.stand_in:
        blocks.append(section(f"*The local evaluator stood in:* {line(evaluation.stand_in, 200)}."))
    if evaluation.evidence.strip():
        blocks.append(section(f"*It rests on:*\n{quote(evaluation.evidence)}"))
    blocks += cited(evaluation.citations)
    blocks.append(context(f"Judged by {line(evaluation.evaluator, 80)}.  {_NOTHING_KEPT}"))
    return message(f"{verdict_line(evaluation)}: {line(evaluation.decision.detail, 300)}", blocks)


def _said(text: str) -> Message:
    return message(text, [section(text)])
