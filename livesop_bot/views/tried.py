"""What LiveSOP would do with a text that somebody tries on it; nothing is stored of it."""

from livesop_bot.domain.decisions import Decision
from livesop_bot.domain.evaluations import Judgement
from livesop_bot.domain.message_text import as_read
from livesop_bot.domain.workflows import Workflow
from livesop_bot.views.blocks import Block, Message, context, line, message, quote, section
from livesop_bot.views.judgement import evaluator, judged_line
from livesop_bot.views.knowledge import cited

_NOTHING_KEPT = "Nothing was stored, posted or started."


def usage() -> Message:
    """Say how the command is written."""
    return _said(
        "What text? `/livesop test checkout is down for everybody` says what LiveSOP would do with "
        f"it in this channel. {_NOTHING_KEPT}"
    )


def failed(why: str) -> Message:
    """Say that the text could not be judged; `why` is a sentence of ours."""
    return _said(f"That text could not be judged: {line(why, 300)} {_NOTHING_KEPT}")


def tried(
    text: str, judgement: Judgement, workflow: Workflow | None, decision: Decision
) -> Message:
    """Say what would be done, how sure that is, and why."""
    named = judged_line(workflow, judgement.confidence)
    blocks: list[Block] = [
        section(f"{quote(as_read(text), 600, 4)}\n{named}"),
        section(f"*In this channel:* {line(decision.detail, 500)}"),
    ]
    if judgement.reasoning.strip():
        blocks.append(section(f"*Why:* {line(judgement.reasoning, 1000)}"))
    if judgement.stand_in:
        blocks.append(section(f"*The local evaluator stood in:* {line(judgement.stand_in, 200)}."))
    if judgement.evidence.strip() and judgement.evidence in text:
        blocks.append(section(f"*It rests on:*\n{quote(as_read(judgement.evidence))}"))
    blocks += cited(judgement.citations)
    blocks.append(context(f"Judged by {evaluator(judgement.evaluator)}.  {_NOTHING_KEPT}"))
    return message(f"{named}: {line(decision.detail, 300)}", blocks)


def _said(text: str) -> Message:
    return message(text, [section(text)])
