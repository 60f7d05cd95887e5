"""The sweep: what fell out of the queue goes back, once; what is queued stays as it is."""

from datetime import UTC, datetime

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
