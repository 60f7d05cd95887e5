"""Homes: what draws each tab of App Home, and what of it was built lately."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from cachetools import TTLCache

from livesop_bot.domain.rights import Role
from livesop_bot.domain.signals import TeamId, UserId
from livesop_bot.views.blocks import Block, View
from livesop_bot.views.home.tabs import HomeState, HomeTab

KEPT_S = 30
_MOST_KEPT = 1_000
_RECENT_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who looks at Home, and in which role."""

    team: TeamId
    user: UserId
    role: Role = Role.VIEWER

    @property
    def is_admin(self) -> bool:
        """Whether what only admins may do is shown."""
        return self.role is Role.ADMIN


Draw = Callable[[Visitor, HomeState], Coroutine[Any, Any, Sequence[Block]]]
"""Builds a tab's blocks for somebody; raises DatabaseAway."""


class Homes:
    """Remembers views for half a minute, so that a tab lands before the database is asked.

    A kept view is only ever shown first: what is there now follows. So another process that
    changed something need not be heard of. `draws` is filled where the listeners are registered.
    """

    def __init__(self) -> None:
        self.draws: Mapping[HomeTab, Draw] = {}
        self._kept: TTLCache[tuple[TeamId, UserId, str], View] = TTLCache(_MOST_KEPT, KEPT_S)
        self._changes: TTLCache[TeamId, int] = TTLCache(10_000, _RECENT_S)
        self._presses: TTLCache[tuple[TeamId, UserId], int] = TTLCache(10_000, _RECENT_S)
        self._numbers = count(1)

    def kept(self, team: TeamId, user: UserId, state: HomeState) -> View | None:
        """Give the view that was built for them in this state lately."""
        view: View | None = self._kept.get((team, user, state.write()))
        return view

    def keep(self, team: TeamId, user: UserId, state: HomeState, view: View, change: int) -> None:
        """Remember a view, unless something changed since the building began, after `change`."""
        if change == self.last_change(team):
            self._kept[team, user, state.write()] = view

    def change(self, team: TeamId) -> None:
        """Note that something changed: forget every view of the team."""
        self._changes[team] = next(self._numbers)
        for key in [key for key in self._kept if key[0] == team]:
            self._kept.pop(key, None)

    def last_change(self, team: TeamId) -> int:
        """Give the number of a team's last change; 0: none of late."""
        return self._changes.get(team, 0)

    def press(self, team: TeamId, user: UserId) -> int:
        """Count a press: what earlier ones wanted shown is not shown after it any more."""
        number = self._presses[team, user] = next(self._numbers)
        return number

    def last_press(self, team: TeamId, user: UserId) -> int:
        """Give the number of their last press; 0: none of late."""
        return self._presses.get((team, user), 0)
