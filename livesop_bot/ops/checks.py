"""The checks: one look at a time, however many ask, and never longer than its limit."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from livesop_bot.db.queue import QueueState
from livesop_bot.domain.knowledge import KnowledgeState
from livesop_bot.errors import DatabaseAway
from livesop_bot.logs import mask
from livesop_bot.ops.status import (
    DatabaseState,
    ModelState,
    Snapshot,
    SocketState,
    SpoolState,
    Status,
)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What the health port asks, handed over by the composition root.

    `database`, `pending_migrations`, `queue` and `knowledge` ask PostgreSQL; they raise
    DatabaseAway and end within a second or two of being cancelled. `sockets` and `spool` are None
    where a process has none. `model`: how the evaluator's model is doing. `evaluator`: the name of
    the one in use; `evaluator_problem`: why it judges worse than it should.
    """

    database: Callable[[], Awaitable[None]]
    pending_migrations: Callable[[], Awaitable[int]]
    queue: Callable[[], Awaitable[QueueState]]
    sockets: Callable[[], SocketState] | None
    spool: Callable[[], SpoolState] | None
    model: Callable[[], ModelState]
    evaluator: str
    evaluator_problem: Callable[[], str] = lambda: ""
    knowledge: Callable[[], Awaitable[KnowledgeState]] | None = None


class Lookout:
    """Takes snapshots. The database has `limit` seconds to answer."""

    def __init__(self, checks: Checks, *, limit: float = 1.0) -> None:
        self._checks = checks
        self._limit = limit
        self._look: asyncio.Task[Snapshot] | None = None
        self._asking: asyncio.Task[None] | None = None
        self._migrated = False
        self._status: Status | None = None

    async def snapshot(self) -> Snapshot:
        """Look now, or share the look that is under way."""
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._take())
        return await asyncio.shield(self._look)

    async def close(self) -> None:
        """Let go of what is under way."""
        tasks = [task for task in (self._look, self._asking) if task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=self._limit)

    async def _take(self) -> Snapshot:
        found = await self._database()
        snapshot = Snapshot(
            database=found.state(),
            queue=found.queue,
            knowledge=found.knowledge,
            sockets=None if self._checks.sockets is None else self._checks.sockets(),
            spool=None if self._checks.spool is None else self._checks.spool(),
            model=self._checks.model(),
            evaluator=self._checks.evaluator,
            evaluator_problem=self._checks.evaluator_problem(),
        )
        if snapshot.status is not self._status:
            reasons = snapshot.failures + snapshot.shortcomings
            log.info("health.changed", before=self._status, now=snapshot.status, reasons=reasons)
            self._status = snapshot.status
        return snapshot

    async def _database(self) -> "_Answers":
        """Ask, and give what was answered by the limit; what hangs is cancelled, not awaited.

        Cancelling may itself wait for a server that hangs; until that ended nothing else is asked,
        so a database that hangs holds one connection, not one more with every request.
        """
        answers = _Answers()
        deadline = time.perf_counter() + self._limit
        if self._asking is not None:
            await asyncio.wait({self._asking}, timeout=self._limit)
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask(answers))
            await asyncio.wait({self._asking}, timeout=deadline - time.perf_counter())
        if not self._asking.done():
            self._asking.cancel()
            answers.problem = f"no answer within {self._limit:g} s"
        return answers

    async def _ask(self, answers: "_Answers") -> None:
        begun = time.perf_counter()
        try:
            await self._checks.database()
            answers.latency = time.perf_counter() - begun
            answers.pending = 0 if self._migrated else await self._checks.pending_migrations()
            self._migrated = answers.pending == 0
            if self._migrated:
                answers.queue = await self._checks.queue()
            if self._migrated and self._checks.knowledge is not None:
                answers.knowledge = await self._checks.knowledge()
        except DatabaseAway as error:
            answers.problem = mask(str(error))
        except Exception as error:  # a health port that fails says less than one that reports it
            answers.problem = f"{type(error).__name__} (see the log)"
            log.exception("health.check_failed")


@dataclass(slots=True)
class _Answers:
    """What the database said so far."""

    latency: float | None = None
    pending: int | None = None
    queue: QueueState | None = None
    knowledge: KnowledgeState | None = None
    problem: str | None = None

    def state(self) -> DatabaseState:
        """A database that answered, and then was too slow about the queue, is still there."""
        if self.latency is None:
            return DatabaseState(problem=self.problem or "no answer")
        return DatabaseState(latency_seconds=self.latency, pending_migrations=self.pending)
