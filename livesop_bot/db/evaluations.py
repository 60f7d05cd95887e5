"""Evaluations in PostgreSQL: begun under a token, concluded once, with the run they call for."""

from collections.abc import Sequence
from dataclasses import replace

import asyncpg
import structlog

from livesop_bot.db.audit import append
from livesop_bot.db.ended import Concluded, Ended, gate, replayed, signal_state
from livesop_bot.db.group_commit import GroupCommit
from livesop_bot.db.jobs import EvaluateJob, PostJob, RememberJob, StartJob, enqueue
from livesop_bot.db.pool import Connection, Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.db.questions import ask_for_answer
from livesop_bot.db.signals import signal_from_row
from livesop_bot.db.team_settings import TeamSettingsBook, team_settings
from livesop_bot.db.teams import Teams
from livesop_bot.domain.decisions import (
    STARTS_IN,
    Decision,
    Limits,
    Reason,
    Switches,
    Verdict,
    failed,
)
from livesop_bot.domain.evaluations import (
    Attempt,
    Cause,
    EvaluationId,
    Judgement,
)
from livesop_bot.domain.runs import RunId, RunState
from livesop_bot.domain.signals import Signal, SignalState, TeamId
from livesop_bot.domain.workflows import Workflow

log = structlog.get_logger()

_NO_SWITCH_MATTERS = frozenset(
    {
        Reason.NO_MATCH,
        Reason.LOW_CONFIDENCE,
        Reason.OTHER_CHANNEL,
        Reason.TIMED_OUT,
        Reason.FAILED,
    }
)
_GROUP = 200


class _OpenedMeanwhile(Exception):
    """Another evaluation opened the same workflow in the same thread just now."""


_CHANGED = "the SOP was changed while the message was judged"


class Evaluations:
    """Begins and concludes evaluations. Raises DatabaseAway."""

    def __init__(
        self, pool: Pool, teams: Teams, limits: Limits, settings: TeamSettingsBook
    ) -> None:
        """Take `limits` for teams that have none of their own."""
        self._pool = pool
        self._teams = teams
        self._limits = limits
        self._settings = settings
        # Most messages call for nothing; they are read and concluded in groups.
        self._begins = GroupCommit(self._begin, limit=_GROUP)
        self._skips = GroupCommit(self._skip, limit=_GROUP)

    async def begin(self, job: EvaluateJob) -> tuple[Signal, Attempt] | None:
        """Begin an attempt; None if there is nothing to judge: done already, deleted, unknown."""
        return await self._begins.submit(job)

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
        answer: bool = False,
    ) -> Concluded | None:
        """Store an evaluation and, in the same transaction, what it calls for.

        The decision gate looks at the switches and thresholds as they are now, and passes over
        what is below the threshold as it was two seconds ago. `failure` is the decision where
        there is no judgement to look at; `answer`: the message is a question, to be answered once.
        None: the attempt is void (it timed out, or the message changed meanwhile), and nothing was
        written.
        """
        ended = Ended(job, signal, attempt, judgement, workflow, latency_ms)
        if failure is None:
            limits = (await self._settings.recent(signal.team)).limits(self._limits)
            decision = would = gate(ended, Switches(), limits, running=False)
        else:
            decision = would = failure
        answer = answer and job.cause is Cause.SIGNAL
        if decision.reason in _NO_SWITCH_MATTERS and job.cause is Cause.SIGNAL and not answer:
            return await self._skips.submit((ended, decision))
        running = False
        while True:
            try:
                with away():
                    async with self._pool.acquire() as connection, connection.transaction():
                        held = await connection.fetchval(
                            sql("hold_attempt"), attempt.signal_id, attempt.token
                        )
                        if held is None:
                            return None
                        if failure is None:
                            decision, would = await self._decide(connection, ended, running=running)
                        if answer:
                            await ask_for_answer(connection, signal)
                        return await self._write(connection, ended, decision, would)
            except _OpenedMeanwhile:
                running = True

    async def _begin(self, jobs: Sequence[EvaluateJob]) -> list[tuple[Signal, Attempt] | None]:
        with away():
            rows = await self._pool.fetch(sql("begin_attempts"), [job.signal for job in jobs])
        found = {row["id"]: (row["judged"], signal_from_row(row)) for row in rows}
        begun: list[tuple[Signal, Attempt] | None] = []
        for job in jobs:
            judged, signal = found.get(job.signal, (False, None))
            done = judged and job.cause is Cause.SIGNAL
            if signal is None or signal.state is SignalState.DELETED or done:
                begun.append(None)
            else:
                begun.append((signal, Attempt(signal.id, signal.attempt)))
        return begun

    async def _skip(self, batch: Sequence[tuple[Ended, Decision]]) -> list[Concluded | None]:
        """Store a group; what PostgreSQL refuses for its content fails itself and no other."""
        try:
            return await self._store(batch)
        except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError):
            if len(batch) > 1:
                return [concluded for one in batch for concluded in await self._skip([one])]
        ((ended, _),) = batch
        log.error("evaluation.unstorable", signal=ended.signal.id)
        said = ended.judgement
        blank = Judgement(workflow=None, confidence=0.0, reasoning="", evaluator=said.evaluator)
        why = failed("what the evaluator said cannot be stored.")
        return await self._store([(replace(ended, judgement=blank, workflow=None), why)])

    async def _store(self, batch: Sequence[tuple[Ended, Decision]]) -> list[Concluded | None]:
        with away():
            rows = await self._pool.fetch(
                sql("conclude_skips"),
                *zip(*(ended.columns(decision) for ended, decision in batch), strict=True),
            )
        stored = {row["ordinal"] - 1: EvaluationId(row["id"]) for row in rows}
        return [
            Concluded(stored[index], ended.judgement, ended.workflow, decision, decision, None)
            if index in stored
            else None
            for index, (ended, decision) in enumerate(batch)
        ]

    async def _decide(
        self, connection: Connection, ended: Ended, *, running: bool
    ) -> tuple[Decision, Decision]:
        """The decision, and what it would be if this were no dry run."""
        signal, workflow = ended.signal, ended.workflow
        switches, lately = Switches(), 0
        if workflow is not None:
            switches = await self._switches(connection, signal, workflow)
            running = running or await connection.fetchval(
                sql("open_run_exists"), signal.team, signal.channel, signal.thread_root, workflow.id
            )
        limits = await self._team_limits(connection, signal.team)
        would = gate(ended, switches, limits, running=running)
        if workflow is not None and would.verdict is Verdict.START:
            # One start of a team at a time from here on: so the limit holds, and switches and
            # thresholds stay.
            await connection.execute(sql("hold_team"), signal.team)
            ended = await self._checked(connection, ended, workflow)
            lately = await connection.fetchval(sql("started_lately"), signal.team, STARTS_IN)
            switches = await self._switches(connection, signal, workflow)
            limits = await self._team_limits(connection, signal.team)
            would = gate(ended, switches, limits, running=running, started_lately=lately)
        if not ended.job.dry_run:
            return would, would
        dry = gate(ended, switches, limits, running=running, started_lately=lately, dry_run=True)
        return dry, would

    async def _checked(self, connection: Connection, ended: Ended, workflow: Workflow) -> Ended:
        """Have nothing start on a version that is not in use any more; a replay may ask for one.

        Judging takes a while, and what people allow by now may be less: other limits, channels,
        approvers.
        """
        newest = await connection.fetchval(sql("newest_version"), workflow.id)
        if newest == workflow.version or ended.job.cause is not Cause.SIGNAL:
            return ended
        return replace(ended, judgement=replace(ended.judgement, caution=_CHANGED))

    async def _team_limits(self, connection: Connection, team: TeamId) -> Limits:
        return (await team_settings(connection, team)).limits(self._limits)

    async def _switches(
        self, connection: Connection, signal: Signal, workflow: Workflow
    ) -> Switches:
        return await self._teams.switches(
            connection,
            signal.team,
            workflow.slug,
            signal.channel,
            [step.id for step in workflow.definition.acting_steps],
        )

    async def _write(
        self, connection: Connection, ended: Ended, decision: Decision, would: Decision
    ) -> Concluded:
        job, signal, workflow = ended.job, ended.signal, ended.workflow
        evaluation = EvaluationId(
            await connection.fetchval(
                sql("insert_evaluation"),
                signal.team,
                signal.id,
                *ended.row(decision),
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
            started = state is RunState.RUNNING
            first = StartJob(RunId(run)) if started else PostJob(RunId(run))
            await enqueue(connection, [first, RememberJob(signal.id)])
        if not job.dry_run:
            await connection.execute(sql("finish_attempt"), signal.id, signal_state(decision))
        if job.cause is Cause.REPLAY:
            await append(connection, signal.team, replayed(ended, decision, evaluation, run))
        return Concluded(evaluation, ended.judgement, workflow, decision, would, run and RunId(run))
