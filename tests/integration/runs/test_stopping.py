"""The end of the worker: what has not ended by then goes back to the queue."""

import asyncio
from typing import Any

import pytest
from pgqueuer import RetryRequested
from pgqueuer.models import Job

from livesop_bot.worker.queue import Pace, Worker


async def test_a_job_that_was_taken_and_begins_only_then_goes_back_too(floor: Any) -> None:
    """It would hold up the end for as long as PostgreSQL is away, if that is what it waits for."""
    await floor.message()
    job = Job(**await floor.pool.fetchrow("SELECT * FROM pgqueuer"))
    worker, stop = Worker(floor.duties, pace=Pace(grace=0.0)), asyncio.Event()
    stop.set()
    await worker._end_with(stop, [])
    with pytest.raises(RetryRequested, match="the worker was stopped"):
        await worker._do(asyncio.Event().wait(), job)
