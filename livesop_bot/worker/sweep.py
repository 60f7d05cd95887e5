"""The sweep: finds signals and messages that fell out of the queue, and puts them back.

PgQueuer hands a job to another worker when its own dies, so this should find nothing. It is there
for what no queue can promise: a job that was struck off while PostgreSQL itself was going away.
"""

from datetime import timedelta

import structlog

from livesop_bot.db.jobs import EvaluateJob, Job, PostJob, enqueue
from livesop_bot.db.pool import Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.domain.runs import RunId
from livesop_bot.domain.signals import SignalId

log = structlog.get_logger()

FORGOTTEN = timedelta(minutes=2)
"""Longer than a job waits for its worker's heartbeat to be missed."""

KEEP_LOG = timedelta(days=7)
"""How long PgQueuer's log of finished jobs is kept."""

_AT_ONCE = 500


async def sweep(pool: Pool) -> int:
    """Queue what waits without a job (queued jobs are not doubled), prune the queue's log."""
    with away():
        async with pool.acquire() as connection, connection.transaction():
            signals = await connection.fetch(sql("forgotten_signals"), FORGOTTEN, _AT_ONCE)
            runs = await connection.fetch(sql("unposted_runs"), FORGOTTEN, _AT_ONCE)
            jobs: list[Job] = [EvaluateJob(SignalId(row["id"]), row["revision"]) for row in signals]
            jobs += [PostJob(RunId(row["id"])) for row in runs]
            await enqueue(connection, jobs)
            await connection.execute(sql("prune_queue_log"), KEEP_LOG)
    if jobs:
        log.warning("sweep.found", signals=len(signals), runs=len(runs))
    return len(jobs)
