"""Questions in PostgreSQL: each gets a job to answer it, in the transaction that judges it."""

from livesop_bot.db.jobs import RemarkJob, enqueue
from livesop_bot.db.pool import Connection
from livesop_bot.db.queries import sql
from livesop_bot.domain.remarks import RemarkId
from livesop_bot.domain.signals import Signal


async def ask_for_answer(connection: Connection, signal: Signal) -> None:
    """Have a question answered in its thread, once, if the connection's transaction commits."""
    remark = await connection.fetchval(
        sql("insert_answer"),
        signal.team,
        signal.channel,
        signal.thread_root,
        signal.id,
        signal.author,
    )
    if remark is not None:
        await enqueue(connection, [RemarkJob(RemarkId(remark))])
