"""The waiting list in PostgreSQL: what waits for people, of one team."""

import json
from collections.abc import Sequence

from livesop_bot.db.pool import Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.db.workflows import definition_from_json
from livesop_bot.domain.runs import RunId
from livesop_bot.domain.signals import ChannelId, TeamId
from livesop_bot.domain.steps import StepState
from livesop_bot.domain.waiting import Waiting
from livesop_bot.domain.workflows import StepId


class WaitingList:
    """Reads what waits. Raises DatabaseAway."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def count(self, team: TeamId) -> int:
        """Say how many proposals and steps wait."""
        with away():
            return int(await self._pool.fetchval(sql("count_waiting"), team))

    async def all(self, team: TeamId, limit: int) -> Sequence[Waiting]:
        """Give what waits, the longest first."""
        with away():
            rows = await self._pool.fetch(sql("waiting_for_people"), team, limit)
        return [
            Waiting(
                run=RunId(row["run_id"]),
                definition=definition_from_json(json.loads(row["definition"])),
                channel=ChannelId(row["channel_id"]),
                permalink=row["permalink"],
                since=row["since"],
                step=row["step_id"] and StepId(row["step_id"]),
                state=row["state"] and StepState(row["state"]),
            )
            for row in rows
        ]
