"""Past cases in PostgreSQL: messages that an SOP answered, kept to be found again."""

from livesop_bot.db.pool import Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.domain.signals import SignalId

MOST_CASES = 5_000
"""Of one team; the oldest go. What a search costs does not grow with history."""


class Cases:
    """Keeps cases. Raises DatabaseAway."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def read(self, signal: SignalId) -> tuple[int, str] | None:
        """Give a signal's revision and text; None: it was deleted."""
        with away():
            row = await self._pool.fetchrow(sql("signal_for_case"), signal)
        return None if row is None else (row["revision"], row["text"])

    async def keep(self, signal: SignalId, revision: int, text: str) -> None:
        """Keep a signal's text, masked, in place of its earlier one.

        Nothing is kept of a message that was edited or deleted meanwhile: its row is held from
        the look to the commit.
        """
        with away():
            async with self._pool.acquire() as connection, connection.transaction():
                team = await connection.fetchval(sql("hold_answered_signal"), signal, revision)
                if team is not None:
                    await connection.execute(sql("forget_changed_case"), signal, text)
                    await connection.execute(sql("insert_case"), team, signal, text)
                    await connection.execute(sql("prune_cases"), team, MOST_CASES)
