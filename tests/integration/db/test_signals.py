"""Signals in a real PostgreSQL: once each, in any order of arrival, from several writers."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from livesop_bot.db.jobs import EvaluateJob, enqueue
from livesop_bot.db.pool import Pool
from livesop_bot.db.signals import Outcome, store_batch
from livesop_bot.domain.signals import (
    EventId,
    MessageTs,
    NewSignal,
    SignalDeletion,
    SignalEdit,
    SignalId,
    Storable,
)
from livesop_bot.errors import DatabaseAway
from tests.signals import a_signal

NOW = datetime.now(UTC)


def message(number: int = 1, *, event: str | None = None, text: str = "hello") -> NewSignal:
    return a_signal(
        f"{int(NOW.timestamp())}.{number:06d}",
        text,
        event=event or f"Ev{number}",
        at=NOW,
        permalink="https://acme.slack.com/archives/C1/p1",
    )


def edit(number: int = 1, *, text: str, version: int, event: str | None = None) -> SignalEdit:
    return SignalEdit(
        signal=message(number, event=event or f"EvEdit{number}.{version}", text=text),
        version=MessageTs(f"1800000000.{version:06d}"),
    )


def deletion(number: int = 1) -> SignalDeletion:
    new = message(number)
    return SignalDeletion(
        event_id=EventId(f"EvDelete{number}"),
        team=new.team,
        source=new.source,
        external_id=new.external_id,
        channel=new.channel,
        message_ts=new.message_ts,
        occurred_at=new.occurred_at,
        received_at=new.received_at,
    )


async def store(pool: Pool, *items: Storable) -> list[Outcome]:
    return [stored.outcome for stored in await store_batch(pool, items, timeout=5)]


async def rows(pool: Pool) -> list[dict[str, Any]]:
    return [dict(row) for row in await pool.fetch("SELECT * FROM raw_signals ORDER BY id")]


async def jobs(pool: Pool) -> int:
    return int(await pool.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'evaluate'"))


async def test_a_new_message_is_stored_with_its_job(pool: Pool) -> None:
    assert await store(pool, message()) == [Outcome.STORED]
    (row,) = await rows(pool)
    assert (row["text"], row["state"], row["deliveries"], row["revision"]) == (
        "hello", "pending", 1, 1,
    )  # fmt: skip
    assert row["stored_at"] is not None
    assert await jobs(pool) == 1


async def test_a_redelivery_is_counted_and_nothing_else(pool: Pool) -> None:
    await store(pool, message())
    assert await store(pool, message(), message()) == [Outcome.DUPLICATE] * 2
    (row,) = await rows(pool)
    assert row["deliveries"] == 3
    assert await jobs(pool) == 1


async def test_the_same_message_under_two_events_is_one_signal(pool: Pool) -> None:
    outcomes = await store(pool, message(event="EvMessage"), message(event="EvMention"))
    assert outcomes == [Outcome.STORED, Outcome.DUPLICATE]
    (row,) = await rows(pool)
    assert (row["event_id"], row["deliveries"]) == ("EvMessage", 2)


async def test_the_same_event_id_for_another_message_changes_nothing(pool: Pool) -> None:
    await store(pool, message(1, event="EvX"))
    assert await store(pool, message(2, event="EvX")) == [Outcome.DUPLICATE]
    assert len(await rows(pool)) == 1


async def test_many_writers_at_once_store_each_message_once(pool: Pool) -> None:
    batch = [message(number) for number in range(50)]
    results = await asyncio.gather(*(store(pool, *batch) for _ in range(6)))
    assert sum(outcomes.count(Outcome.STORED) for outcomes in results) == 50
    assert len(await rows(pool)) == 50
    assert await jobs(pool) == 50


async def test_an_edit_replaces_the_text_and_asks_for_another_judgement(pool: Pool) -> None:
    await store(pool, message())
    assert await store(pool, edit(text="better", version=2)) == [Outcome.EDITED]
    (row,) = await rows(pool)
    assert (row["text"], row["revision"], row["attempt"]) == ("better", 2, 1)
    assert await jobs(pool) == 2


async def test_edits_in_the_wrong_order_leave_the_newest(pool: Pool) -> None:
    outcomes = await store(
        pool, message(), edit(text="third", version=3), edit(text="second", version=2)
    )
    assert outcomes == [Outcome.STORED, Outcome.EDITED, Outcome.UNCHANGED]
    assert (await rows(pool))[0]["text"] == "third"


async def test_an_edit_that_comes_after_it_was_taken_back_is_left_alone(pool: Pool) -> None:
    await store(pool, message(text="refund 10"))
    assert await store(pool, edit(text="refund 10", version=3)) == [Outcome.UNCHANGED]
    assert await store(pool, edit(text="refund 1000", version=2)) == [Outcome.UNCHANGED]
    (row,) = await rows(pool)
    assert (row["text"], row["revision"], row["attempt"]) == ("refund 10", 1, 0)
    assert await jobs(pool) == 1


async def test_an_edit_before_its_original(pool: Pool) -> None:
    assert await store(pool, edit(text="better", version=2)) == [Outcome.EDITED]
    assert await store(pool, message()) == [Outcome.DUPLICATE]
    (row,) = await rows(pool)
    assert (row["text"], row["revision"]) == ("better", 1)
    assert await jobs(pool) == 1


async def test_an_edit_of_a_message_from_before_our_time_is_left_alone(pool: Pool) -> None:
    old = edit(text="better", version=2)
    old = replace(old, signal=replace(old.signal, occurred_at=NOW - timedelta(days=2)))
    assert await store(pool, old) == [Outcome.UNCHANGED]
    assert await rows(pool) == []


async def test_an_edit_that_is_left_alone_does_not_take_its_original_with_it(pool: Pool) -> None:
    """After an outage of more than a day both may come in one batch."""
    yesterday = NOW - timedelta(hours=25)
    late = edit(text="fixed", version=1)
    late = replace(late, signal=replace(late.signal, occurred_at=yesterday))
    original = replace(message(), occurred_at=yesterday)
    outcomes = await store(pool, late, original, original)
    assert outcomes == [Outcome.UNCHANGED, Outcome.STORED, Outcome.DUPLICATE]
    (row,) = await rows(pool)
    assert (row["text"], row["deliveries"]) == ("hello", 2)


async def test_an_edit_that_may_not_be_first_changes_only_what_is_stored(pool: Pool) -> None:
    strange = replace(edit(text="new", version=1), may_be_first=False)
    assert await store(pool, strange) == [Outcome.UNCHANGED]
    assert await rows(pool) == []
    await store(pool, message())
    assert await store(pool, strange) == [Outcome.EDITED]
    assert [row["text"] for row in await rows(pool)] == ["new"]


async def test_a_deletion_removes_the_text_and_voids_the_attempt(pool: Pool) -> None:
    await store(pool, message())
    assert await store(pool, deletion()) == [Outcome.DELETED]
    (row,) = await rows(pool)
    assert (row["text"], row["state"], row["attempt"]) == ("", "deleted", 1)
    assert await store(pool, deletion(), edit(text="no", version=9)) == [Outcome.UNCHANGED] * 2


async def test_a_deletion_before_its_original(pool: Pool) -> None:
    assert await store(pool, deletion()) == [Outcome.DELETED]
    assert await store(pool, message()) == [Outcome.DUPLICATE]
    (row,) = await rows(pool)
    assert (row["text"], row["state"]) == ("", "deleted")
    assert await jobs(pool) == 0


async def test_message_edit_and_deletion_in_one_batch(pool: Pool) -> None:
    outcomes = await store(pool, message(), edit(text="better", version=2), deletion(), message())
    assert outcomes == [Outcome.STORED, Outcome.EDITED, Outcome.DELETED, Outcome.DUPLICATE]
    assert [row["state"] for row in await rows(pool)] == ["deleted"]


async def test_what_postgres_refuses_does_not_hold_up_the_rest(pool: Pool) -> None:
    bad = replace(message(2), text="a\x00b")
    outcomes = await store(pool, message(1), bad, message(3))
    assert outcomes == [Outcome.STORED, Outcome.UNSTORABLE, Outcome.STORED]
    assert len(await rows(pool)) == 2


async def test_what_postgres_refuses_does_not_cost_a_commit_for_each_of_the_rest(
    pool: Pool,
) -> None:
    await pool.execute("""
        ALTER TABLE raw_signals ADD CHECK (text <> 'refused');
        CREATE SEQUENCE tries;
        CREATE FUNCTION count_try() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN PERFORM nextval('tries'); RETURN NULL; END $$;
        CREATE TRIGGER count_try BEFORE INSERT ON raw_signals EXECUTE FUNCTION count_try();
    """)
    items = [message(number, text="refused" if number == 70 else "fine") for number in range(100)]
    outcomes = await store(pool, *items)
    assert [number for number, one in enumerate(outcomes) if one is not Outcome.STORED] == [70]
    assert outcomes[70] is Outcome.UNSTORABLE
    assert await pool.fetchval("SELECT last_value FROM tries") < 20


async def test_a_signal_never_stands_without_its_job(pool: Pool) -> None:
    await pool.execute("DROP TABLE pgqueuer")
    with pytest.raises(Exception, match="pgqueuer"):
        await store_batch(pool, [message()], timeout=5)
    assert await rows(pool) == []


async def test_a_database_that_hangs_is_away_in_time(pool: Pool) -> None:
    async with pool.acquire() as other, other.transaction():
        await other.execute("LOCK TABLE raw_signals")
        with pytest.raises(DatabaseAway):
            await store_batch(pool, [message()], timeout=0.2)
    assert await store(pool, message()) == [Outcome.STORED]


async def test_the_job_is_what_pgqueuer_itself_would_have_queued(pool: Pool) -> None:
    await store(pool, message())
    signal = await pool.fetchval("SELECT id FROM raw_signals")
    columns = "priority, status, entrypoint, payload, dedupe_key, headers, attempts, slot"
    log = "status, priority, entrypoint, traceback, aggregated"
    ours = await pool.fetchrow(f"SELECT {columns} FROM pgqueuer")
    our_log = await pool.fetchrow(f"SELECT {log} FROM pgqueuer_log")
    await pool.execute("DELETE FROM pgqueuer; DELETE FROM pgqueuer_log")

    async with pool.acquire() as connection:
        await enqueue(connection, [EvaluateJob(SignalId(signal), 1)])

    theirs = await pool.fetchrow(f"SELECT {columns} FROM pgqueuer")
    assert ours is not None
    assert theirs is not None
    assert json.loads(ours["payload"]) == json.loads(theirs["payload"])
    for column in set(theirs.keys()) - {"payload"}:
        assert ours[column] == theirs[column], column
    assert our_log == await pool.fetchrow(f"SELECT {log} FROM pgqueuer_log")
