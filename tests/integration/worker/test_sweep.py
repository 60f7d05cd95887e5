"""The sweep: what fell out of the queue goes back, once; what is queued stays as it is."""

from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from livesop_bot.db.pool import Pool
from livesop_bot.db.signals import store_batch
from livesop_bot.domain.signals import ChannelId, EventId, MessageTs, NewSignal, Source, TeamId
from livesop_bot.worker.sweep import sweep

JOBS = "SELECT count(*) FROM pgqueuer"


async def stored(pool: Pool) -> None:
    """One signal with its job, stored long ago."""
    now = datetime.now(UTC)
    signal = NewSignal(
        event_id=EventId("Ev1"),
        team=TeamId("T1"),
        source=Source.SLACK,
        external_id="C1:1700000000.000100",
        channel=ChannelId("C1"),
        message_ts=MessageTs("1700000000.000100"),
        thread_ts=None,
        author="U1",
        author_is_bot=False,
        text="hello",
        permalink=None,
        occurred_at=now,
        received_at=now,
    )
    await store_batch(pool, [signal], timeout=5)
    await pool.execute("UPDATE raw_signals SET stored_at = now() - interval '5 minutes'")


async def test_a_signal_without_a_job_is_queued_again(pool: Pool) -> None:
    await stored(pool)
    await pool.execute("DELETE FROM pgqueuer")
    assert await sweep(pool) == 1
    assert await pool.fetchval(JOBS) == 1


async def test_a_signal_with_a_job_is_left_alone(pool: Pool) -> None:
    await stored(pool)
    await sweep(pool)
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


FAILED = "UPDATE pgqueuer SET status = 'failed', attempts = $1, updated = now() - $2::interval"


@pytest.mark.parametrize(("attempts", "minutes"), [(0, 1), (1, 2), (5, 32), (6, 64), (5000, 64)])
async def test_a_job_that_failed_is_tried_again_after_ever_longer_rests(
    pool: Pool, attempts: int, minutes: int
) -> None:
    await stored(pool)
    job = "SELECT status, attempts, payload, dedupe_key, created FROM pgqueuer"
    before = await pool.fetchrow(job)
    assert before is not None
    await pool.execute(FAILED, attempts, timedelta(minutes=minutes - 0.5))
    await pool.execute("UPDATE raw_signals SET stored_at = now()")  # no other look finds it
    await sweep(pool)
    assert await pool.fetchval("SELECT status FROM pgqueuer") == "failed"
    await pool.execute(FAILED, attempts, timedelta(minutes=minutes + 0.5))
    with capture_logs() as logs:
        await sweep(pool)
    after = await pool.fetchrow(job)
    assert after is not None
    assert dict(after) == {**before, "attempts": attempts + 1}
    assert [(one["event"], one["fields"]["revision"]) for one in logs] == [("job.revived", 1)]


async def test_of_a_job_that_failed_and_its_twin_one_is_queued(pool: Pool) -> None:
    await stored(pool)
    for _ in range(2):
        await pool.execute(FAILED, 0, timedelta(hours=1))
        await pool.execute(
            "INSERT INTO pgqueuer (priority, status, entrypoint, dedupe_key, payload) "
            "SELECT priority, 'queued', entrypoint, dedupe_key, payload FROM pgqueuer LIMIT 1"
        )
    await sweep(pool)
    assert await pool.fetchval("SELECT array_agg(status::text) FROM pgqueuer") == ["queued"]


async def test_a_job_that_fails_for_a_week_is_given_up_and_told(pool: Pool) -> None:
    await stored(pool)
    await pool.execute("UPDATE raw_signals SET state = 'evaluated'")
    await pool.execute(FAILED, 100, timedelta(hours=2))
    await pool.execute("UPDATE pgqueuer SET created = now() - interval '8 days'")
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
