"""Evaluations in PostgreSQL: begun under a token, concluded once, with the run they call for."""

import json
from dataclasses import dataclass, replace

import asyncpg

from livesop_bot.db.jobs import EvaluateJob, PostJob, enqueue
from livesop_bot.db.pool import Connection, Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.db.signals import signal_from_row
from livesop_bot.db.teams import Teams
from livesop_bot.db.workflows import definition_from_json
from livesop_bot.domain.decisions import Decision, Limits, Reason, Switches, Verdict, decide
from livesop_bot.domain.evaluations import Attempt, Cause, Evaluation, EvaluationId, Judgement
from livesop_bot.domain.runs import RunId, RunState
from livesop_bot.domain.signals import Signal, SignalState, TeamId
from livesop_bot.domain.workflows import Workflow, WorkflowId

_SIGNAL_STATES = {Reason.TIMED_OUT: SignalState.TIMED_OUT, Reason.FAILED: SignalState.FAILED}


@dataclass(frozen=True, slots=True)
class Concluded:
    """What came of an evaluation; `run` where one was opened."""

    evaluation: EvaluationId
    judgement: Judgement
    workflow: Workflow | None
    decision: Decision
    run: RunId | None


class _OpenedMeanwhile(Exception):
    """Another evaluation opened the same workflow in the same thread just now."""


class Evaluations:
    """Begins and concludes evaluations. Raises DatabaseAway."""

    def __init__(self, pool: Pool, teams: Teams, limits: Limits) -> None:
        self._pool = pool
        self._teams = teams
        self._limits = limits

    async def begin(self, job: EvaluateJob) -> tuple[Signal, Attempt] | None:
        """Begin an attempt, which makes older ones void; None if there is nothing to judge.

        A dry run changes nothing, so it takes no token that a real evaluation may be working
        under.
        """
        with away():
            if job.dry_run:
                row = await self._pool.fetchrow(sql("signal_by_id"), job.signal)
            else:
                row = await self._pool.fetchrow(
                    sql("begin_attempt"), job.signal, job.cause is Cause.SIGNAL
                )
        if row is None:
            return None
        signal = signal_from_row(row)
        if signal.state is SignalState.DELETED:
            return None
        return signal, Attempt(signal.id, signal.attempt)

    async def conclude(
        self,
        job: EvaluateJob,
        signal: Signal,
        attempt: Attempt,
        judgement: Judgement,
        workflow: Workflow | None,
        *,
        latency_ms: float,
        failure: Decision | None = None,
    ) -> Concluded | None:
        """Store an evaluation and, in the same transaction, what it calls for.

        The decision gate looks at the switches as they are now. `failure` is the decision where
        there is no judgement to look at. None: the attempt is void (it timed out, or the message
        changed meanwhile), and nothing was written.
        """
        running = False
        while True:
            try:
                with away():
                    async with self._pool.acquire() as connection, connection.transaction():
                        if not job.dry_run and not await connection.fetchval(
                            sql("hold_attempt"), attempt.signal_id, attempt.token
                        ):
                            return None
                        decision = failure or await self._decide(
                            connection, job, signal, judgement, workflow, running=running
                        )
                        return await self._write(
                            connection, job, signal, judgement, workflow, decision, latency_ms
                        )
            except _OpenedMeanwhile:
                running = True

    async def _decide(
        self,
        connection: Connection,
        job: EvaluateJob,
        signal: Signal,
        judgement: Judgement,
        workflow: Workflow | None,
        *,
        running: bool,
    ) -> Decision:
        switches = Switches()
        if workflow is not None:
            switches = await self._teams.switches(
                connection,
                signal.team,
                workflow.slug,
                signal.channel,
                [step.id for step in workflow.definition.acting_steps],
            )
            running = running or await connection.fetchval(
                sql("open_run_exists"), signal.team, signal.channel, signal.thread_root, workflow.id
            )
        return decide(
            workflow=workflow,
            confidence=judgement.confidence,
            channel=signal.channel,
            switches=switches,
            limits=self._limits,
            already_running=running,
            dry_run=job.dry_run,
        )

    async def _write(
        self,
        connection: Connection,
        job: EvaluateJob,
        signal: Signal,
        judgement: Judgement,
        workflow: Workflow | None,
        decision: Decision,
        latency_ms: float,
    ) -> Concluded:
        judged = decision.reason not in _SIGNAL_STATES
        evaluation = EvaluationId(
            await connection.fetchval(
                sql("insert_evaluation"),
                signal.team,
                signal.id,
                signal.revision,
                job.cause,
                job.dry_run,
                workflow and workflow.id,
                workflow and workflow.version,
                judgement.confidence if judged else None,
                judgement.reasoning,
                judgement.evidence,
                judgement.evaluator,
                decision.verdict,
                decision.reason,
                decision.detail,
                latency_ms,
            )
        )
        run = None
        if workflow is not None and decision.verdict is not Verdict.SKIP:
            state = RunState.RUNNING if decision.verdict is Verdict.START else RunState.PROPOSED
            run = await connection.fetchval(
                sql("insert_run"),
                signal.team,
                evaluation,
                signal.id,
                workflow.id,
                workflow.version,
                signal.channel,
                signal.thread_root,
                state,
            )
            if run is None:
                raise _OpenedMeanwhile
            await enqueue(connection, [PostJob(RunId(run))])
        if not job.dry_run:
            await connection.execute(
                sql("finish_attempt"),
                signal.id,
                _SIGNAL_STATES.get(decision.reason, SignalState.EVALUATED),
            )
        return Concluded(evaluation, judgement, workflow, decision, run and RunId(run))


def evaluation_from_row(row: asyncpg.Record) -> Evaluation:
    """Build an Evaluation from a row with its signal and SOP, as feed.sql and runs.sql give it."""
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
