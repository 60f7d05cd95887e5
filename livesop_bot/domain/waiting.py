"""What waits for people: proposals that nobody answered, and steps whose turn it is."""

from dataclasses import dataclass
from datetime import datetime

from livesop_bot.domain.runs import RunId
from livesop_bot.domain.signals import ChannelId
from livesop_bot.domain.steps import StepState
from livesop_bot.domain.workflows import StepId, WorkflowDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A proposal (`step` is None) or a step of a run that waits for somebody, and since when."""

    run: RunId
    definition: WorkflowDefinition
    channel: ChannelId
    permalink: str | None
    since: datetime
    step: StepId | None = None
    state: StepState | None = None
