"""Jobs: what the queue is asked to do, in the transaction that makes it necessary."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import ClassVar, cast
from uuid import uuid4

import asyncpg
from pgqueuer import AsyncpgDriver, Queries

from livesop_bot.db.pool import Connection
from livesop_bot.domain.actions import ActionId
from livesop_bot.domain.autonomy import DemotionId
from livesop_bot.domain.evaluations import Cause
from livesop_bot.domain.knowledge import DocumentId
from livesop_bot.domain.runs import PauseId, RunId
from livesop_bot.domain.signals import SignalId, TeamId
from livesop_bot.domain.workflows import StepId


@dataclass(frozen=True, slots=True)
class EvaluateJob:
    """Judge a signal's revision. Queued at most once at a time for each (signal, revision).

    `by`: who asked for a replay; without a name it is not concluded.
    """

    entrypoint: ClassVar[str] = "evaluate"
    signal: SignalId
    revision: int
    cause: Cause = Cause.SIGNAL
    dry_run: bool = False
    by: str = ""

    @property
    def key(self) -> str:
        """What keeps the same job from being queued twice."""
        return f"evaluate:{self.signal}:{self.revision}:{self.cause}"


@dataclass(frozen=True, slots=True)
class PostJob:
    """Put a run's message into its thread."""

    entrypoint: ClassVar[str] = "post"
    run: RunId

    @property
    def key(self) -> str:
        """What keeps the same job from being queued twice."""
        return f"post:{self.run}"


@dataclass(frozen=True, slots=True)
class EmbedJob:
    """Make the vectors of a document's chunks."""

    entrypoint: ClassVar[str] = "embed"
    document: DocumentId

    @property
    def key(self) -> str:
        """What keeps the same job from being queued twice."""
        return f"embed:{self.document}"


@dataclass(frozen=True, slots=True)
class RememberJob:
    """Keep a signal that an SOP answered as a past case, with its vector.

    It keeps the signal as it then reads. `revision` only tells the job of an edit from one that
    is being worked on; 0: nothing was edited.
    """

    entrypoint: ClassVar[str] = "remember"
    signal: SignalId
    revision: int = 0

    @property
    def key(self) -> str:
        """What keeps the same job from being queued twice."""
        return f"remember:{self.signal}:{self.revision}"


@dataclass(frozen=True, slots=True)
class StartJob:
    """Give a run its steps, and open the first."""

    entrypoint: ClassVar[str] = "start"
    run: RunId

    @property
    def key(self) -> str:
        """What keeps the same job from being queued twice."""
        return f"start:{self.run}"


@dataclass(frozen=True, slots=True)
class ActJob:
    """Do an action once it is due."""

    entrypoint: ClassVar[str] = "act"
    action: ActionId

    @property
    def key(self) -> str:
        """What keeps the same job from being queued twice."""
        return f"act:{self.action}"


@dataclass(frozen=True, slots=True)
class FaceJob:
    """Show a run's newest state in its thread, if this version of it was not shown yet."""

    entrypoint: ClassVar[str] = "face"
    run: RunId
    version: int

    @property
    def key(self) -> str:
        """What keeps the same job from being queued twice; a later change has its own job."""
        return f"face:{self.run}:{self.version}"


@dataclass(frozen=True, slots=True)
class HaltJob:
    """Take back what Auto-Pilot planned and may not do any more.

    `switched` is another for each turn of a switch: a job under way may have looked too early.
    """

    entrypoint: ClassVar[str] = "halt"
    team: TeamId
    switched: str = field(default_factory=lambda: uuid4().hex)

    @property
    def key(self) -> str:
        """What keeps the same job from being queued twice."""
        return f"halt:{self.team}:{self.switched}"


@dataclass(frozen=True, slots=True)
class BasisJob:
    """Look at the runs of a message that was edited to a revision, or deleted (0)."""

    entrypoint: ClassVar[str] = "basis"
    signal: SignalId
    revision: int

    @property
    def key(self) -> str:
        """What keeps the same job from being queued twice."""
        return f"basis:{self.signal}:{self.revision}"


@dataclass(frozen=True, slots=True)
class RemindJob:
    """Remind people of a step that waits for them."""

    entrypoint: ClassVar[str] = "remind"
    run: RunId
    step: StepId

    @property
    def key(self) -> str:
        """What keeps the same job from being queued twice."""
        return f"remind:{self.run}:{self.step}"


@dataclass(frozen=True, slots=True)
class CardJob:
    """Show the newest state of a pause in its card, if this version of it was not shown yet."""

    entrypoint: ClassVar[str] = "card"
    pause: PauseId
    version: int

    @property
    def key(self) -> str:
        """What keeps the same job from being queued twice; a later change has its own job."""
        return f"card:{self.pause}:{self.version}"


@dataclass(frozen=True, slots=True)
class ReleaseJob:
    """Do what waited for a pause that somebody ended."""

    entrypoint: ClassVar[str] = "release"
    pause: PauseId

    @property
    def key(self) -> str:
        """What keeps the same job from being queued twice."""
        return f"release:{self.pause}"


@dataclass(frozen=True, slots=True)
class DemotionJob:
    """Tell a thread that Auto-Pilot was switched off by what was pressed there."""

    entrypoint: ClassVar[str] = "demotion"
    demotion: DemotionId

    @property
    def key(self) -> str:
        """What keeps the same job from being queued twice."""
        return f"demotion:{self.demotion}"


@dataclass(frozen=True, slots=True)
class GreetJob:
    """Send the guide to the person of a team who opened Home first."""

    entrypoint: ClassVar[str] = "greet"
    team: TeamId

    @property
    def key(self) -> str:
        """What keeps the same job from being queued twice."""
        return f"greet:{self.team}"


Job = (
    EvaluateJob
    | PostJob
    | EmbedJob
    | RememberJob
    | StartJob
    | ActJob
    | FaceJob
    | HaltJob
    | BasisJob
    | RemindJob
    | CardJob
    | ReleaseJob
    | DemotionJob
    | GreetJob
)


async def enqueue(
    connection: Connection, jobs: Sequence[Job], *, after: timedelta = timedelta()
) -> None:
    """Queue jobs in the connection's transaction, to be taken `after` that time at the earliest.

    Those queued already are left as they are.
    """
    if jobs:
        # What a pool hands out is a connection in all but its type.
        driver = AsyncpgDriver(cast("asyncpg.Connection[asyncpg.Record]", connection))
        await Queries(driver).enqueue(
            [job.entrypoint for job in jobs],
            [json.dumps(asdict(job)).encode() for job in jobs],
            [0] * len(jobs),
            [after] * len(jobs),
            dedupe_key=[job.key for job in jobs],
            on_conflict="skip",
        )
