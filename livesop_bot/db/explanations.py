"""Explanations in PostgreSQL: a message, its evaluation, its run, and what was said of it."""

from dataclasses import replace

from livesop_bot.db.evaluation_rows import evaluation_from_row
from livesop_bot.db.pool import Connection, Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.db.runs import run_from_row, steps_of
from livesop_bot.db.signals import signal_from_row
from livesop_bot.db.team_settings import team_settings
from livesop_bot.db.teams import Teams
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.decisions import Limits, Switches
from livesop_bot.domain.evaluations import Evaluation, EvaluationId
from livesop_bot.domain.explanation import (
    About,
    Explanation,
    OfMessage,
    OfRun,
    OfSignal,
    Said,
)
from livesop_bot.domain.runs import Run, RunId
from livesop_bot.domain.signals import Signal, SignalId, TeamId, UserId
from livesop_bot.domain.workflows import Workflow

_HISTORY = 50


class Explanations:
    """Reads what explains a message, within one team. Raises DatabaseAway."""

    def __init__(self, pool: Pool, teams: Teams, workflows: Workflows, limits: Limits) -> None:
        """Take `limits` for teams that have none of their own."""
        self._pool = pool
        self._teams = teams
        self._workflows = workflows
        self._limits = limits

    async def find(self, team: TeamId, about: About) -> Explanation | None:
        """Explain a message; None: it is not known."""
        with away():
            async with self._pool.acquire() as connection:
                basis = await self._basis(connection, team, about)
                if basis is None:
                    return None
                signal, evaluation, run = basis
                row = await connection.fetchrow(sql("explained_signal"), team, signal, evaluation)
                if row is None:
                    return None
                judged = row["evaluation_id"] is not None
                found = Explanation(
                    signal=signal_from_row(row),
                    evaluation=evaluation_from_row(row) if judged else None,
                    limits=(await team_settings(connection, team)).limits(self._limits),
                    run=await self._run(connection, team, signal, run),
                    said=await self._said(connection, team, signal),
                    judged=row["judged"],
                )
            return await self._with_switches(team, found)

    async def history(self, team: TeamId, signal: SignalId) -> list[Evaluation]:
        """Give a signal's evaluations, newest first, dry runs included."""
        with away():
            rows = await self._pool.fetch(sql("evaluations_of_signal"), team, signal, _HISTORY)
        return [evaluation_from_row(row) for row in rows]

    async def _basis(
        self, connection: Connection, team: TeamId, about: About
    ) -> tuple[SignalId, EvaluationId | None, RunId | None] | None:
        match about:
            case OfSignal(signal):
                return signal, None, None
            case OfMessage(channel, ts):
                signal = await connection.fetchval(
                    sql("signal_of_message"), team, f"{channel}:{ts}"
                )
                return None if signal is None else (signal, None, None)
            case OfRun(run):
                row = await connection.fetchrow(sql("basis_of_run"), team, run)
                return None if row is None else (row["signal_id"], row["evaluation_id"], run)

    async def _run(
        self, connection: Connection, team: TeamId, signal: SignalId, run: RunId | None
    ) -> Run | None:
        """The run that was asked for, else the signal's newest."""
        run = run or await connection.fetchval(sql("latest_run_of_signal"), team, signal)
        if run is None:
            return None
        row = await connection.fetchrow(sql("run_by_id"), run)
        assert row is not None
        return replace(run_from_row(row), steps=await steps_of(connection, run))

    async def _said(
        self, connection: Connection, team: TeamId, signal: SignalId
    ) -> tuple[Said, ...]:
        rows = await connection.fetch(sql("verdicts_on_signal"), team, signal)
        return tuple(
            Said(
                workflow=row["slug"],
                fits=row["fits"],
                by=UserId(row["given_by"]),
                at=row["given_at"],
                revision=row["revision"],
            )
            for row in rows
        )

    async def _with_switches(self, team: TeamId, found: Explanation) -> Explanation:
        if found.evaluation is None or found.evaluation.workflow is None:
            return found
        named = found.evaluation.workflow.id
        current = await self._workflows.current(team)
        workflow = next((each for each in current if each.id == named), None)
        if workflow is None:
            return found
        switches = await self._switches(team, workflow, found.signal)
        return replace(found, workflow=workflow, switches=switches)

    async def _switches(self, team: TeamId, workflow: Workflow, signal: Signal) -> Switches:
        steps = [step.id for step in workflow.definition.acting_steps]
        async with self._pool.acquire() as connection:
            return await self._teams.switches(
                connection, team, workflow.slug, signal.channel, steps
            )
