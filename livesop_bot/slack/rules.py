"""A team's rules for what counts as a signal: the environment's and its own, as they were lately.

Looked up every two seconds and not for each message: a message must not wait for a query.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from livesop_bot.db.pool import TROUBLE
from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.team_settings import TeamSettings
from livesop_bot.errors import DatabaseAway
from livesop_bot.slack.ingest import Rules
from livesop_bot.stopping import first, pause

log = structlog.get_logger()

_EVERY_S = 2.0


class TeamRules:
    """The rules as they were two seconds ago, or when PostgreSQL answered last.

    Until it has answered once, `now` is what the environment says, and `are_known` is False.
    """

    def __init__(
        self,
        team: TeamId,
        default: Rules,
        read: Callable[[TeamId], Awaitable[TeamSettings]],
        *,
        every: float = _EVERY_S,
    ) -> None:
        self._team = team
        self._default = default
        self._read = read
        self._every = every
        self.now = default
        self.are_known = False
        self.keep_texts = timedelta.max

    async def refresh(self) -> None:
        """Look them up. Raises DatabaseAway."""
        settings = await self._read(self._team)
        self.now = combined(self._default, settings)
        days = settings.retention_days
        self.keep_texts = timedelta.max if days is None else timedelta(days=days)
        self.are_known = True

    async def follow(self, migrated: asyncio.Event, stop: asyncio.Event) -> None:
        """Look them up again and again, until `stop`; an outage leaves them as they are."""
        await first(migrated, stop)
        while not stop.is_set():
            try:
                await self.refresh()
            except TROUBLE as error:
                # The intake says that it is away; a refusal is told here.
                if not isinstance(error, DatabaseAway):
                    log.warning("rules.not_read", error=type(error).__name__)
            await pause(stop, self._every)


def combined(default: Rules, settings: TeamSettings) -> Rules:
    """What a team allows counts beside what the environment does."""
    external = default.external_channels
    if not isinstance(external, bool):
        external |= frozenset(settings.external_channels)
    elif not external:
        external = frozenset(settings.external_channels)
    return Rules(
        allowed_bots=default.allowed_bots | frozenset(settings.allowed_bots),
        external_channels=external,
        channels=frozenset(settings.channels),
    )
