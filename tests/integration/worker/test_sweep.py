"""The sweep: what fell out of the queue goes back, once; what is queued stays as it is."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from livesop_bot.db.pool import Pool
from livesop_bot.db.queries import sql
from livesop_bot.db.signals import store_batch
from livesop_bot.worker.sweep import sweep
from tests.signals import a_signal

JOBS = "SELECT count(*) FROM pgqueuer"


async def stored(pool: Pool) -> None:
    """One signal with its job, stored long ago."""
    signal = a_signal("1700000000.000100")
    await store_batch(pool, [signal], timeout=5)
    await pool.execute("UPDATE raw_signals SET stored_at = now() - interval '5 minutes'")


async def test_a_signal_without_a_job_is_queued_again(pool: Pool) -> None:
    await stored(pool)
    await pool.execute("DELETE FROM pgqueuer")
    assert await sweep(pool) == 1
    assert await pool.fetchval(JOBS) == 1


async def test_a_signal_with_a_job_is_left_alone(pool: Pool) -> None:
    await stored(pool)
    assert await sweep(pool) == 0
    assert await pool.fetchval(JOBS) == 1


async def test_a_signal_that_was_judged_is_left_alone(pool: Pool) -> None:
    await stored(pool)
    await pool.execute("DELETE FROM pgqueuer; UPDATE raw_signals SET state = 'evaluated'")
    assert await sweep(pool) == 0
    assert await pool.fetchval(JOBS) == 0


async def test_the_queues_log_is_kept_for_a_week(pool: Pool) -> None:
    await stored(pool)
    await pool.execute(
        "UPDATE pgqueuer_log SET aggregated = true, created = now() - interval '8 days'"
    )
    await pool.execute(
        "INSERT INTO pgqueuer_log (job_id, status, priority, entrypoint, aggregated)"
        " VALUES (7, 'successful', 0, 'evaluate', true)"
    )
    await sweep(pool)
    assert await pool.fetchval("SELECT array_agg(job_id) FROM pgqueuer_log") == [7]


async def test_it_reads_indexes_however_many_jobs_there_are(pool: Pool) -> None:
    await pool.execute(
        "INSERT INTO pgqueuer (priority, status, entrypoint, dedupe_key) "
        "SELECT 0, status::pgqueuer_status, 'evaluate', status || n "
        "FROM generate_series(1, 10_000) AS n, unnest('{queued,failed}'::text[]) AS status"
    )
    await pool.execute("VACUUM ANALYZE pgqueuer")
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = on")
        rows = await connection.fetch(f"EXPLAIN {sql('known_jobs')}", ["queued7", "failed7"])
    plan = "\n".join(row[0] for row in rows)
    assert "Seq Scan" not in plan
    assert plan.count("Index Cond: (dedupe_key = ANY") == 2


FAILED = """
UPDATE pgqueuer SET status = 'failed', updated = now() - $1::interval,
    created = now() - $1::interval - $2::interval
"""


@pytest.mark.parametrize(("tried_for", "rests"), [(0, 1), (0.8, 1), (5, 5), (60, 60), (6000, 60)])
async def test_a_job_that_failed_is_tried_again_after_ever_longer_rests(
    pool: Pool, tried_for: float, rests: float
) -> None:
    """In minutes."""
    await stored(pool)
    tried = timedelta(minutes=tried_for)
    await pool.execute(FAILED, timedelta(minutes=rests - 0.1), tried)
    assert await sweep(pool) == 0, "its signal waits, and has not fallen out of the queue"
    assert await pool.fetchval("SELECT array_agg(status::text) FROM pgqueuer") == ["failed"]
    await pool.execute(FAILED, timedelta(minutes=rests + 0.1), tried)
    job = "SELECT attempts, payload, dedupe_key, created FROM pgqueuer WHERE status = $1"
    before = await pool.fetchrow(job, "failed")
    assert before is not None
    with capture_logs() as logs:
        await sweep(pool)
    after = await pool.fetchrow(job, "queued")
    assert after is not None
    assert dict(after) == {**before, "attempts": before["attempts"] + 1}
    assert [(one["event"], one["fields"]["revision"]) for one in logs] == [("job.revived", 1)]


async def test_jobs_that_failed_are_found_and_tried_at_once_as_the_guide_says(pool: Pool) -> None:
    guide = (Path(__file__).parents[3] / "docs/production.md").read_text(encoding="utf-8")
    look, hurry = re.findall("```sql\n(.*?)```", guide.split("### Jobs fail\n")[1], re.DOTALL)[:2]
    await stored(pool)
    await pool.execute("UPDATE pgqueuer SET status = 'failed', updated = now()")
    (row,) = await pool.fetch(look)
    assert (row["entrypoint"], json.loads(row["what"])["revision"]) == ("evaluate", 1)
    await pool.execute(hurry)
    await sweep(pool)
    assert await pool.fetchval("SELECT array_agg(status::text) FROM pgqueuer") == ["queued"]


async def test_of_a_job_that_failed_and_its_twin_one_is_queued(pool: Pool) -> None:
    await stored(pool)
    for _ in range(2):
        await pool.execute(FAILED, timedelta(hours=1), timedelta())
        await pool.execute(
            "INSERT INTO pgqueuer (priority, status, entrypoint, dedupe_key, payload) "
            "SELECT priority, 'queued', entrypoint, dedupe_key, payload FROM pgqueuer LIMIT 1"
        )
    await sweep(pool)
    assert await pool.fetchval("SELECT array_agg(status::text) FROM pgqueuer") == ["queued"]


async def test_a_job_that_fails_for_a_week_is_given_up_and_told(pool: Pool) -> None:
    await stored(pool)
    await pool.execute("UPDATE raw_signals SET state = 'evaluated'")
    await pool.execute(FAILED, timedelta(hours=2), timedelta(days=8))
    with capture_logs() as logs:
        await sweep(pool)
    assert await pool.fetchval(JOBS) == 0
    assert [(one["event"], one["log_level"]) for one in logs] == [("job.given_up", "error")]


async def test_the_queues_counts_are_kept_for_an_hour(pool: Pool) -> None:
    await pool.execute(
        "INSERT INTO pgqueuer_statistics (created, count, priority, status, entrypoint) VALUES "
        "(now() - interval '2 hours', 1, 0, 'successful', 'old'), "
        "(now() - interval '1 minute', 1, 0, 'successful', 'new')"
    )
    await sweep(pool)
    assert await pool.fetchval("SELECT array_agg(entrypoint) FROM pgqueuer_statistics") == ["new"]
