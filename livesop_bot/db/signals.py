"""Signals in PostgreSQL: stored once however often they arrive, in group commits."""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from time import monotonic
from typing import Any, TypeVar

import asyncpg

from livesop_bot.db.jobs import BasisJob, EvaluateJob, Job, RememberJob, enqueue
from livesop_bot.db.pool import Connection, Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.domain.signals import (
    ChannelId,
    MessageTs,
    NewSignal,
    Signal,
    SignalDeletion,
    SignalEdit,
    SignalId,
    SignalState,
    Source,
    Storable,
    TeamId,
)

Result = TypeVar("Result")

EARLY = timedelta(hours=24)
"""How old a message may be for its edit or deletion to come first. Slack delivers late events
within this time; an edit of anything older is of a message from before LiveSOP listened."""


class Outcome(StrEnum):
    """What became of a message that was handed over for storing."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    EDITED = "edited"
    DELETED = "deleted"
    UNCHANGED = "unchanged"
    UNSTORABLE = "unstorable"


@dataclass(frozen=True, slots=True)
class Stored:
    """The outcome, and the signal's id where a row was written."""

    outcome: Outcome
    signal: SignalId | None = None


def signal_from_row(row: asyncpg.Record) -> Signal:
    """Build a Signal from a row of raw_signals."""
    return Signal(
        id=SignalId(row["id"]),
        team=TeamId(row["team_id"]),
        source=Source(row["source"]),
        external_id=row["external_id"],
        channel=ChannelId(row["channel_id"]),
        message_ts=MessageTs(row["message_ts"]),
        thread_ts=row["thread_ts"] and MessageTs(row["thread_ts"]),
        author=row["author_id"],
        author_is_bot=row["author_is_bot"],
        text=row["text"],
        permalink=row["permalink"],
        occurred_at=row["occurred_at"],
        received_at=row["received_at"],
        stored_at=row["stored_at"],
        state=SignalState(row["state"]),
        revision=row["revision"],
        attempt=row["attempt"],
    )


async def store_batch(pool: Pool, items: Sequence[Storable], *, timeout: float) -> list[Stored]:
    """Store messages, edits and deletions with their jobs in one transaction.

    Raises DatabaseAway where PostgreSQL is gone or does not finish within `timeout` seconds; what
    was begun then is rolled back, or is found as a duplicate later. One item that PostgreSQL
    refuses for its content does not hold up the others: it comes back as UNSTORABLE.
    """
    deadline = monotonic() + timeout
    with away():
        async with pool.acquire(timeout=timeout) as connection:
            try:
                work = _transact(connection, items)
                return await within(connection, work, max(deadline - monotonic(), 0.0))
            except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError):
                if len(items) == 1:
                    return [Stored(Outcome.UNSTORABLE)]
    # Not one by one: that would be a commit each, and too late where a commit takes its time.
    half = len(items) // 2
    first = await store_batch(pool, items[:half], timeout=deadline - monotonic())
    return first + await store_batch(pool, items[half:], timeout=deadline - monotonic())


async def within(
    connection: Connection, work: Coroutine[Any, Any, Result], timeout: float
) -> Result:
    """Await database work for at most `timeout` seconds, then cut the connection.

    Cancelling alone is not enough: asyncpg asks the server to cancel, and rolls back, and both
    wait for a server that may be the very thing that hangs.
    """
    task = asyncio.create_task(work)
    done, _ = await asyncio.wait({task}, timeout=timeout)
    if not done:
        with suppress(asyncpg.InterfaceError):  # it broke just now, and is back in the pool
            connection.terminate()
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()
        raise TimeoutError
    return task.result()


async def _transact(connection: Connection, items: Sequence[Storable]) -> list[Stored]:
    results: list[Stored] = [Stored(Outcome.DUPLICATE)] * len(items)
    waves = _waves(items)
    if len(waves) == 1 and all(isinstance(entry.item, NewSignal) for entry in waves[0]):
        # Nearly always: one statement, which is a transaction of its own (a second one counts
        # the deliveries of what was known).
        await _insert(connection, waves[0], results)
        return results
    jobs: list[Job] = []
    async with connection.transaction():
        for wave in waves:
            await _insert(connection, wave, results)
            await _edit(connection, wave, results, jobs)
            await _delete(connection, wave, results, jobs)
        await enqueue(connection, jobs)
    return results


@dataclass(slots=True)
class _Entry:
    """An item of a batch, its place there, and how often the same message came in this batch."""

    index: int
    item: Storable
    deliveries: int = 1


def _identity(item: Storable) -> tuple[str, str, str]:
    message = item.signal if isinstance(item, SignalEdit) else item
    return (message.team, message.source, message.external_id)


def _waves(items: Sequence[Storable]) -> list[list[_Entry]]:
    """Cut a batch so that no message comes twice in a wave: one statement meets a row once.

    A message that comes again unchanged is counted on its first entry; an edit or a deletion of
    a message in this wave waits for the next, and so does a message after its edit: that may have
    been left alone.
    """
    waves: list[dict[tuple[str, str, str], _Entry]] = []
    depth: dict[tuple[str, str, str], int] = {}
    for index, item in enumerate(items):
        key = _identity(item)
        level = depth.get(key, 0)
        if isinstance(item, NewSignal) and level:
            first = waves[0][key]
            if not isinstance(first.item, SignalEdit):
                first.deliveries += 1
                continue
        if level == len(waves):
            waves.append({})
        waves[level][key] = _Entry(index, item)
        depth[key] = level + 1
    return [list(wave.values()) for wave in waves]


_MESSAGE_COLUMNS = (
    "event_id",
    "team",
    "source",
    "external_id",
    "channel",
    "message_ts",
    "thread_ts",
    "author",
    "author_is_bot",
    "text",
    "permalink",
    "occurred_at",
    "received_at",
)
_DELETION_COLUMNS = (*_MESSAGE_COLUMNS[:6], "occurred_at", "received_at")


def _columns(items: Sequence[object], names: Sequence[str]) -> list[list[Any]]:
    return [[getattr(item, name) for item in items] for name in names]


async def _insert(connection: Connection, wave: Sequence[_Entry], results: list[Stored]) -> None:
    entries = [(entry, entry.item) for entry in wave if isinstance(entry.item, NewSignal)]
    if not entries:
        return
    rows = await connection.fetch(
        sql("insert_signals"),
        *_columns([signal for _, signal in entries], _MESSAGE_COLUMNS),
        [entry.deliveries for entry, _ in entries],
    )
    known = []
    for row in rows:
        entry, signal = entries[row["ordinal"] - 1]
        if row["id"] is not None:
            results[entry.index] = Stored(Outcome.STORED, SignalId(row["id"]))
        else:
            known.append((signal.team, signal.source, signal.external_id, entry.deliveries))
    if known:
        await connection.executemany(sql("count_deliveries"), known)


async def _edit(
    connection: Connection, wave: Sequence[_Entry], results: list[Stored], jobs: list[Job]
) -> None:
    entries = [(entry, entry.item) for entry in wave if isinstance(entry.item, SignalEdit)]
    if not entries:
        return
    rows = await connection.fetch(
        sql("edit_signals"),
        *_columns([edit.signal for _, edit in entries], _MESSAGE_COLUMNS),
        [edit.version for _, edit in entries],
        [edit.may_be_first for _, edit in entries],
        EARLY,
    )
    for entry, _ in entries:
        results[entry.index] = Stored(Outcome.UNCHANGED)
    if rows:
        await connection.execute(sql("outdate_lessons"), [row["id"] for row in rows])
    for row in rows:
        signal = SignalId(row["id"])
        results[entries[row["ordinal"] - 1][0].index] = Stored(Outcome.EDITED, signal)
        judge = BasisJob if row["answered"] else EvaluateJob
        jobs.append(judge(signal, row["revision"]))
    revisions = {row["id"]: row["revision"] for row in rows}
    kept = await connection.fetch(sql("forget_cases"), list(revisions)) if rows else []
    known = {row["id"] for row in rows if row["answered"]} | {row["signal_id"] for row in kept}
    jobs += [RememberJob(SignalId(id_), revisions[id_]) for id_ in sorted(known)]
    if pending := [row["id"] for row in rows if not row["answered"]]:
        await connection.execute(sql("mark_pending"), pending)


async def _delete(
    connection: Connection, wave: Sequence[_Entry], results: list[Stored], jobs: list[Job]
) -> None:
    entries = [(entry, entry.item) for entry in wave if isinstance(entry.item, SignalDeletion)]
    if not entries:
        return
    gone = [item for _, item in entries]
    rows = await connection.fetch(sql("delete_signals"), *_columns(gone, _DELETION_COLUMNS), EARLY)
    for entry, _ in entries:
        results[entry.index] = Stored(Outcome.UNCHANGED)
    for row in rows:
        signal = SignalId(row["id"])
        results[entries[row["ordinal"] - 1][0].index] = Stored(Outcome.DELETED, signal)
        if row["answered"]:
            jobs.append(BasisJob(signal, 0))
    if deleted := [row["id"] for row in rows]:
        await connection.execute(sql("forget_evidence"), deleted)
        await connection.execute(sql("forget_verdicts"), deleted)
        await connection.execute(sql("forget_cases"), deleted)
    await connection.execute(sql("forget_messages"), *_columns(gone, ("team", "external_id")))
