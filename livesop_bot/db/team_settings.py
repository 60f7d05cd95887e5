"""Teams' own settings in PostgreSQL."""

from collections.abc import Callable
from dataclasses import astuple
from typing import Any

from cachetools import TTLCache

from livesop_bot.db.audit import append
from livesop_bot.db.pool import Connection, Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.domain.audit import AuditEntry, AuditKind, settings_subject
from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.team_settings import TeamSettings, difference, recorded

_RECENT_S = 2.0
"""Seconds after which a change is known to every process."""


async def team_settings(source: "Pool | Connection", team: TeamId) -> TeamSettings:
    """Read a team's settings as they are, in the caller's transaction where there is one."""
    with away():
        row = await source.fetchrow(sql("team_settings"), team)
    if row is None:
        return TeamSettings()
    known: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
    return TeamSettings(**known)


class TeamSettingsBook:
    """Reads and changes settings. Raises DatabaseAway."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._recent: TTLCache[TeamId, TeamSettings] = TTLCache(maxsize=1_000, ttl=_RECENT_S)

    async def now(self, team: TeamId) -> TeamSettings:
        """Give them as they are."""
        settings = self._recent[team] = await team_settings(self._pool, team)
        return settings

    async def recent(self, team: TeamId) -> TeamSettings:
        """Give them as they were two seconds ago at most."""
        known = self._recent.get(team)
        return await self.now(team) if known is None else known

    async def change(
        self, team: TeamId, by: str, changed: Callable[[TeamSettings], TeamSettings]
    ) -> TeamSettings:
        """Change them and note who did and what was before, in one transaction.

        Changes of one team come one after the other, so `changed` sees what the one before made.
        """
        with away():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(sql("ensure_team"), team, "")
                await connection.execute(sql("hold_team"), team)
                before = await team_settings(connection, team)
                after = changed(before)
                if names := difference(before, after):
                    await connection.execute(sql("set_team_settings"), team, *astuple(after))
                    entry = AuditEntry(
                        actor=by,
                        kind=AuditKind.SETTINGS,
                        subject=settings_subject(team),
                        before=recorded(before, names),
                        after=recorded(after, names),
                    )
                    await append(connection, team, entry)
        self._recent[team] = after
        return after

    async def is_time_zone(self, name: str) -> bool:
        """Say whether PostgreSQL knows a time zone of that name."""
        with away():
            known: bool = await self._pool.fetchval(sql("is_time_zone"), name)
        return known
