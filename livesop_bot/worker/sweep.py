"""The sweep: finds what fell out of the queue, and puts it back.

PgQueuer hands a job to another worker when its own dies, and keeps one that failed; the sweep
queues that again. Beyond these it should find nothing. It is there for what no queue can promise:
a job that was struck off while PostgreSQL itself was going away.
"""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta

import asyncpg
import structlog

from livesop_bot.db.jobs import (
    ActJob,
    CardJob,
    EvaluateJob,
    FaceJob,
    Job,
    PostJob,
    RemarkJob,
    ReportJob,
    StartJob,
    enqueue,
    missing,
)
from livesop_bot.db.pool import Connection, Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.domain.actions import ActionId
from livesop_bot.domain.remarks import RemarkId
from livesop_bot.domain.reports import ReportId
from livesop_bot.domain.runs import PauseId, RunId
from livesop_bot.domain.signals import SignalId

log = structlog.get_logger()

FORGOTTEN = timedelta(minutes=2)
"""Longer than a job waits for its worker's heartbeat to be missed."""

KEEP_LOG = timedelta(days=7)
"""How long PgQueuer's log of finished jobs is kept, and a job that fails is tried."""

_AT_ONCE = 500

_LOOKS: Mapping[str, Callable[[asyncpg.Record], Job]] = {
    "forgotten_signals": lambda row: EvaluateJob(SignalId(row["id"]), row["revision"]),
    "unstarted_runs": lambda row: StartJob(RunId(row["id"])),
    "unposted_runs": lambda row: PostJob(RunId(row["id"])),
    "overdue_actions": lambda row: ActJob(ActionId(row["id"])),
    "unshown_faces": lambda row: FaceJob(RunId(row["id"]), row["face_version"]),
    "unposted_remarks": lambda row: RemarkJob(RemarkId(row["id"])),
    "unposted_reports": lambda row: ReportJob(ReportId(row["id"])),
    "unshown_cards": lambda row: CardJob(PauseId(row["id"]), row["card_version"]),
}
"""What finds each, and the job that it lacks."""


async def _lost(connection: Connection, name: str) -> list[Job]:
    rows = await connection.fetch(sql(name), FORGOTTEN, _AT_ONCE)
    return await missing(connection, [_LOOKS[name](row) for row in rows])


async def sweep(pool: Pool) -> int:
    """Queue what waits without a job, and prune the queue's log; gives how many jobs were lost."""
    with away():
        async with pool.acquire() as connection, connection.transaction():
            lost = {name: await _lost(connection, name) for name in _LOOKS}
            jobs = [job for some in lost.values() for job in some]
            await enqueue(connection, jobs)
            failed = await connection.fetch(sql("revive_jobs"), KEEP_LOG, _AT_ONCE)
            await connection.execute(sql("prune_queue_log"), KEEP_LOG)
            await connection.execute(sql("prune_queue_counts"))
            await connection.execute(sql("prune_tries"), KEEP_LOG)
    if jobs:
        log.warning("sweep.found", **{name: len(some) for name, some in lost.items() if some})
    for row in failed:
        job = {"entrypoint": row["entrypoint"], "fields": json.loads(row["payload"])}
        if row["given_up"]:
            log.error("job.given_up", **job)
        else:
            log.warning("job.revived", **job)
    return len(jobs)
