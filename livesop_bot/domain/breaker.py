"""The breaker: a step that acts too often, or keeps failing, is left to people until one ends that.

What waits meanwhile stands in one card.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from livesop_bot.domain.actions import ActionRequest
from livesop_bot.domain.runs import PauseId, RunId
from livesop_bot.domain.signals import ChannelId, MessageTs, TeamId, UserId
from livesop_bot.domain.workflows import Step, WorkflowDefinition

CAP = 5
CAP_IN = timedelta(minutes=10)
"""A step that Auto-Pilot tried so often in that time, for whatever messages, is paused.

It may have a cap of its own."""

FAILURES = 3
"""So is one that failed so often in a row, whoever had it tried."""


def cap_of(step: Step) -> int:
    """How often Auto-Pilot may try a step within CAP_IN."""
    return CAP if step.cap is None else step.cap


def tripped(step: Step, acted: int, outcomes: Sequence[str]) -> str | None:
    """Why a step is paused that was tried `acted` times lately, or None: it may act.

    `outcomes`: how its last attempts ended, newest first.
    """
    if acted >= (cap := cap_of(step)):
        minutes = CAP_IN // timedelta(minutes=1)
        times = f"{cap} times" if cap > 1 else "once"
        return f"Auto-Pilot did this {times} within {minutes} minutes"
    if len(outcomes) >= FAILURES and all(one == "failed" for one in outcomes[:FAILURES]):
        return f"It failed {FAILURES} times in a row"
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class PausedRun:
    """A run whose step waits for a pause to end, by the message that it is for.

    `request`: what Auto-Pilot was about to send.
    """

    run: RunId
    request: ActionRequest
    channel: ChannelId
    thread_ts: MessageTs
    author: str
    permalink: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A step's pause, as its card shows it; `more`: others wait, too.

    The card goes into the thread of the run in which the pause began. `ts`: where it is, if it was
    posted; `key` is in its metadata.
    """

    id: PauseId
    team: TeamId
    sop: WorkflowDefinition
    step: Step
    reason: str
    channel: ChannelId
    thread_ts: MessageTs
    key: UUID
    version: int
    ts: MessageTs | None = None
    kept_by: UserId | None = None
    ended_by: UserId | None = None
    waiting: tuple[PausedRun, ...] = ()
    more: bool = False
