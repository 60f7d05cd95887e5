"""What a job does about passing faults: waits out a short one, and goes back to the queue else."""

import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import stamina
import structlog
from pgqueuer import RetryRequested

from livesop_bot.errors import DatabaseAway

log = structlog.get_logger()

Result = TypeVar("Result")

_OUTAGE = 60.0
"""Seconds that a job waits for PostgreSQL before it gives up its place."""

LANDS_S = 30.0
"""Seconds after which what was sent has arrived, or never will: longer than any call may take."""


async def patiently(work: Callable[[], Awaitable[Result]]) -> Result:
    """Do database work, again and again while PostgreSQL is away.

    A job cannot simply fail then: its queue is away too, and could not note that.
    """
    try:
        return await work()
    except DatabaseAway:
        log.info("job.waits_for_database")
    async for attempt in stamina.retry_context(
        on=DatabaseAway, attempts=None, timeout=_OUTAGE, wait_initial=0.1, wait_max=2.0
    ):
        with attempt:
            return await work()
    raise AssertionError("stamina returns or raises")


def later(attempts: int, reason: str, wait: float | None = None) -> RetryRequested:
    """Ask the queue for another try: after `wait` seconds, or 1, 2, 4 … 256, with jitter."""
    seconds = wait if wait is not None else 2.0 ** min(attempts, 8)
    jitter = random.uniform(1.0, 1.25)  # noqa: S311  spreads load, guards nothing
    return RetryRequested(delay=timedelta(seconds=seconds * jitter), reason=reason)
