"""The first message of a run that a person started in a channel; its steps are in the thread."""

from livesop_bot.domain.workflows import Workflow
from livesop_bot.views.blocks import Message, context, line, message, person, quote, section


def opening(workflow: Workflow, *, by: str, about: str) -> Message:
    """Say what was started, by whom, and on which occasion."""
    title = f"*{line(workflow.title, 150)}*"
    said = f"▶️  {person(by)} started {title}."
    blocks = [section(f"{said}\n{quote(about, 1500, rows=10)}" if about.strip() else said)]
    blocks.append(context("Its steps are in the thread. Whoever deletes this message ends it."))
    return message(f"{line(workflow.title, 150)} was started", blocks)
