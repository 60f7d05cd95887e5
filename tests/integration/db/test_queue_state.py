"""The queue seen from outside, on PgQueuer's own table."""

import asyncpg
import pytest

from livesop_bot.db.pool import Pool
from livesop_bot.db.queries import sql
from livesop_bot.db.queue import QueueState, depth_and_age
from livesop_bot.errors import DatabaseAway

INSERT = """
    INSERT INTO pgqueuer (priority, status, entrypoint, created, execute_after)
    SELECT 0, $1::pgqueuer_status, 'evaluate', now() - $3::interval, now() - $3::interval
    FROM generate_series(1, $2)
"""


async def put(pool: Pool, status: str, count: int, waited: int) -> None:
    """Put jobs into the queue that have been due for `waited` seconds (negative: not yet)."""
    await pool.execute(INSERT.replace("$3::interval", f"interval '{waited} s'"), status, count)


async def test_an_empty_queue_has_neither_depth_nor_age(pool: Pool) -> None:
    assert await depth_and_age(pool) == QueueState(0, 0.0)


async def test_waiting_and_working_count_and_the_oldest_due_one_gives_the_age(pool: Pool) -> None:
    await put(pool, "queued", 2, waited=30)
    await put(pool, "queued", 1, waited=90)
    await put(pool, "picked", 1, waited=500)
    await put(pool, "failed", 5, waited=900)
    state = await depth_and_age(pool)
    assert (state.depth, state.failed) == (4, 5)
    assert state.oldest_age_seconds == pytest.approx(90, abs=5)


async def test_jobs_put_off_count_but_have_no_age(pool: Pool) -> None:
    await put(pool, "queued", 3, waited=-600)
    assert await depth_and_age(pool) == QueueState(3, 0.0)


async def test_it_reads_indexes_however_many_jobs_are_kept_as_failed(pool: Pool) -> None:
    await put(pool, "failed", 20_000, waited=900)
    await put(pool, "queued", 20, waited=1)
    await pool.execute("VACUUM ANALYZE pgqueuer")
    plan = "\n".join(row[0] for row in await pool.fetch(f"EXPLAIN {sql('queue_state')}"))
    assert "Seq Scan" not in plan
    assert plan.count("Index") >= 2


async def test_a_lost_database_is_said_to_be_away(database: str, pool: Pool) -> None:
    await pool.close()
    with pytest.raises(DatabaseAway):
        await depth_and_age(pool)


async def test_a_schema_that_is_not_there_is_not_taken_for_a_lost_database(
    empty_database: str,
) -> None:
    async with asyncpg.create_pool(empty_database, min_size=1) as pool:
        with pytest.raises(asyncpg.UndefinedTableError):
            await depth_and_age(pool)
