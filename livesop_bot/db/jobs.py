"""Jobs: what the queue is asked to do, in the transaction that makes it necessary."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar, cast

import asyncpg
from pgqueuer import AsyncpgDriver, Queries

from livesop_bot.db.pool import Connection
from livesop_bot.domain.evaluations import Cause
from livesop_bot.domain.runs import RunId
from livesop_bot.domain.signals import SignalId


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


Job = EvaluateJob | PostJob


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
