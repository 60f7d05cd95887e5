"""The queue's side of the worker: PgQueuer, kept running through outages and stopped in time."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import asyncpg
import structlog
from pgqueuer import AsyncpgPoolDriver, Job, Queries, QueueManager, RetryRequested, SchedulerManager
from pgqueuer.domain.errors import PgqException
from pgqueuer.domain.models import Schedule, TracebackRecord
from pgqueuer.domain.types import JOB_STATUS

from livesop_bot.db.audit import Audit
from livesop_bot.errors import DatabaseAway
from livesop_bot.stopping import pause
from livesop_bot.worker.audit_heads import log_heads
from livesop_bot.worker.duties import Duties, Duty
from livesop_bot.worker.faults import later
from livesop_bot.worker.notices import CalmDriver
from livesop_bot.worker.outages import Outages

log = structlog.get_logger()
logging.getLogger("pgqueuer").addFilter(Outages())

Manager = QueueManager | SchedulerManager
_Ending = tuple[Job, JOB_STATUS, TracebackRecord | None]

_INTERRUPTIONS = (
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    PgqException,
    DatabaseAway,  # ours, before PgQueuer begins
)
"""What is raised where PostgreSQL goes away under the work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How the queue is worked on; times in seconds.

    `heartbeat_timeout`: after so long without a sign of life a worker counts as dead, and its
    jobs go to others. `evaluations`, `posts`, `acts`, `moves`, `embeddings`: jobs at once in this
    process; each kind has its own bound, so that slow evaluations never hold up answers, nor slow
    targets the kill switch. `grace`: what work in flight gets at shutdown before it goes back to
    the queue.
    """

    heartbeat_timeout: float = 10.0
    evaluations: int = 100
    posts: int = 32
    embeddings: int = 2
    acts: int = 32
    moves: int = 16
    poll_every: float = 5.0
    grace: float = 5.0


class _Queue(Queries):
    """PgQueuer's queries. Its log keeps no tracebacks: they quote what PostgreSQL refused, message
    text too, beyond the message's deletion. They are in our own logs, masked.
    """

    async def retry_job(self, job: Job, delay: timedelta, _: TracebackRecord | None) -> None:
        await super().retry_job(job, delay, None)

    async def log_jobs(self, job_status: list[_Ending]) -> None:
        await super().log_jobs([(job, status, None) for job, status, _ in job_status])


class Worker:
    """Takes jobs until told to stop. A job ends by being done; one that fails is kept for later."""

    def __init__(self, duties: Duties, *, pace: Pace = Pace()) -> None:
        self._pool = duties.pool
        self._duties = duties
        self._pace = pace
        self._in_flight: set[asyncio.Task[object]] = set()
        self._returning = False

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`; while PostgreSQL is away, wait for it."""
        wait = 0.1
        while not stop.is_set():
            try:
                await self._work(stop)
                wait = 0.1
            except* Exception as group:
                # Whatever it was, sockets and spool go on, and the jobs are still in the queue.
                expected, faults = group.split(_INTERRUPTIONS)
                if faults is not None:
                    log.exception("worker.failed", retry_in_seconds=wait)
                elif expected is not None:
                    error = type(expected.exceptions[0]).__name__
                    log.warning("worker.interrupted", error=error, retry_in_seconds=wait)
                wait = min(wait * 2, 2.0)
            if not stop.is_set():
                await pause(stop, wait)

    async def _work(self, stop: asyncio.Event) -> None:
        evaluations = self._manager(self._duties.evaluations())
        posts = self._manager(self._duties.posts())
        acts = self._manager(self._duties.acts())
        moves = self._manager(self._duties.moves())
        embeddings = self._manager(self._duties.embeddings())
        schedules = SchedulerManager(Queries(AsyncpgPoolDriver(self._pool)))

        async def on_minute(_schedule: Schedule) -> None:
            await self._duties.every_minute()

        async def on_hour(_schedule: Schedule) -> None:
            await log_heads(Audit(self._pool))

        async def on_tenth_minute(_schedule: Schedule) -> None:
            await self._duties.forget()

        async def on_fifth_minute(_schedule: Schedule) -> None:
            await self._duties.reporting.plan()

        schedules.schedule("sweep", "* * * * *")(on_minute)
        schedules.schedule("audit_heads", "0 * * * *")(on_hour)
        schedules.schedule("retention", "*/10 * * * *")(on_tenth_minute)
        schedules.schedule("reports", "*/5 * * * *")(on_fifth_minute)
        managers = (evaluations, posts, acts, moves, embeddings, schedules)
        async with asyncio.TaskGroup() as group:
            ending = group.create_task(self._end_with(stop, managers))
            work = [
                group.create_task(_fault(self._manage(evaluations, self._pace.evaluations))),
                group.create_task(_fault(self._manage(posts, self._pace.posts))),
                group.create_task(_fault(self._manage(acts, self._pace.acts))),
                group.create_task(_fault(self._manage(moves, self._pace.moves))),
                group.create_task(_fault(self._manage(embeddings, self._pace.embeddings))),
                group.create_task(_fault(schedules.run())),
            ]
            await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
            for manager in managers:
                manager.shutdown.set()
            await asyncio.wait(work)
            ending.cancel()
        if faults := [fault for task in work if (fault := task.result())]:
            raise ExceptionGroup("the worker broke off", faults)

    def _handler(self, duty: Duty) -> Callable[[Job], Awaitable[None]]:
        async def on_job(job: Job) -> None:
            await self._do(duty(json.loads(job.payload or b"{}"), job.attempts), job)

        return on_job

    def _manager(self, duties: Mapping[str, Duty]) -> QueueManager:
        manager = QueueManager(_Queue(CalmDriver(self._pool, duties)))
        for name, duty in duties.items():
            # Held, not deleted: also where PostgreSQL went away before it heard of a retry.
            manager.entrypoint(name, on_failure="hold")(self._handler(duty))
        return manager

    async def _manage(self, manager: QueueManager, at_once: int) -> None:
        await manager.run(
            dequeue_timeout=timedelta(seconds=self._pace.poll_every),
            batch_size=max(at_once // 2, 1),
            max_concurrent_tasks=at_once,
            shutdown_on_listener_failure=True,
            heartbeat_timeout=timedelta(seconds=self._pace.heartbeat_timeout),
        )

    async def _do(self, work: Coroutine[Any, Any, object], job: Job) -> None:
        """Do a job's work; what is cancelled, by us or with us, goes back to the queue."""
        task = asyncio.create_task(work)
        self._in_flight.add(task)
        if self._returning:
            task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            log.info("job.returned", entrypoint=job.entrypoint, job=job.id)
            raise RetryRequested(reason="the worker was stopped") from None
        except DatabaseAway as error:
            raise later(job.attempts, "PostgreSQL is away") from error
        finally:
            self._in_flight.discard(task)

    async def _end_with(self, stop: asyncio.Event, managers: Sequence[Manager]) -> None:
        """At `stop`, take no more jobs; what is not done within the grace is given back."""
        await stop.wait()
        for manager in managers:
            manager.shutdown.set()
        # Once all work has ended, this is. A job that was taken may begin only now.
        await asyncio.sleep(self._pace.grace)
        self._returning = True
        for task in tuple(self._in_flight):
            task.cancel()


async def _fault(work: Coroutine[Any, Any, object]) -> Exception | None:
    """Give what ended it, if anything.

    Raised in a TaskGroup it would cancel the others, and PgQueuer drops the jobs that they had.
    """
    try:
        await work
    except Exception as error:  # noqa: BLE001  raised again, once all have ended
        return error
    return None
