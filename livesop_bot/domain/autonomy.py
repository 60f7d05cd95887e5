"""Earned autonomy: whether people's decisions on a step speak for leaving it to Auto-Pilot.

Each time a step waits for a person that Auto-Pilot would have done, but for its switch, what the
person decides says whether it would have been right. From enough of that a step has earned its
switch, which a person still has to turn. It goes off by itself where people take back what
Auto-Pilot does.
"""

import hashlib
import json
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from livesop_bot.domain.decisions import Reason
from livesop_bot.domain.evaluations import Cause, Evaluation
from livesop_bot.domain.runs import Run, StepRecord
from livesop_bot.domain.signals import ChannelId, MessageTs, UserId
from livesop_bot.domain.steps import Progress, StepState, opened
from livesop_bot.domain.workflows import (
    Step,
    StepId,
    StepKind,
    StepMode,
    Workflow,
    WorkflowDefinition,
)

DemotionId = NewType("DemotionId", int)

WINDOW = timedelta(days=90)
"""Older decisions say little of how the step and the messages are now."""

COUNTED = 200
"""Decisions of a step that count, the newest; so the cost of a look does not grow with history."""

LEAST = 10
"""Fewer are chance: of a step that is wrong once in five times, ten in a row come out right in one
case of nine."""

SPREAD = timedelta(days=7)
"""From the first decision to the last: ten on one busy morning are one incident, not a habit."""

AGREED = 0.95
"""The share that people approve, by a careful estimate: what goes wrong then is one in twenty, has
an undo window, and takes the switch back."""

CARE = 0.674
"""How careful: standard errors below what was seen. The true share is above the estimate in three
cases of four. Ten of ten give 0.957, 38 of 39 give 0.951; 17 of 18 give 0.896."""

RECENT = 5
"""None of the last so many was refused: what was right for months may have just become wrong."""

DISMISSALS = 2
DISMISSED_IN = timedelta(days=14)
"""So many starts by Auto-Pilot that people dismissed in that time switch it off for the SOP. One
may be a slip of the message; two in two weeks are a trigger that fits what it should not."""

_SURE = frozenset({Reason.STARTED, Reason.AUTOPILOT_OFF, Reason.RATE_LIMITED})
"""What the gate says where the confidence reached the threshold from which Auto-Pilot starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """The decisions that count for a step; `recent` are the newest RECENT, newest first."""

    decided: int = 0
    approved: int = 0
    first: datetime | None = None
    last: datetime | None = None
    recent: tuple[bool, ...] = ()

    @property
    def spread(self) -> timedelta:
        """From the first to the last."""
        if self.first is None or self.last is None:
            return timedelta()
        return self.last - self.first


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What is missing until a step has earned its switch: approvals in a row, and days."""

    approvals: int
    days: int

    @property
    def is_earned(self) -> bool:
        """Whether nothing is missing."""
        return self.approvals == 0 and self.days == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StepAutonomy:
    """How an acting step stands with Auto-Pilot. `demoted_at`: when it last lost its switch, or its
    SOP did; what counts came after it."""

    step: Step
    is_on: bool
    agreement: Agreement
    demoted_at: datetime | None = None

    @property
    def outlook(self) -> Outlook:
        """What is missing."""
        return outlook(self.agreement)

    @property
    def may_be_switched_on(self) -> bool:
        """Whether it has earned its switch, and has one."""
        return not self.is_on and self.step.mode is StepMode.AUTO and self.outlook.is_earned


class DemotionCause(StrEnum):
    """What took a switch back: an action that was taken back, or starts that were dismissed."""

    UNDONE = "undone"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Demotion:
    """A switch that went off by itself, and the thread that is told so. `step` is None where it
    was the SOP's own; `key` is in the message's metadata."""

    id: DemotionId
    workflow: Workflow
    step: Step | None
    cause: DemotionCause
    pressed_by: UserId
    channel: ChannelId
    thread_ts: MessageTs
    key: UUID
    is_told: bool


def surely_agreed(approved: int, decided: int) -> float:
    """The share that is approved, 0..1, by a careful estimate: Wilson's lower bound at CARE."""
    if decided == 0:
        return 0.0
    share, square = approved / decided, CARE * CARE
    middle = share + square / (2 * decided)
    margin = CARE * math.sqrt(share * (1 - share) / decided + square / (4 * decided * decided))
    return max((middle - margin) / (1 + square / decided), 0.0)


def outlook(agreement: Agreement) -> Outlook:
    """Say what is missing until the step has earned its switch, if nothing is refused meanwhile."""
    enough = max(
        LEAST - agreement.decided,
        *(RECENT - place for place, right in enumerate(agreement.recent[:RECENT]) if not right),
        0,
    )
    while (
        surely_agreed(agreement.approved + enough, agreement.decided + enough) < AGREED
        and enough < COUNTED  # by then no earlier one counts any more
    ):
        enough += 1
    missing = SPREAD - agreement.spread
    return Outlook(approvals=enough, days=max(math.ceil(missing / timedelta(days=1)), 0))


def is_shadowed(evaluation: Evaluation) -> bool:
    """Whether Auto-Pilot would have started on this judgement, but for its switches.

    The gate's own word on it counts. A replay is the same message once more, and says nothing new.
    """
    workflow = evaluation.workflow
    return (
        workflow is not None
        and evaluation.cause is Cause.SIGNAL
        and evaluation.decision.reason in _SURE
        and not evaluation.caution
        and (not evaluation.stand_in or workflow.definition.trigger.trust_local)
    )


def is_shadow_decision(step: Step, record: StepRecord) -> bool:
    """Whether what a person now decides on a step is what Auto-Pilot would have decided.

    Not where it would repeat an effect, where the breaker paused it, or where a person had moved
    the step before.
    """
    return (
        _could_be_automatic(step)
        and record.state is StepState.WAITING
        and record.changed_by is None
        and record.pause is None
        and not record.repeats
    )


def waiting(run: Run) -> tuple[Step, ...]:
    """The steps of a run on which the end of the run decides, too."""
    records = {record.id: record for record in run.steps}
    return tuple(
        step
        for step in run.workflow.definition.steps
        if step.id in records and is_shadow_decision(step, records[step.id])
    )


def reached_alone(definition: WorkflowDefinition) -> tuple[Step, ...]:
    """The acting steps that Auto-Pilot would come to without a person, all of them being on."""
    progress: dict[StepId, Progress] = {}
    steps = {step.id: step for step in definition.steps}
    reached: list[Step] = []
    while True:
        found = opened(definition, progress)
        progress |= {step: Progress(state=StepState.BYPASSED) for step in found.bypassed}
        new = [steps[step] for step in found.ready]
        acting = [step for step in new if _could_be_automatic(step)]
        if not acting:
            return tuple(reached)
        progress |= {step.id: Progress(state=StepState.WAITING) for step in new}
        progress |= {step.id: Progress(state=StepState.DONE) for step in acting}
        reached += acting


def content_of(step: Step) -> str:
    """A digest of what a step does outside; its title and instructions do not matter."""
    content = json.dumps([step.action, sorted(step.fields.items())])
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def _could_be_automatic(step: Step) -> bool:
    return step.kind is StepKind.ACTION and step.mode is not StepMode.MANUAL
