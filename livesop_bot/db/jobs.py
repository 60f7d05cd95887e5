"""Jobs: what the queue is asked to do, in the transaction that makes it necessary."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import timedelta
from typing import ClassVar, cast
from uuid import uuid4

import asyncpg
from pgqueuer import AsyncpgDriver, Queries

from livesop_bot.db.pool import Connection
from livesop_bot.db.queries import sql
from livesop_bot.domain.actions import ActionId
from livesop_bot.domain.autonomy import DemotionId
from livesop_bot.domain.evaluations import Cause
from livesop_bot.domain.knowledge import DocumentId
from livesop_bot.domain.remarks import RemarkId
from livesop_bot.domain.reports import ReportId
from livesop_bot.domain.runs import PauseId, RunId
from livesop_bot.domain.signals import SignalId, TeamId, UserId
from livesop_bot.domain.workflows import StepId


@dataclass(frozen=True, slots=True)
class _Job:
    """A job is its fields, which say what to do, and with whom it is told from others."""

    entrypoint: ClassVar[str]

    @property
    def key(self) -> str:
        """What keeps the same job from being queued twice; one of other values has its own."""
        return ":".join(map(str, (self.entrypoint, *self._named())))

    def _named(self) -> Iterable[object]:
        """What it is named by: all that it says, unless a job knows better."""
        return (getattr(self, each.name) for each in fields(self))


@dataclass(frozen=True, slots=True)
class EvaluateJob(_Job):
    """Judge a signal's revision. Queued at most once at a time for each (signal, revision).

    `by`: who asked for a replay; without a name it is not concluded.
    """

    entrypoint: ClassVar[str] = "evaluate"
    signal: SignalId
    revision: int
    cause: Cause = Cause.SIGNAL
    dry_run: bool = False
    by: str = ""

    def _named(self) -> Iterable[object]:
        return self.signal, self.revision, self.cause


@dataclass(frozen=True, slots=True)
class PostJob(_Job):
    """Put a run's message into its thread."""

    entrypoint: ClassVar[str] = "post"
    run: RunId


@dataclass(frozen=True, slots=True)
class EmbedJob(_Job):
    """Make the vectors of a document's chunks."""

    entrypoint: ClassVar[str] = "embed"
    document: DocumentId


@dataclass(frozen=True, slots=True)
class RememberJob(_Job):
    """Keep a signal that an SOP answered as a past case, with its vector.

    It keeps the signal as it then reads. `revision` only tells the job of an edit from one that
    is being worked on; 0: nothing was edited.
    """

    entrypoint: ClassVar[str] = "remember"
    signal: SignalId
    revision: int = 0


@dataclass(frozen=True, slots=True)
class StartJob(_Job):
    """Give a run its steps, and open the first."""

    entrypoint: ClassVar[str] = "start"
    run: RunId


@dataclass(frozen=True, slots=True)
class ActJob(_Job):
    """Do an action once it is due."""

    entrypoint: ClassVar[str] = "act"
    action: ActionId


@dataclass(frozen=True, slots=True)
class FaceJob(_Job):
    """Show a run's newest state in its thread, if this version of it was not shown yet."""

    entrypoint: ClassVar[str] = "face"
    run: RunId
    version: int


@dataclass(frozen=True, slots=True)
class HaltJob(_Job):
    """Take back what Auto-Pilot planned and may not do any more.

    `switched` is another for each turn of a switch: a job under way may have looked too early.
    """

    entrypoint: ClassVar[str] = "halt"
    team: TeamId
    switched: str = field(default_factory=lambda: uuid4().hex)


@dataclass(frozen=True, slots=True)
class BasisJob(_Job):
    """Look at the runs of a message that was edited to a revision, or deleted (0)."""

    entrypoint: ClassVar[str] = "basis"
    signal: SignalId
    revision: int


@dataclass(frozen=True, slots=True)
class RemindJob(_Job):
    """Remind people of a step that waits for them."""

    entrypoint: ClassVar[str] = "remind"
    run: RunId
    step: StepId


@dataclass(frozen=True, slots=True)
class CardJob(_Job):
    """Show the newest state of a pause in its card, if this version of it was not shown yet."""

    entrypoint: ClassVar[str] = "card"
    pause: PauseId
    version: int


@dataclass(frozen=True, slots=True)
class ReleaseJob(_Job):
    """Do what waited for a pause, as somebody saw it: by run, the digest of what it would send."""

    entrypoint: ClassVar[str] = "release"
    pause: PauseId
    by: UserId
    shown: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DemotionJob(_Job):
    """Tell a thread that Auto-Pilot was switched off by what was pressed there."""

    entrypoint: ClassVar[str] = "demotion"
    demotion: DemotionId


@dataclass(frozen=True, slots=True)
class GreetJob(_Job):
    """Send the guide to the person of a team who opened Home first."""

    entrypoint: ClassVar[str] = "greet"
    team: TeamId


@dataclass(frozen=True, slots=True)
class RemarkJob(_Job):
    """Post a message of LiveSOP that belongs to no run."""

    entrypoint: ClassVar[str] = "remark"
    remark: RemarkId


@dataclass(frozen=True, slots=True)
class ReportJob(_Job):
    """Post a report."""

    entrypoint: ClassVar[str] = "report"
    report: ReportId


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
    | ReportJob
    | DemotionJob
    | GreetJob
    | RemarkJob
)


async def missing(connection: Connection, jobs: Sequence[Job]) -> list[Job]:
    """Give those that are not in the queue, where those that failed rest until their time comes."""
    rows = await connection.fetch(sql("known_jobs"), [job.key for job in jobs])
    known = {row["dedupe_key"] for row in rows}
    return [job for job in jobs if job.key not in known]


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
