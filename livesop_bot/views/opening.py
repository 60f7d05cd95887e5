"""The first message of a run that a person started in a channel; its steps are in the thread."""

from livesop_bot.domain.message_text import as_read
from livesop_bot.domain.signals import ChannelId
from livesop_bot.domain.workflows import Workflow
from livesop_bot.views.blocks import (
    Message,
    channel,
    code,
    context,
    line,
    message,
    person,
    quote,
    section,
)


def opening(workflow: Workflow, *, by: str, about: str) -> Message:
    """Say what was started, by whom, and on which occasion."""
    title = f"*{line(workflow.title, 150)}*"
    said = f"▶️  {person(by)} started {title}."
    blocks = [section(f"{said}\n{quote(as_read(about), 1500, rows=10)}" if about.strip() else said)]
    blocks.append(context("Its steps are in the thread. Whoever deletes this message ends it."))
    return message(f"{line(workflow.title, 150)} was started", blocks)


def not_opened(workflow: Workflow, where: ChannelId, why: str) -> Message:
    """Tell whoever started it that it came to nothing, and what to do; `why` is for people."""
    again = code(f"/livesop start {workflow.slug}", 120)
    text = (
        f"⚠️  *{line(workflow.title, 150)}* was not started in {channel(where)}: "
        f"{line(why, 200)}. Is LiveSOP in the channel (`/invite @LiveSOP`), and may it write "
        f"there? Then send {again} there again."
    )
    return message(text, [section(text)])
