"""Runs in PostgreSQL, and how far the message of each has come."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import asyncpg

from livesop_bot.db.evaluation_rows import evaluation_from_row
from livesop_bot.db.jobs import FaceJob, enqueue
from livesop_bot.db.pool import Connection, Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.db.tries import Claimed, Tries
from livesop_bot.domain.actions import ActionRequest, Receipt
from livesop_bot.domain.runs import PauseId, PostState, Run, RunId, RunState, StepRecord
from livesop_bot.domain.signals import ChannelId, MessageTs, TeamId, UserId
from livesop_bot.domain.steps import StepState
from livesop_bot.domain.workflows import StepId

_FACE_HELD = timedelta(seconds=12)
"""Longer than a call of Slack's may take."""
_FACE_RESTS = timedelta(seconds=1)
"""One update a second and message; what moves meanwhile is shown together."""


class Runs:
    """Reads runs and moves their messages on. Raises DatabaseAway."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.tries = Tries(pool, "begin_post", "set_post_planned", "set_post_failed")

    async def claim_post(self, run: RunId) -> Claimed[Run] | None:
        """Give a run whose message is to be posted; None if there is nothing to post."""
        with away():
            async with self._pool.acquire() as connection, connection.transaction():
                found = await connection.fetchrow(sql("claim_post"), run)
                if found is None:
                    return None
                what = await self._whole(connection, run)
                return Claimed(what=what, tried_at=found["tried_at"], quiet=found["quiet"])

    async def posted(self, run: Run, ts: MessageTs, shown: int) -> None:
        """Note that the message is in its thread; queue an update if what it shows is old by now.

        `shown`: the version of the run that it shows, 0 where nobody knows.
        """
        with away():
            async with self._pool.acquire() as connection, connection.transaction():
                version = await connection.fetchval(sql("set_post_posted"), run.id, ts, shown)
                if version is not None and version > shown:
                    await enqueue(connection, [FaceJob(run.id, version)])

    async def claim_face(self, run: RunId, version: int) -> Run | float | None:
        """Hold a run's message for an update; seconds to wait if it is held or was just updated.

        None: that version is shown already, or there is no message.
        """
        with away():
            async with self._pool.acquire() as connection, connection.transaction():
                found = await connection.fetchrow(sql("claim_face"), run, version, _FACE_HELD)
                if found is None:
                    return None
                if not found["held"]:
                    return float(found["wait"])
                return await self._whole(connection, run)

    async def shown(self, run: Run) -> None:
        """Note that the message shows the run as it was read, and let it rest."""
        with away():
            await self._pool.execute(sql("face_shown"), run.id, run.version, _FACE_RESTS)

    async def receipts(self, run: RunId) -> Mapping[StepId, Receipt]:
        """What a run's actions left behind."""
        with away():
            async with self._pool.acquire() as connection:
                return await receipts_of(connection, run)

    async def requests(self, run: RunId) -> Mapping[StepId, ActionRequest]:
        """What a run's actions that are planned or under way send, as it was stored."""
        with away():
            rows = await self._pool.fetch(sql("requests_of_run"), run)
        return {
            StepId(row["step_id"]): ActionRequest.from_json(json.loads(row["request"]))
            for row in rows
        }

    async def face_gone(self, run: RunId) -> None:
        """Note that somebody deleted the message; it is never posted again."""
        with away():
            await self._pool.execute(sql("face_gone"), run, "Somebody deleted the message.")

    async def get(self, run: RunId) -> Run | None:
        """Give a run as it stands."""
        with away():
            async with self._pool.acquire() as connection:
                return await self._whole(connection, run)

    async def reminded(self, run: RunId, step: StepId) -> None:
        """Note that people were reminded of a step."""
        with away():
            await self._pool.execute(sql("set_reminded"), run, step)

    async def _whole(self, connection: Connection, run: RunId) -> Run:
        row = await connection.fetchrow(sql("run_by_id"), run)
        assert row is not None
        return replace(run_from_row(row), steps=await steps_of(connection, run))


def run_from_row(row: asyncpg.Record) -> Run:
    """Build a Run from a row of run_by_id; its steps are read by `steps_of`."""
    evaluation = evaluation_from_row(row)
    assert evaluation.workflow is not None
    return Run(
        id=RunId(row["run_id"]),
        team=TeamId(row["team_id"]),
        workflow=evaluation.workflow,
        evaluation=evaluation,
        channel=ChannelId(row["run_channel_id"]),
        thread_ts=MessageTs(row["run_thread_ts"]),
        state=RunState(row["run_state"]),
        idempotency_key=row["idempotency_key"],
        post_state=PostState(row["post_state"]),
        post_ts=row["post_ts"] and MessageTs(row["post_ts"]),
        started_by=row["started_by"] and UserId(row["started_by"]),
        ended_by=row["ended_by"] and UserId(row["ended_by"]),
        ended_why=row["ended_why"],
        version=row["face_version"],
        edited_since=row["revision"] != row["evaluated_revision"],
    )


async def receipts_of(connection: Connection, run: RunId) -> Mapping[StepId, Receipt]:
    """Read what a run's actions left behind."""
    rows = await connection.fetch(sql("receipts_of_run"), run)
    return {StepId(row["step_id"]): Receipt.from_json(json.loads(row["receipt"])) for row in rows}


async def steps_of(connection: Connection, run: RunId) -> tuple[StepRecord, ...]:
    """Read a run's steps, in their order."""
    return tuple(
        StepRecord(
            id=StepId(row["step_id"]),
            state=StepState(row["state"]),
            chosen=row["chosen"],
            detail=row["detail"],
            link=row["link"],
            changed_by=row["changed_by"] and UserId(row["changed_by"]),
            changed_at=row["changed_at"],
            due_at=row["due_at"],
            repeats=row["repeats"],
            pause=row["pause_id"] and PauseId(row["pause_id"]),
        )
        for row in await connection.fetch(sql("steps_of_run"), run)
    )
