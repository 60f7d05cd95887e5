"""Jobs: what the queue is asked to do, in the transaction that makes it necessary."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar, cast

import asyncpg
from pgqueuer import AsyncpgDriver, Queries

from livesop_bot.db.pool import Connection
from livesop_bot.domain.evaluations import Cause
from livesop_bot.domain.knowledge import DocumentId
from livesop_bot.domain.runs import RunId
from livesop_bot.domain.signals import SignalId


@dataclass(frozen=True, slots=True)
class EvaluateJob:
    """Judge a signal's revision. Queued at most once at a time for each (signal, revision)."""

    entrypoint: ClassVar[str] = "evaluate"
    signal: SignalId
    revision: int
    cause: Cause = Cause.SIGNAL
    dry_run: bool = False

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


Job = EvaluateJob | PostJob | EmbedJob | RememberJob


async def enqueue(connection: Connection, jobs: Sequence[Job]) -> None:
    """Queue jobs in the connection's transaction; those queued already are left as they are."""
    if jobs:
        # What a pool hands out is a connection in all but its type.
        driver = AsyncpgDriver(cast("asyncpg.Connection[asyncpg.Record]", connection))
        await Queries(driver).enqueue(
            [job.entrypoint for job in jobs],
            [json.dumps(asdict(job)).encode() for job in jobs],
            [0] * len(jobs),
            dedupe_key=[job.key for job in jobs],
            on_conflict="skip",
        )
