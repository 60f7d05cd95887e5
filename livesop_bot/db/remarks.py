"""Remarks in PostgreSQL: asked for once, claimed for posting, and what follows from them."""

from datetime import datetime
from typing import Any

import asyncpg

from livesop_bot.db.hand_starts import HandStarts
from livesop_bot.db.jobs import RemarkJob, enqueue
from livesop_bot.db.pool import Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.db.tries import Claimed, Tries
from livesop_bot.db.workflows import workflow_from_row
from livesop_bot.domain.remarks import Remark, RemarkId, RemarkKind
from livesop_bot.domain.runs import RunId
from livesop_bot.domain.signals import (
    ChannelId,
    EventId,
    MessageTs,
    NewSignal,
    SignalId,
    Source,
    TeamId,
    UserId,
)
from livesop_bot.domain.starts import NotStarted
from livesop_bot.domain.workflows import Workflow, WorkflowId


class Remarks:
    """Asks for remarks and moves them on. Raises DatabaseAway."""

    def __init__(self, pool: Pool, starts: HandStarts) -> None:
        self._pool = pool
        self.tries = Tries(pool, "begin_remark", "set_remark_planned", "set_remark_failed")
        self._starts = starts

    async def ask_for_opening(
        self,
        team: TeamId,
        channel: ChannelId,
        workflow: Workflow,
        *,
        about: str,
        by: UserId,
        request: str,
    ) -> bool:
        """Have a run opened in a channel; False: that command was taken before."""
        with away():
            async with self._pool.acquire() as connection, connection.transaction():
                remark = await connection.fetchval(
                    sql("insert_opening"), team, channel, workflow.id, about, by, request
                )
                if remark is not None:
                    await enqueue(connection, [RemarkJob(RemarkId(remark))])
        return remark is not None

    async def claim(self, remark: RemarkId) -> Claimed[Remark] | None:
        """Give a remark that is to be posted; None if there is nothing to post."""
        with away():
            row = await self._pool.fetchrow(sql("claim_remark"), remark)
        if row is None:
            return None
        return Claimed(what=_remark(row), tried_at=row["post_tried_at"], quiet=row["quiet"])

    async def workflow(self, remark: Remark) -> Workflow:
        """The SOP that an opening opens, at its newest version."""
        with away():
            return await _workflow_of(self._pool, remark)

    async def not_needed(self, remark: RemarkId) -> None:
        """Note that there is nothing to say."""
        with away():
            await self._pool.execute(sql("cancel_remark"), remark)

    async def answered(self, remark: Remark, ts: MessageTs) -> None:
        """Note that an answer is in its thread."""
        with away():
            await self._pool.execute(sql("set_remark_posted"), remark.id, ts)

    async def opened(
        self, remark: Remark, ts: MessageTs, *, permalink: str | None, now: datetime
    ) -> RunId | NotStarted | None:
        """Note that an opening is in its channel, and start the run in its thread, at once.

        None: that was done before.
        """
        with away():
            async with self._pool.acquire() as connection, connection.transaction():
                if await connection.fetchval(sql("set_remark_posted"), remark.id, ts) is None:
                    return None
                workflow = await _workflow_of(connection, remark)
                message = NewSignal(
                    event_id=EventId(f"remark:{remark.id}"),
                    team=remark.team,
                    source=Source.SLACK,
                    external_id=f"{remark.channel}:{ts}",
                    channel=remark.channel,
                    message_ts=ts,
                    thread_ts=None,
                    author=remark.asked_by,
                    author_is_bot=False,
                    text=remark.about,
                    permalink=permalink,
                    occurred_at=now,
                    received_at=now,
                )
                return await self._starts.on(connection, message, workflow, remark.asked_by)


async def _workflow_of(source: Any, remark: Remark) -> Workflow:
    row = await source.fetchrow(sql("workflow_by_id"), remark.team, remark.workflow)
    assert row is not None, "a foreign key holds it"
    return workflow_from_row(remark.team, row)


def _remark(row: asyncpg.Record) -> Remark:
    return Remark(
        id=RemarkId(row["id"]),
        team=TeamId(row["team_id"]),
        kind=RemarkKind(row["kind"]),
        channel=ChannelId(row["channel_id"]),
        thread_ts=row["thread_ts"] and MessageTs(row["thread_ts"]),
        signal=row["signal_id"] and SignalId(row["signal_id"]),
        workflow=row["workflow_id"] and WorkflowId(row["workflow_id"]),
        about=row["about"],
        asked_by=UserId(row["asked_by"]),
        created_at=row["created_at"],
        key=row["idempotency_key"],
    )
