"""The basis of runs: what becomes of them when their message is edited or deleted."""

from livesop_bot.db.held_run import HeldRun, HeldRuns
from livesop_bot.db.jobs import EvaluateJob, enqueue
from livesop_bot.db.pool import Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.domain.runs import RunId, RunState
from livesop_bot.domain.signals import SignalId
from livesop_bot.domain.steps import StepState


class Basis:
    """Looks at the runs of a message that changed. Safe to run twice. Raises DatabaseAway."""

    def __init__(self, pool: Pool, runs: HeldRuns) -> None:
        self._pool = pool
        self._runs = runs

    async def __call__(self, signal: SignalId) -> int:
        """End what rests on a message that is not there any more; gives how many runs that was.

        After an edit it is judged again, unless something was done already, or a person started
        it: then people are told, and Auto-Pilot leaves the rest to them.
        """
        with away():
            runs = await self._pool.fetch(sql("open_runs_of_signal"), signal)
        ended = 0
        for run in runs:
            async with self._runs.hold(RunId(run["id"])) as held:
                if held is None:
                    continue
                if why := held.run.basis_lost:
                    await held.end(RunState.CANCELLED, None, why)
                    await self._judge_again(held)
                    ended += 1
                elif why := held.run.basis_changed:
                    held.touch()
                    for record in held.run.steps:
                        if record.state is StepState.PLANNED and record.changed_by is None:
                            await held.leave_to_people(record.id, why)
        with away():
            await self._pool.execute(sql("forget_requests"), signal)
        return ended

    async def _judge_again(self, held: HeldRun) -> None:
        signal = held.run.evaluation.signal.id
        revision = await held.connection.fetchval(sql("mark_unjudged"), signal)
        if revision is not None:
            await enqueue(held.connection, [EvaluateJob(signal, revision)])
