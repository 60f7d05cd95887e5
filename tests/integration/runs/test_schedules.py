"""What the worker does by the clock: the schedules that PgQueuer keeps, and what comes of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from livesop_bot.domain.decisions import Scope
from livesop_bot.worker.queue import Pace, Worker
from tests.integration.runs.conftest import by_hand
from tests.polling import until

SCHEDULES = {
    "sweep": "* * * * *",
    "audit_heads": "0 * * * *",
    "retention": "*/10 * * * *",
    "reports": "*/5 * * * *",
}


@asynccontextmanager
async def worker(floor: Any) -> AsyncIterator[None]:
    """The worker, as the process runs it."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(Worker(floor.duties, pace=Pace(poll_every=0.5)).run(stop))
        yield
        stop.set()


async def test_people_are_reminded_and_proposals_expire_by_the_clock(floor: Any) -> None:
    await floor.publish(by_hand("look"))
    await floor.start("Checkout is down")
    await floor.switch(Scope.TEAM, is_on=False)
    proposal = await floor.start("Payments are down")
    await floor.hurry()
    async with worker(floor):
        await until(floor.pool, "SELECT count(*) FROM pgqueuer_schedules", len(SCHEDULES))
    rows = await floor.pool.fetch("SELECT entrypoint, expression FROM pgqueuer_schedules")
    assert {row["entrypoint"]: row["expression"] for row in rows} == SCHEDULES

    await floor.hours_pass(5)
    await floor.pool.execute(
        "UPDATE runs SET created_at = now() - interval '73 hours' WHERE id = $1", proposal.id
    )
    await floor.pool.execute("UPDATE pgqueuer_schedules SET next_run = now()")
    async with worker(floor):
        await until(floor.pool, "SELECT state FROM runs ORDER BY id DESC LIMIT 1", "expired")
        await until(floor.pool, "SELECT count(*) FROM run_steps WHERE reminded_at IS NOT NULL", 1)
    assert len(floor.said("Reminder")) == 1
