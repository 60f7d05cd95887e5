"""Jobs that fail: none is lost, whatever it was that failed."""

import asyncio
from collections.abc import AsyncIterator, Callable, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from livesop_bot.db.jobs import BasisJob
from livesop_bot.db.pool import Pool, create_pool
from livesop_bot.domain.runs import RunState
from livesop_bot.sandbox.faults import AnswerStatus
from livesop_bot.worker.duties import Duties
from livesop_bot.worker.faults import MOST_BREAKS
from livesop_bot.worker.queue import Pace, Worker
from tests.conftest import PrivatePostgres
from tests.integration.knowledge.conftest import Grams
from tests.integration.runs.conftest import by_hand

RETRIES_REFUSED = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'shutting down' USING ERRCODE = 'admin_shutdown'; END $$;
CREATE TRIGGER refuse BEFORE UPDATE ON pgqueuer
FOR EACH ROW WHEN (NEW.attempts > OLD.attempts) EXECUTE FUNCTION refuse();
"""

Events = list[MutableMapping[str, Any]]


@pytest.fixture
async def pool(private_postgres: PrivatePostgres) -> AsyncIterator[Pool]:
    """A pool on a server of the test's own, to be stopped."""
    async with await create_pool(private_postgres.dsn) as made:
        yield made


@asynccontextmanager
async def working(duties: Duties) -> AsyncIterator[None]:
    """The worker at work on the queue."""
    stop = asyncio.Event()
    work = asyncio.create_task(Worker(duties, pace=Pace(grace=0.0)).run(stop))
    yield
    stop.set()
    await work


async def until(is_so: Callable[[], Any]) -> None:
    """Look until something is the case."""
    async with asyncio.timeout(20):
        while not await is_so():  # noqa: ASYNC110  in another process, which sends no event
            await asyncio.sleep(0.02)


async def test_a_job_that_breaks_is_kept_and_what_it_broke_on_is_not(
    floor: Any, pool: Pool
) -> None:
    await pool.execute(
        "INSERT INTO pgqueuer (priority, status, entrypoint, payload) "
        """VALUES (0, 'queued', 'basis', '{"message": "secret"}')"""
    )
    async with working(floor.duties):
        await until(
            lambda: pool.fetchval("SELECT count(*) = 1 FROM pgqueuer WHERE status='failed'")
        )
    ended = "SELECT array_agg(traceback) FROM pgqueuer_log WHERE status = 'failed'"
    assert await pool.fetchval(ended) == [None]


async def test_a_message_that_ends_whichever_process_judges_it_is_a_dead_letter(
    floor: Any, pool: Pool
) -> None:
    await floor.publish(by_hand("look"))
    await floor.message()
    taken = (
        "UPDATE pgqueuer SET status = 'picked', queue_manager_id = gen_random_uuid(), "
        "attempts = $1, heartbeat = now() - interval '1 minute' WHERE entrypoint = 'evaluate'"
    )
    await pool.execute(taken, MOST_BREAKS - 1)
    async with working(floor.duties):
        await until(lambda: pool.fetchval("SELECT count(*) = 1 FROM evaluations"))
    why = await pool.fetchval("SELECT reason || ': ' || detail FROM evaluations")
    assert why.startswith("failed: The evaluation failed: LiveSOP ended each time")
    assert await pool.fetchval("SELECT count(*) FROM runs") == 0


async def test_a_job_is_kept_where_even_its_retry_cannot_be_noted(floor: Any, pool: Pool) -> None:
    await floor.publish(by_hand("look"))
    await floor.message()
    await floor.work("evaluate")
    floor.slack.faults.every_method = AnswerStatus(503)
    await pool.execute(RETRIES_REFUSED)
    async with working(floor.duties):
        await until(
            lambda: pool.fetchval(
                "SELECT count(*) = 1 FROM pgqueuer WHERE entrypoint='post' AND status='failed'"
            )
        )


async def test_a_job_that_begins_while_postgresql_restarts_is_done_when_it_is_back(
    floor: Any, pool: Pool, private_postgres: PrivatePostgres, log_events: Events
) -> None:
    await floor.publish(by_hand("look"))
    ts = await floor.message()
    await floor.work()
    run = await floor.newest()
    await floor.delete(ts)
    move = floor.duties.moves()[BasisJob.entrypoint]
    private_postgres.stop()
    moving = asyncio.create_task(move({"signal": run.evaluation.signal.id, "revision": 0}, 0))

    async def waits() -> bool:
        return any(one["event"] == "job.waits_for_database" for one in log_events)

    await until(waits)
    private_postgres.start()
    assert await moving == 1
    assert (await floor.run(run.id)).state is RunState.CANCELLED


async def test_an_outage_of_postgresql_is_no_fault_of_the_worker(
    floor: Any, pool: Pool, private_postgres: PrivatePostgres, log_events: Events
) -> None:
    async def is_interrupted_again() -> bool:
        return (
            sum(one["event"] in ("worker.interrupted", "worker.failed") for one in log_events) > 2
        )

    await floor.publish(by_hand("look"))
    await floor.message()
    duties = replace(floor.duties, embedding=floor.stores.embedding(Grams()))
    async with working(duties):
        await until(lambda: pool.fetchval("SELECT count(*) = 1 FROM evaluations"))
        private_postgres.stop()
        await until(is_interrupted_again)
        private_postgres.start()
    assert "worker.failed" not in [one["event"] for one in log_events]


async def test_what_is_done_every_minute_is_done_though_a_part_of_it_breaks(
    floor: Any, pool: Pool, log_events: Events
) -> None:
    await pool.execute("ALTER TABLE pgqueuer_statistics RENAME TO gone")  # the sweep wants it
    await floor.publish(by_hand("look"))
    await floor.message()
    counted = "SELECT count(*) FROM figure_changes"
    assert await pool.fetchval(counted)
    await floor.duties.every_minute()
    assert [one["part"] for one in log_events if one["event"] == "minute.failed"] == ["sweep"]
    assert not await pool.fetchval(counted)
