"""The patience that runs have with people: reminders of what waits for them, and an end to it."""

from datetime import timedelta

from livesop_bot.db.held_run import HeldRuns
from livesop_bot.db.jobs import RemindJob, enqueue, missing
from livesop_bot.db.pool import Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.domain.runs import RunId, RunState
from livesop_bot.domain.steps import StepState
from livesop_bot.domain.workflows import StepId

_AT_ONCE = 200
"""What one look takes on; the rest is there at the next."""

_MOVING = frozenset({StepState.PLANNED, StepState.TRYING})


class Patience:
    """Looks for what waited too long. No time at all means for ever. Raises DatabaseAway.

    `remind_after` is for teams that did not set it themselves.
    """

    def __init__(
        self, pool: Pool, runs: HeldRuns, *, remind_after: timedelta, expire_after: timedelta
    ) -> None:
        self._pool = pool
        self._runs = runs
        self._remind_after = remind_after
        self._expire_after = expire_after

    async def remind(self) -> int:
        """Queue a reminder of every step that has waited long enough, once each."""
        with away():
            async with self._pool.acquire() as connection, connection.transaction():
                rows = await connection.fetch(sql("waiting_steps"), self._remind_after, _AT_ONCE)
                jobs = [RemindJob(RunId(row["run_id"]), StepId(row["step_id"])) for row in rows]
                await enqueue(connection, await missing(connection, jobs))
        return len(rows)

    async def expire(self) -> int:
        """End what nobody took up: proposals expire, runs that wait for people are cancelled."""
        if not self._expire_after:
            return 0
        with away():
            rows = await self._pool.fetch(sql("stale_runs"), self._expire_after, _AT_ONCE)
        ended = 0
        for row in rows:
            async with self._runs.hold(RunId(row["id"])) as held:
                if held is None or any(one.state in _MOVING for one in held.run.steps):
                    continue
                ended += 1
                if held.run.state is RunState.PROPOSED:
                    await held.end(RunState.EXPIRED, None)
                else:
                    hours = self._expire_after // timedelta(hours=1)
                    why = f"Nobody moved it on for {hours} hours."
                    await held.end(RunState.CANCELLED, None, why)
        return ended
