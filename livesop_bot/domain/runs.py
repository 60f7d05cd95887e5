"""Runs: executions of a workflow version for a signal."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType
from uuid import UUID

from livesop_bot.domain.evaluations import Evaluation
from livesop_bot.domain.signals import ChannelId, MessageTs, TeamId
from livesop_bot.domain.workflows import Workflow

RunId = NewType("RunId", int)


class RunState(StrEnum):
    """The life of a run. `proposed` and `running` are open: one such run a thread and workflow."""

    PROPOSED = "proposed"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


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
class Run:
    """A run and what its thread message shows."""

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
