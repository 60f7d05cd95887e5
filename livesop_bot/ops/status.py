"""The status: what was found by looking at the parts, and what follows from it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from livesop_bot.db.queue import QueueState
from livesop_bot.domain.knowledge import KnowledgeState

LATE = 60.0
"""Seconds that a due job may wait before the queue counts as late."""


class Status(StrEnum):
    """How it goes: all well, working with less than there should be, or not working."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseState:
    """What the database answered; `problem` says why there is no answer.

    `pending_migrations` is None where it is unknown.
    """

    latency_seconds: float | None = None
    problem: str | None = None
    pending_migrations: int | None = None


@dataclass(frozen=True, slots=True)
class SocketState:
    """Socket Mode connections: how many are up, and how many there should be."""

    connected: int
    wanted: int


@dataclass(frozen=True, slots=True)
class SpoolState:
    """Events on disk that wait for the database; sizes in bytes.

    `stuck`: files that the disk does not give back or let go. `refusal`: why the last event could
    be kept neither there nor in the database.
    """

    events: int
    size: int
    max_bytes: int
    stuck: int = 0
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class ModelState:
    """A model that judges: `status` as /health says it, and why it is not asked.

    `share` is the part of the messages that went on to it since the start, 0..1; None: of none.
    """

    status: str
    problem: str = ""
    share: float | None = None

    @property
    def is_used(self) -> bool:
        """Whether there is one to ask."""
        return self.status not in ("not_configured", "not_used")


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All parts at one moment.

    None means unknown for queue and knowledge; for sockets and spool, that this process has none.
    """

    database: DatabaseState
    queue: QueueState | None
    sockets: SocketState | None
    spool: SpoolState | None
    model: ModelState
    evaluator: str
    evaluator_problem: str = ""
    knowledge: KnowledgeState | None = None

    @property
    def failures(self) -> list[str]:
        """Why it does not work, in words; empty if it does."""
        found = []
        if self.database.problem is not None:
            found.append("the database cannot be used")
        if self.sockets is not None and self.sockets.connected == 0:
            found.append("no socket to Slack is connected")
        if self.spool is not None and self.spool.refusal:
            found.append("events are left to Slack: neither database nor disk takes them")
        return found

    @property
    def shortcomings(self) -> list[str]:
        """What is less than it should be, in words."""
        found = []
        if self.database.pending_migrations:
            found.append("migrations are pending")
        if self.sockets is not None and 0 < self.sockets.connected < self.sockets.wanted:
            found.append("fewer sockets than SLACK_CONNECTIONS")
        if self.spool is not None and self.spool.events:
            found.append("events wait in the spool")
        if self.queue is None and self.database.pending_migrations == 0:
            found.append("the queue cannot be looked at")
        if self.spool is not None and self.spool.stuck:
            found.append("spool files cannot be read or removed (see the log)")
        if self.queue is not None and self.queue.oldest_age_seconds > LATE:
            found.append(f"a due job waits for more than {LATE:g} s")
        if self.queue is not None and self.queue.failed:
            found.append("jobs failed, and rest until they are tried again; the log says why")
        if self.model.problem:
            found.append(self.model.problem)
        if self.evaluator_problem:
            found.append(self.evaluator_problem)
        if self.knowledge is not None and self.knowledge.failed:
            found.append("vectors of some documents could not be made")
        return found

    @property
    def status(self) -> Status:
        """The whole in one word."""
        if self.failures:
            return Status.UNHEALTHY
        return Status.DEGRADED if self.shortcomings else Status.HEALTHY

    @property
    def not_ready(self) -> list[str]:
        """Why there should be no work for this process yet, in words; empty if it is ready."""
        if self.database.problem is None and self.database.pending_migrations != 0:
            return [*self.failures, "the database is not known to be migrated"]
        return self.failures

    def checks(self) -> dict[str, dict[str, Any]]:
        """Each part for /health, every one with a `status`."""
        return {
            "database": self._database(),
            "openai": {"status": self.model.status},
            "slack": self._slack(),
            "queue": self._queue(),
            "spool": self._spool(),
            "evaluator": self._judge(),
            "knowledge": self._knowledge(),
        }

    def _judge(self) -> dict[str, Any]:
        share = self.model.share
        status = "words_alone" if self.evaluator_problem else "ok"
        found = {"status": status, "name": self.evaluator}
        return found if share is None else found | {"model_share": round(share, 3)}

    def _database(self) -> dict[str, Any]:
        found = self.database
        latency = found.latency_seconds
        return {
            "status": "ok" if found.problem is None else "away",
            "problem": found.problem,
            "latency_ms": None if latency is None else round(latency * 1000, 1),
            "pending_migrations": found.pending_migrations,
        }

    def _slack(self) -> dict[str, Any]:
        if self.sockets is None:
            return {"status": "not_used"}
        connected, wanted = self.sockets.connected, self.sockets.wanted
        status = "ok" if connected >= wanted else "degraded" if connected else "disconnected"
        return {"status": status, "connected": connected, "wanted": wanted}

    def _queue(self) -> dict[str, Any]:
        if self.queue is None:
            return {
                "status": "unknown",
                "depth": None,
                "oldest_job_age_seconds": None,
                "failed_jobs": None,
            }
        age = self.queue.oldest_age_seconds
        return {
            "status": "late" if age > LATE else "failing" if self.queue.failed else "ok",
            "depth": self.queue.depth,
            "oldest_job_age_seconds": round(age, 1),
            "failed_jobs": self.queue.failed,
        }

    def _spool(self) -> dict[str, Any]:
        if self.spool is None:
            return {"status": "not_used"}
        waiting = "waiting" if self.spool.events else "empty"
        kept = "stuck" if self.spool.stuck else waiting
        return {
            "status": "refusing" if self.spool.refusal else kept,
            "problem": self.spool.refusal or None,
            "events": self.spool.events,
            "bytes": self.spool.size,
            "max_bytes": self.spool.max_bytes,
            "stuck_files": self.spool.stuck,
        }

    def _knowledge(self) -> dict[str, Any]:
        found = self.knowledge
        if found is None:
            return {"status": "unknown", "problem": None, "waiting": None, "failed": None}
        if found.why_no_vectors:
            status = "full_text_only"
        elif found.failed:
            status = "failed"
        else:
            status = "embedding" if found.waiting else "full_text_and_vectors"
        return {
            "status": status,
            "problem": found.why_no_vectors or None,
            "waiting": found.waiting,
            "failed": found.failed,
        }
