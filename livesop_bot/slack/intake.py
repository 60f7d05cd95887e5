"""The intake: every message is durable before Slack hears that we have it."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import structlog

from livesop_bot.db.group_commit import GroupCommit
from livesop_bot.db.pool import TROUBLE, Pool, ping
from livesop_bot.db.signals import Outcome, Stored, store_batch
from livesop_bot.domain.signals import NewSignal, Noise, SignalDeletion, SignalEdit, Storable
from livesop_bot.errors import DatabaseAway, SpoolFull
from livesop_bot.metrics import Metrics
from livesop_bot.slack.aside import KEEP
from livesop_bot.slack.ingest import BY_RULE, Installation, parse
from livesop_bot.slack.rules import TeamRules
from livesop_bot.slack.spool import Spool
from livesop_bot.stopping import first, pause

log = structlog.get_logger()

_Arrival = tuple[float, Storable]
"""When something arrived, by time.perf_counter, and what."""

_GROUP = 500
"""Events in one commit; a burst of more is several commits."""

_LONGEST_WAIT = 1.0
"""Seconds that an evaluation waits at most for the events that are being stored."""

_ADOPT_EVERY = 60.0
"""Seconds between looks for the spool files of processes that died beside this one."""

_ID = 64
"""Characters of an event's id that are logged where it may be anything."""

_DISK_RESTS = 10.0
"""Seconds between tries where the disk refuses to give the spool back."""


class Intake:
    """Takes events_api payloads, and returns once they may be acked.

    Normally that is when PostgreSQL has committed them. When it is away, or did not commit within
    `store_timeout` seconds of their arrival, they go to the spool instead, and from there to
    PostgreSQL, in order, once it is back. What it committed after all is a duplicate then.
    """

    def __init__(
        self,
        *,
        pool: Pool,
        spool: Spool,
        installation: Installation,
        rules: TeamRules,
        metrics: Metrics,
        store_timeout: float = 2.0,
    ) -> None:
        self._pool = pool
        self._spool = spool
        self._installation = installation
        self._rules = rules
        self._metrics = metrics
        self._store_timeout = store_timeout
        self._commits: GroupCommit[_Arrival, Stored] = GroupCommit(self._commit, limit=_GROUP)
        metrics.buffer.set_function(lambda: len(self._commits))  # as it is when somebody looks
        self._database_away = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._commits.__aexit__(exc_type, exc, traceback)

    async def take(self, payload: Mapping[str, Any], *, retry_reason: str | None = None) -> str:
        """Make an event durable and say what became of it; raises SpoolFull: do not ack it."""
        arrived = time.perf_counter()
        received_at = datetime.now(UTC)
        item = self._parse(payload, received_at)
        if isinstance(item, Noise) and item.kind in BY_RULE and not self._rules.are_known:
            # Whether it counts is found out when it comes out of the spool.
            await self._to_spool(payload, received_at, retry_reason)
            self._count(item.kind, "spooled")
            return "spooled"
        if isinstance(item, Noise):
            self._tell_noise(item, payload)
            return "noise"
        try:
            stored = await self._store((arrived, item))
        except DatabaseAway:
            await self._to_spool(payload, received_at, retry_reason)
            self._count(_kind(item), "spooled")
            return "spooled"
        self._spool.refusal = ""
        self._metrics.store_seconds.observe(time.perf_counter() - arrived)
        await self._tell(item, stored, payload, retry_reason)
        return stored.outcome.value

    async def quiet(self) -> None:
        """Wait until no event is being stored, but not for long: a burst is acked first."""
        await self._commits.idle(_LONGEST_WAIT)

    async def run(self, migrated: asyncio.Event, stop: asyncio.Event) -> None:
        """Bring the spool into PostgreSQL whenever that is away no longer, until `stop`."""
        if not await first(migrated, stop):
            return
        wait = 0.05
        while not stop.is_set():
            try:
                await self._catch_up(stop)
                wait = 0.05
                if not await first(self._spool.filled, stop, timeout=_ADOPT_EVERY):
                    await self._spool.adopt()
                    await self._spool.forget_older(min(KEEP, self._rules.keep_texts))
            except TROUBLE as error:
                self._database_away = True
                log.warning(
                    "intake.database_away",
                    error=str(error),
                    events=self._spool.events,
                    retry_in_seconds=wait,
                )
                wait = min(wait * 2, 1.0)
                await pause(stop, wait)
            except OSError as error:
                log.error("spool.failed", error=error.strerror, retry_in_seconds=_DISK_RESTS)
                await pause(stop, _DISK_RESTS)

    async def _catch_up(self, stop: asyncio.Event) -> None:
        if self._database_away:
            await ping(self._pool, timeout=1.0)
        if not self._rules.are_known:
            await self._rules.refresh()
        replayed = await self._spool.replay(self._replay, stop)
        if self._database_away:
            self._database_away = False
            log.info("intake.database_back", replayed=replayed)

    async def _replay(self, records: Sequence[bytes]) -> None:
        items: list[Storable] = []
        kept: list[tuple[bytes, dict[str, Any]]] = []
        for record in records:
            entry = json.loads(record)
            item = self._parse(entry["payload"], datetime.fromisoformat(entry["received_at"]))
            if not isinstance(item, Noise):
                items.append(item)
                kept.append((record, entry))
        results = await store_batch(self._pool, items, timeout=10.0)
        for item, stored, (_, entry) in zip(items, results, kept, strict=True):
            self._metrics.spooled.labels("replayed").inc()
            await self._tell(item, stored, entry["payload"], entry["retry_reason"])

    def _parse(self, payload: Mapping[str, Any], received_at: datetime) -> Storable | Noise:
        return parse(
            payload,
            installation=self._installation,
            rules=self._rules.now,
            received_at=received_at,
        )

    async def _store(self, arrival: _Arrival) -> Stored:
        if self._database_away:
            raise DatabaseAway("PostgreSQL is away; events go to the spool")
        return await self._commits.submit(arrival)

    async def _commit(self, arrivals: Sequence[_Arrival]) -> list[Stored]:
        """Store a batch. It has what is left of the first one's time: that waited for its turn."""
        if self._database_away:  # found out while these were waiting
            raise DatabaseAway("PostgreSQL is away; events go to the spool")
        left = self._store_timeout - (time.perf_counter() - arrivals[0][0])
        items = [item for _, item in arrivals]
        try:
            return await store_batch(self._pool, items, timeout=max(left, 0.0))
        except TROUBLE as error:
            # Also where PostgreSQL is there and refuses (disk full, read-only, …): the spool
            # keeps the events until it takes them.
            self._database_away = True
            self._spool.filled.set()  # wakes `run`, which finds out when it is back
            log.warning("intake.database_away", error=str(error), events=len(items))
            raise DatabaseAway(f"PostgreSQL took nothing: {type(error).__name__}") from error

    async def _to_spool(
        self, payload: Mapping[str, Any], received_at: datetime, retry_reason: str | None
    ) -> None:
        try:
            await self._spool.append(_record(payload, received_at, retry_reason))
        except SpoolFull as error:
            self._metrics.spooled.labels("refused").inc()
            log.error("spool.refused", event_id=payload.get("event_id"), error=str(error))
            raise
        self._metrics.spooled.labels("kept").inc()

    def _tell_noise(self, noise: Noise, payload: Mapping[str, Any]) -> None:
        if noise.kind == "malformed":
            self._count(noise.kind, "malformed")
            log.warning("event.malformed", event_id=str(payload.get("event_id"))[:_ID])
        else:
            self._count(noise.kind, "noise")
            log.debug("event.noise", kind=noise.kind)

    async def _tell(
        self,
        item: Storable,
        stored: Stored,
        payload: Mapping[str, Any],
        retry_reason: str | None,
    ) -> None:
        message = item.signal if isinstance(item, SignalEdit) else item
        self._count(_kind(item), stored.outcome.value)
        if isinstance(item, SignalDeletion):
            await self._forget(item)
        names = {"event_id": message.event_id, "team": message.team, "message": message.external_id}
        match stored.outcome:
            case Outcome.DUPLICATE:
                reason = retry_reason or "none"
                self._metrics.duplicates.labels(reason).inc()
                log.info("signal.duplicate", **names, retry_reason=reason)
            case Outcome.UNSTORABLE:
                record = _record(payload, message.received_at, retry_reason)
                await self._spool.set_aside(message.external_id, record)
                self._metrics.spooled.labels("rejected").inc()
                log.error("signal.unstorable", **names)
            case Outcome.UNCHANGED:
                log.info("signal.unchanged", **names)
            case Outcome.STORED | Outcome.EDITED | Outcome.DELETED:
                log.info(
                    "signal.stored",
                    **names,
                    outcome=stored.outcome,
                    signal=stored.signal,
                    seconds=round((datetime.now(UTC) - message.received_at).total_seconds(), 4),
                )

    async def _forget(self, deleted: SignalDeletion) -> None:
        try:
            await self._spool.forget(deleted.external_id)
        except OSError as error:
            # The deletion is stored; what is set aside goes in time, too.
            log.error("spool.aside_stays", message=deleted.external_id, error=error.strerror)

    def _count(self, kind: str, outcome: str) -> None:
        self._metrics.events.labels(kind, outcome).inc()


def _kind(item: Storable) -> str:
    if isinstance(item, NewSignal):
        return "message"
    return "message_changed" if isinstance(item, SignalEdit) else "message_deleted"


def _record(payload: Mapping[str, Any], received_at: datetime, retry_reason: str | None) -> bytes:
    return json.dumps(
        {
            "received_at": received_at.isoformat(),
            "retry_reason": retry_reason,
            "payload": payload,
        }
    ).encode()
