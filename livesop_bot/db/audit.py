"""The audit log in PostgreSQL: appended to by whoever does something, read and verified in batches.

The lock rule: an append takes the lock of its team's head, and it is the last thing that its
transaction does. So nobody waits for anything else while holding a head, which keeps waits short
and leaves no circle to be deadlocked in. A transaction appends once, for one team.
"""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from livesop_bot.db.pool import Connection, Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.domain.audit import AuditEntry, AuditHead, AuditRow, Chain, Value
from livesop_bot.domain.signals import TeamId

_BATCH = 1000
"""Rows that are fetched at once, and held in memory."""


async def append(connection: Connection, team: TeamId, *entries: AuditEntry) -> None:
    """Append in the transaction of what is recorded, after everything else it does."""
    await connection.execute(
        sql("append_audit"),
        team,
        [entry.actor for entry in entries],
        [entry.kind for entry in entries],
        [entry.subject for entry in entries],
        [_json(entry.before) for entry in entries],
        [_json(entry.after) for entry in entries],
    )


@dataclass(frozen=True, slots=True)
class Verified:
    """What verifying a team's log found; `head` is the last row that is known to be right."""

    team: TeamId
    head: AuditHead
    fault: str | None


class Audit:
    """Reads, verifies, and appends what has no transaction of its own. Raises DatabaseAway."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def note(self, team: TeamId, entry: AuditEntry) -> None:
        """Append something that changed nothing, such as a refusal."""
        with away():
            async with self._pool.acquire() as connection:
                await append(connection, team, entry)

    async def heads(self) -> dict[TeamId, AuditHead]:
        """Give the head of every team that has one."""
        with away():
            rows = await self._pool.fetch(sql("audit_heads"))
        return {TeamId(row["team_id"]): _head(row) for row in rows}

    async def teams(self) -> tuple[TeamId, ...]:
        """Give every team that is known, or has rows or a head."""
        with away():
            rows = await self._pool.fetch(sql("audited_teams"))
        return tuple(TeamId(row["team_id"]) for row in rows)

    async def last(self, team: TeamId, count: int) -> list[AuditRow]:
        """Give the last rows, oldest first."""
        with away():
            rows = await self._pool.fetch(sql("last_audit_rows"), team, count)
        return [_row(row) for row in reversed(rows)]

    async def rows(
        self, team: TeamId, since: datetime | None = None, until: datetime | None = None
    ) -> AsyncIterator[AuditRow]:
        """Give the rows from `since` to before `until`, in order."""
        async for row in _rows(self._pool, team, since, until):
            yield row

    async def verify(self, team: TeamId, kept: AuditHead | None = None) -> Verified:
        """Check the chain up to its first fault, against its head and one that was `kept`."""
        chain = Chain(kept)
        with away():
            async with (
                self._pool.acquire() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                head = await connection.fetchrow(sql("audit_head"), team)
                async for row in _rows(connection, team):
                    if fault := chain.fault(row):
                        return Verified(team, chain.last, fault)
        fault = chain.fault_at_the_end(None if head is None else _head(head))
        return Verified(team, chain.last, fault)


async def _rows(
    source: "Pool | Connection",
    team: TeamId,
    since: datetime | None = None,
    until: datetime | None = None,
) -> AsyncIterator[AuditRow]:
    number = 0
    while True:
        with away():
            rows = await source.fetch(sql("audit_rows"), team, number, since, until, _BATCH)
        for row in rows:
            yield _row(row)
        if len(rows) < _BATCH:
            return
        number = rows[-1]["number"]


def _row(row: asyncpg.Record) -> AuditRow:
    return AuditRow(**row)


def _head(row: asyncpg.Record) -> AuditHead:
    return AuditHead(row["number"], row["hash"])


def _json(values: Mapping[str, Value] | None) -> str | None:
    return None if values is None else json.dumps(dict(values))
