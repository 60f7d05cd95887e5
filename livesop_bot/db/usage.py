"""What a team's calls of a model took, and what its daily budget leaves."""

from datetime import date

from livesop_bot.db.pool import Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.domain.evaluations import Usage
from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.team_settings import UsedToday


class ModelUsage:
    """Counts tokens by team and day (UTC), across all processes. Raises DatabaseAway.

    A process that ends in the middle of a call leaves its reservation behind. That takes from the
    budget of this one day, a few thousand tokens for each call cut off; the next day has a row of
    its own. Nobody has to clean up, and nobody can overspend.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def reserve(self, team: TeamId, tokens: int, budget: int) -> date | None:
        """Take tokens from today's budget; gives the day, or None where so many are not left.

        `budget` is for a team that does not set its own.
        """
        with away():
            day: date | None = await self._pool.fetchval(
                sql("reserve_tokens"), team, tokens, budget
            )
        return day

    async def settle(self, team: TeamId, day: date, reserved: int, usage: Usage | None) -> None:
        """Give a reservation back and note what the call took; None: it was not answered."""
        used = usage or Usage()
        with away():
            await self._pool.execute(
                sql("settle_tokens"),
                team,
                day,
                reserved,
                int(usage is not None),
                used.prompt_tokens,
                used.completion_tokens,
                used.cost_usd,
            )

    async def today(self, team: TeamId) -> UsedToday:
        """Say what was used today."""
        with away():
            row = await self._pool.fetchrow(sql("usage_today"), team)
        return UsedToday() if row is None else UsedToday(**row)
