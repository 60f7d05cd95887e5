"""The Live Feed and single answers: evaluations as people read them."""

import json
from dataclasses import replace

import asyncpg

from livesop_bot.db.pool import Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.db.signals import signal_from_row
from livesop_bot.db.workflows import definition_from_json
from livesop_bot.domain.decisions import Decision, Reason, Verdict
from livesop_bot.domain.evaluations import Cause, Evaluation, EvaluationId
from livesop_bot.domain.signals import ChannelId, MessageTs, Signal, TeamId
from livesop_bot.domain.workflows import Workflow, WorkflowId


class Feed:
    """Reads evaluations of one team at a time. Raises DatabaseAway."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def latest(self, team: TeamId, limit: int) -> list[Evaluation]:
        """Give the newest evaluations, newest first, at most `limit`."""
        with away():
            rows = await self._pool.fetch(sql("latest_evaluations"), team, limit)
        return [_evaluation(row) for row in rows]

    async def of_message(
        self, team: TeamId, channel: ChannelId, ts: MessageTs
    ) -> tuple[Signal, Evaluation | None] | None:
        """Give a Slack message's signal as it now is and its latest evaluation; None: not known.

        The evaluation's signal has the revision that was judged: where it differs from the
        signal's own, the message was edited since.
        """
        with away():
            row = await self._pool.fetchrow(sql("evaluation_of_message"), team, f"{channel}:{ts}")
        if row is None:
            return None
        return signal_from_row(row), None if row["evaluation_id"] is None else _evaluation(row)


def _evaluation(row: asyncpg.Record) -> Evaluation:
    return Evaluation(
        id=EvaluationId(row["evaluation_id"]),
        signal=replace(signal_from_row(row), revision=row["evaluated_revision"]),
        workflow=_workflow(row),
        confidence=row["confidence"],
        reasoning=row["reasoning"],
        evidence=row["evidence"],
        evaluator=row["evaluator"],
        decision=Decision(Verdict(row["verdict"]), Reason(row["reason"]), row["detail"]),
        cause=Cause(row["cause"]),
        dry_run=row["dry_run"],
        latency_ms=row["latency_ms"],
        created_at=row["evaluated_at"],
    )


def _workflow(row: asyncpg.Record) -> Workflow | None:
    if row["workflow_id"] is None:
        return None
    return Workflow(
        id=WorkflowId(row["workflow_id"]),
        team=TeamId(row["team_id"]),
        version=row["workflow_version"],
        definition=definition_from_json(json.loads(row["definition"])),
    )
