"""Figures by day, read from rollups: their cost does not grow with the history."""

from livesop_bot.db.pool import Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.domain.figures import MOST_UNJUDGED, DayFigures, SopFigures
from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.workflows import WorkflowId

_AT_ONCE = 20_000


class Figures:
    """Reads what was counted. Raises DatabaseAway.

    Counting is the schema's work (sql/migrations/0008_figures.sql), in the transactions of what is
    counted: so it is right whoever does what, and how often it is tried.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def of_team(self, team: TeamId, days: int) -> list[DayFigures]:
        """Give the last so many days, today last; days without anything too."""
        with away():
            rows = await self._pool.fetch(sql("team_figures"), team, days)
        return [DayFigures(**row) for row in rows]

    async def of_sops(self, team: TeamId, days: int = 30) -> dict[WorkflowId, SopFigures]:
        """Sum up the last so many days of each SOP; those without any figures are not there."""
        with away():
            rows = await self._pool.fetch(sql("sop_figures"), team, days)
        return {
            WorkflowId(row["workflow_id"]): SopFigures(
                **{name: value for name, value in row.items() if name != "workflow_id"}
            )
            for row in rows
        }

    async def unjudged(self, team: TeamId) -> int:
        """Count evaluations of the last 24 hours without a judgement, at most MOST_UNJUDGED."""
        with away():
            found: int = await self._pool.fetchval(sql("count_unjudged"), team, MOST_UNJUDGED)
        return found

    async def fold(self) -> int:
        """Add what was counted lately to the days; gives how many changes that were."""
        folded = 0
        while True:
            with away():
                taken: int = await self._pool.fetchval(sql("fold_figures"), _AT_ONCE)
            folded += taken
            if taken < _AT_ONCE:
                return folded
