"""Tries to post a message: each is stored before Slack is asked, and takes over from the last."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from livesop_bot.db.pool import Pool, away
from livesop_bot.db.queries import sql

What = TypeVar("What")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed(Generic[What]):
    """A message that is to be posted.

    `tried_at`: since when it may be in Slack already; None: it surely is not. `quiet`: for how many
    seconds it has not been tried.
    """

    what: What
    tried_at: datetime | None
    quiet: float


@dataclass(frozen=True, slots=True)
class Tries:
    """Tries of one kind of message, by the names of its queries. Raises DatabaseAway."""

    pool: Pool
    begin_query: str
    planned_query: str
    failed_query: str

    async def begin(self, message: int, seen: datetime | None) -> datetime | None:
        """Note that it is posted now; None: that was done since somebody looked at it."""
        with away():
            begun: datetime | None = await self.pool.fetchval(sql(self.begin_query), message, seen)
        return begun

    async def not_posted(self, message: int, tried_at: datetime) -> None:
        """Note that Slack surely did not post it, at that try."""
        with away():
            await self.pool.execute(sql(self.planned_query), message, tried_at)

    async def failed(self, message: int, tried_at: datetime | None, why: str) -> None:
        """Note that it will not be posted, unless it was tried since; `why` is for people."""
        with away():
            await self.pool.execute(sql(self.failed_query), message, tried_at, why)


@dataclass(frozen=True, slots=True)
class KeyedTries:
    """Tries of messages that have no row of their own, by their keys. Raises DatabaseAway."""

    pool: Pool

    async def last(self, message: UUID) -> tuple[datetime | None, float]:
        """Give when it was tried last (None: not yet), and how many seconds ago."""
        with away():
            row = await self.pool.fetchrow(sql("last_try"), message)
        return (None, 0.0) if row is None else (row["tried_at"], row["quiet"])

    async def begin(self, message: UUID, seen: datetime | None) -> datetime | None:
        """Note that it is posted now; None: that was done since somebody looked at it."""
        with away():
            begun: datetime | None = await self.pool.fetchval(sql("begin_try"), message, seen)
        return begun

    async def not_posted(self, message: UUID, tried_at: datetime) -> None:
        """Note that Slack surely did not post it, at that try."""
        with away():
            await self.pool.execute(sql("drop_try"), message, tried_at)
