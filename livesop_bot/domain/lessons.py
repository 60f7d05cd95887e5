"""Lessons: what people's verdicts on earlier messages teach."""

from dataclasses import dataclass

from livesop_bot.domain.workflows import WorkflowId


@dataclass(frozen=True, slots=True)
class Lesson:
    """A message that was taken for a workflow, and whether people said that it fits."""

    workflow: WorkflowId
    text: str
    fits: bool
