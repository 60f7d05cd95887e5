"""A team's rules for what counts as a signal: the environment's and its own, as they were lately.

Looked up every two seconds and not for each message: a message must not wait for a query.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.team_settings import TeamSettings
from livesop_bot.errors import DatabaseAway
from livesop_bot.slack.ingest import Rules
from livesop_bot.stopping import first, pause

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

    async def refresh(self) -> None:
        """Look them up. Raises DatabaseAway."""
        self.now = combined(self._default, await self._read(self._team))
        self.are_known = True

    async def follow(self, migrated: asyncio.Event, stop: asyncio.Event) -> None:
        """Look them up again and again, until `stop`; an outage leaves them as they are."""
        await first(migrated, stop)
        while not stop.is_set():
            with suppress(DatabaseAway):  # the intake says so, and nobody can change them meanwhile
                await self.refresh()
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
