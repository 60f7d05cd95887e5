"""What people are told once of a step that waits for them."""

from livesop_bot.domain.runs import Run
from livesop_bot.domain.workflows import StepId
from livesop_bot.views.blocks import Message, line, message, section


def reminder(run: Run, step: StepId) -> Message:
    """Name the step and its SOP; its buttons are in the run's message, further up."""
    definition = run.workflow.definition
    title = next(one.title for one in definition.steps if one.id == step)
    text = (
        f"Reminder: *{line(title, 150)}* of *{line(definition.title, 150)}* still waits for "
        "somebody. Its buttons are in LiveSOP's message further up in this thread."
    )
    return message(text, [section(text)])
