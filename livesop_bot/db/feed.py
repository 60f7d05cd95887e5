"""The Live Feed and single answers: evaluations as people read them."""

import asyncpg

from livesop_bot.db.evaluation_rows import evaluation_from_row
from livesop_bot.db.pool import Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.db.signals import signal_from_row
from livesop_bot.domain.evaluations import Evaluation, Outcome
from livesop_bot.domain.signals import ChannelId, MessageTs, Signal, SignalId, TeamId

_NEWEST = 2**63 - 1


class Feed:
    """Reads evaluations of one team at a time. Raises DatabaseAway."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def latest(
        self,
        team: TeamId,
        limit: int,
        *,
        before: int | None = None,
        channel: ChannelId | None = None,
        sop: str | None = None,
        outcome: Outcome | None = None,
    ) -> list[Evaluation]:
        """Give the newest evaluations, newest first, at most `limit`; of those older than the id
        `before`, and of a channel, an SOP (by its slug), an outcome, where these are given.
        """
        outcomes = list(Outcome) if outcome is None else [outcome]
        filters = (team, outcomes, _NEWEST if before is None else before, limit)
        with away():
            workflow = sop and await self._pool.fetchval(sql("sop_id"), team, sop)
            if sop and workflow is None:
                return []
            match workflow, channel:
                case None, None:
                    ids = await self._pool.fetch(sql("feed_ids"), *filters)
                case None, _:
                    ids = await self._pool.fetch(sql("feed_ids_in_channel"), *filters, channel)
                case _, None:
                    ids = await self._pool.fetch(sql("feed_ids_of_sop"), *filters, workflow)
                case _:
                    ids = await self._pool.fetch(
                        sql("feed_ids_of_sop_in_channel"), *filters, workflow, channel
                    )
            rows = await self._pool.fetch(sql("evaluations_by_id"), [row["id"] for row in ids])
        return [evaluation_from_row(row) for row in rows]

    async def sops(self, team: TeamId, limit: int, chosen: str | None = None) -> dict[str, str]:
        """Give titles of SOPs by their slugs, in the order of their titles, at most `limit`: those
        that matched most lately; and the one that is `chosen`, if it is not among them."""
        with away():
            rows = await self._pool.fetch(sql("feed_sops"), team, limit, chosen)
        return {row["slug"]: row["title"] for row in rows}

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
        return None if row is None else _judged(row)

    async def of_signal(
        self, team: TeamId, signal: SignalId
    ) -> tuple[Signal, Evaluation | None] | None:
        """Likewise for a signal, and the latest evaluation that was no dry run."""
        with away():
            row = await self._pool.fetchrow(sql("evaluation_of_signal"), team, signal)
        return None if row is None else _judged(row)


def _judged(row: asyncpg.Record) -> tuple[Signal, Evaluation | None]:
    judged = row["evaluation_id"] is not None
    return signal_from_row(row), evaluation_from_row(row) if judged else None
