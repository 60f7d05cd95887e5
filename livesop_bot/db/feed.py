"""The Live Feed and single answers: evaluations as people read them."""

from livesop_bot.db.evaluations import evaluation_from_row
from livesop_bot.db.pool import Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.db.signals import signal_from_row
from livesop_bot.domain.evaluations import Evaluation
from livesop_bot.domain.runs import RunId
from livesop_bot.domain.signals import ChannelId, MessageTs, Signal, TeamId


class Feed:
    """Reads evaluations of one team at a time. Raises DatabaseAway."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def latest(self, team: TeamId, limit: int) -> list[Evaluation]:
        """Give the newest evaluations, newest first, at most `limit`."""
        with away():
            rows = await self._pool.fetch(sql("latest_evaluations"), team, limit)
        return [evaluation_from_row(row) for row in rows]

    async def recent_signals(self, team: TeamId, most: int) -> list[Signal]:
        """Give the messages that were judged last, newest first, each once, as they now are."""
        with away():
            rows = await self._pool.fetch(sql("recent_signals"), team, most)
        signals = {row["id"]: signal_from_row(row) for row in rows}
        return list(signals.values())

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
        judged = row["evaluation_id"] is not None
        return signal_from_row(row), evaluation_from_row(row) if judged else None

    async def of_run(self, team: TeamId, run: RunId) -> tuple[Signal, Evaluation] | None:
        """Give the signal of a run as it now is, and the evaluation that the run came of."""
        with away():
            row = await self._pool.fetchrow(sql("run_by_id"), run)
        if row is None or row["team_id"] != team:
            return None
        return signal_from_row(row), evaluation_from_row(row)
