"""The queue's notices: none missed at the start, and afterwards only those that are ours."""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime
from typing import Self

import asyncpg
from pgqueuer import AsyncpgPoolDriver
from pgqueuer.domain.models import TableChangedEvent
from pgqueuer.domain.settings import db_settings
from pgqueuer.ports.driver import NotifyCallback

from livesop_bot.db.pool import Pool

QUEUED = "livesop_queued"
"""The channel on which a trigger names the kinds of jobs that were queued, with spaces between."""

CALM = 0.025
"""Seconds that a notice waits for others to go with it; half of it is what a job waits more."""

Payload = str | bytes | bytearray


class CalmDriver(AsyncpgPoolDriver):
    """PgQueuer's driver, with three differences in how it listens.

    It listens before anything else runs: PgQueuer's first health check may otherwise be sent
    before its LISTEN, is then missed, and ends the worker ten seconds later.

    Of changes of the queue it hands on that jobs of its own kinds were queued, once where there
    are many: on each such notice PgQueuer asks the database up to four questions. At 200 messages
    a second that was most of the work. (What a retry or a dead worker gives back has no notice;
    PgQueuer looks for it by the clock.)

    It hangs up at the end. PgQueuer first asks the server to forget the listener; one that hangs
    does not answer, and the connection was never given back to the pool.
    """

    def __init__(self, pool: Pool, kinds: Collection[str]) -> None:
        super().__init__(pool)
        self._kinds = frozenset(kinds)
        self._callback: NotifyCallback | None = None
        self._early: list[Payload] = []
        self._held: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        try:
            await super().add_listener(db_settings().channel, self._receive)
            await super().add_listener(QUEUED, self._queued)
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._held is not None:
            self._held.cancel()
        if self._listener_connection is not None:
            with suppress(asyncpg.InterfaceError):  # it broke, and is not ours any more
                self._listener_connection.terminate()
            self._listener_connection = None

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        """Hand on what was heard since the driver was entered, and what comes."""
        if channel != db_settings().channel or self._callback is not None:
            raise ValueError("a CalmDriver has one listener, on the queue's own channel")
        self._callback = callback
        early, self._early = self._early, []
        for payload in early:
            self._receive(payload)

    def _receive(self, payload: Payload) -> None:
        if self._callback is None:
            self._early.append(payload)
        elif not isinstance(payload, str) or "table_changed_event" not in payload:
            self._callback(payload)

    def _queued(self, payload: Payload) -> None:
        if self._held is None and not self._kinds.isdisjoint(str(payload).split()):
            self._held = asyncio.get_running_loop().call_later(CALM, self._release)

    def _release(self) -> None:
        self._held = None
        if self._callback is not None:  # without one, nobody has looked for jobs yet
            changed = TableChangedEvent(
                channel=db_settings().channel,
                operation="insert",
                sent_at=datetime.now(UTC),
                table=db_settings().queue_table,
                type="table_changed_event",
            )
            self._callback(changed.model_dump_json(exclude={"received_at"}))
