"""The queue seen from outside: how much waits, and for how long."""

from dataclasses import dataclass

from livesop_bot.db.pool import Pool, away
from livesop_bot.db.queries import sql


@dataclass(frozen=True, slots=True)
class QueueState:
    """Jobs waiting or being worked on, and how long the oldest job that is due has waited.

    A job that is put off, after a passing fault for example, is not due; with none due the age is
    0. `failed`: jobs that rest after a lasting one, until they are tried again.
    """

    depth: int
    oldest_age_seconds: float
    failed: int = 0


async def depth_and_age(pool: Pool, timeout: float = 1.0) -> QueueState:
    """Look at the queue, from its indexes; raises DatabaseAway."""
    with away():
        async with pool.acquire(timeout=timeout) as connection:
            row = await connection.fetchrow(sql("queue_state"), timeout=timeout)
    assert row is not None
    return QueueState(
        depth=row["depth"], oldest_age_seconds=row["oldest_age"], failed=row["failed"]
    )
