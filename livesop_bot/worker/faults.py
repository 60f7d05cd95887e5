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

_LOOK_AGAIN = 1.0
"""Seconds between looks for whether an update's turn has come."""

_OUTAGE = 60.0
"""Seconds that a job waits for PostgreSQL before it gives up its place."""

MOST_BREAKS = 20
"""Tries of a job that LiveSOP's own fault breaks off, about half a day with the rests between."""

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


def broke_off(error: Exception) -> str:
    """What is said to people of a fault of LiveSOP's own."""
    return f"LiveSOP broke off ({type(error).__name__}); its log says where."


async def in_turn(claim: Callable[[], Awaitable[Result | float | None]]) -> Result | None:
    """Hold what is to be updated in Slack; None: there is nothing to update.

    `claim` gives seconds where it is held, or was updated just now: the job comes again then.
    """
    held = await patiently(claim)
    if isinstance(held, float):
        # Whoever holds it is done long before the hold ends, unless it was killed.
        raise later(0, "it was updated just now", min(held, _LOOK_AGAIN))
    return held


def later(attempts: int, reason: str, wait: float | None = None) -> RetryRequested:
    """Ask the queue for another try: after `wait` seconds, or 1, 2, 4 … 256, with jitter."""
    seconds = wait if wait is not None else 2.0 ** min(attempts, 8)
    jitter = random.uniform(1.0, 1.25)  # noqa: S311  spreads load, guards nothing
    return RetryRequested(delay=timedelta(seconds=seconds * jitter), reason=reason)
