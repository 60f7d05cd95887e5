"""Retention: texts that are older than their team keeps them go, as if they had been deleted.

What evaluations and actions quoted of them goes too, and what was learned from them; figures,
audit log, decisions and their reasons stay. Open runs for so old a message end, as after a
deletion.
"""

from datetime import timedelta

from livesop_bot.db.jobs import BasisJob, enqueue
from livesop_bot.db.pool import Connection, Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.domain.signals import SignalId, TeamId

_BATCH = 500
"""Signals that are looked at in one transaction."""
_BATCHES = 100
"""Transactions for a team in one go; the rest is there at the next."""

COUNTED = 10_000
"""Signals that are looked at to say beforehand how many texts go."""


class Retention:
    """Forgets what is too old. Raises DatabaseAway."""

    def __init__(self, pool: Pool, *, batch: int = _BATCH) -> None:
        self._pool = pool
        self._batch = batch

    async def __call__(self) -> dict[TeamId, int]:
        """Forget, for every team that wants it; gives how many texts that were."""
        with away():
            rows = await self._pool.fetch(sql("forgetful_teams"))
        return {
            TeamId(row["team_id"]): await self._forget(
                TeamId(row["team_id"]), timedelta(days=row["retention_days"])
            )
            for row in rows
        }

    async def due(self, team: TeamId, keep: timedelta) -> int:
        """Count the texts that go at once where a team keeps them so long, up to about COUNTED."""
        with away():
            count: int = await self._pool.fetchval(sql("count_to_forget"), team, keep, COUNTED)
        return count

    async def _forget(self, team: TeamId, keep: timedelta) -> int:
        forgotten = 0
        for _ in range(_BATCHES):
            with away():
                async with self._pool.acquire() as connection, connection.transaction():
                    seen, gone = await self._forget_some(connection, team, keep)
            forgotten += gone
            if seen < self._batch:
                break
        return forgotten

    async def _forget_some(
        self, connection: Connection, team: TeamId, keep: timedelta
    ) -> tuple[int, int]:
        """Give how many signals were looked at, and how many texts went."""
        up_to = await connection.fetchval(sql("hold_forgotten"), team)
        rows = await connection.fetch(sql("next_to_forget"), team, up_to, keep, self._batch)
        young = next((index for index, row in enumerate(rows) if row["is_young"]), len(rows))
        old = rows[:young]
        if not old:
            return 0, 0
        due = [row["id"] for row in old if row["has_text"]]
        gone = await connection.fetch(sql("forget_texts"), due) if due else []
        if ids := [row["id"] for row in gone]:
            await connection.execute(sql("forget_evidence"), ids)
            await connection.execute(sql("forget_verdicts"), ids)
            await connection.execute(sql("forget_cases"), ids)
            answered = [BasisJob(SignalId(row["id"]), 0) for row in gone if row["answered"]]
            await enqueue(connection, answered)
        await connection.execute(sql("set_forgotten"), team, old[-1]["id"])
        return len(old), len(gone)
