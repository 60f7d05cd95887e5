"""Runs: executions of a workflow version for a signal."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from livesop_bot.domain.evaluations import Evaluation
from livesop_bot.domain.signals import ChannelId, MessageTs, SignalState, TeamId, UserId
from livesop_bot.domain.steps import Progress, StepState
from livesop_bot.domain.workflows import Step, StepId, Workflow

RunId = NewType("RunId", int)
PauseId = NewType("PauseId", int)


class RunState(StrEnum):
    """The life of a run. `proposed` and `running` are open: one such run a thread and workflow.

    A proposed run that does not fit is `dismissed`; what nobody took up in time is `expired`.
    """

    PROPOSED = "proposed"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    DISMISSED = "dismissed"
    EXPIRED = "expired"


OPEN = frozenset({RunState.PROPOSED, RunState.RUNNING})

_UNTOUCHED = frozenset(
    {
        StepState.BLOCKED,
        StepState.WAITING,
        StepState.PLANNED,
        StepState.BYPASSED,
        StepState.CANCELLED,
    }
)


class PostState(StrEnum):
    """How far the run's message in the thread has come.

    `trying` is written before Slack is asked to post: whoever finds it after a crash asks Slack
    whether the message is there before posting again.
    """

    PLANNED = "planned"
    TRYING = "trying"
    POSTED = "posted"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """A step of a run as it stands: what became of it, in words, where to see it, and by whom.

    `changed_by` is a Slack user's id, or None where LiveSOP itself moved it; `due_at` is when a
    planned action will be tried. `repeats`: its effect is there already, or may be, from an earlier
    run for the same message. `pause`: the breaker's pause for which it waits.
    """

    id: StepId
    state: StepState = StepState.BLOCKED
    chosen: str = ""
    detail: str = ""
    link: str | None = None
    changed_by: UserId | None = None
    changed_at: datetime | None = None
    due_at: datetime | None = None
    repeats: bool = False
    pause: PauseId | None = None

    @property
    def progress(self) -> Progress:
        """As much of it as decides what opens next."""
        return Progress(state=self.state, chosen=self.chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run and what its thread message shows. A proposed one has no steps yet."""

    id: RunId
    team: TeamId
    workflow: Workflow
    evaluation: Evaluation
    channel: ChannelId
    thread_ts: MessageTs
    state: RunState
    idempotency_key: UUID
    post_state: PostState
    post_ts: MessageTs | None
    steps: tuple[StepRecord, ...] = ()
    started_by: UserId | None = None
    ended_by: UserId | None = None
    ended_why: str = ""
    version: int = 1
    edited_since: bool = False

    @property
    def basis_lost(self) -> str:
        """Why nothing may be done on it any more, in words; empty: its message still stands.

        An edit ends only what no person started or answered, and nothing was done for.
        """
        if self.evaluation.signal.state is SignalState.DELETED:
            return "The message was deleted, or grew too old to be kept."
        if (
            self.edited_since
            and self.started_by is None
            and all(record.state in _UNTOUCHED for record in self.steps)
        ):
            return "The message was edited."
        return ""

    @property
    def basis_changed(self) -> str:
        """Why nothing of it may be done without a person, in words; empty: it reads as judged."""
        return "The message was edited: see what would be sent now." if self.edited_since else ""


@dataclass(frozen=True, slots=True)
class ShownOtherwise:
    """Why a press changed nothing: what the step would send is not what was shown."""

    step: Step


@dataclass(frozen=True, slots=True)
class TooLate:
    """Why a press changed nothing: the run is as it stands in `state`, or someone was quicker.

    `step` and `record`: the step that was pressed, as it is now; None where the run is not open.
    """

    state: RunState | None
    step: Step | None = None
    record: StepRecord | None = None
