"""People: what somebody may do, and who may do what somebody else may not."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from cachetools import TTLCache
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.slack_calls import slack_errors
from livesop_bot.domain.rights import Role, Standing, role_of
from livesop_bot.domain.signals import TeamId, UserId
from livesop_bot.domain.team_settings import TeamSettings
from livesop_bot.errors import SlackAway, SlackRefused

_REMEMBERED_S = 300
_LIMIT_S = 1.0
"""A command must be answered within 3 s, and the database wants its part of them."""

NAMED = 5
"""People, at most, who are named to somebody who may not do something."""

_RIGHTS = ("is_admin", "is_owner", "is_primary_owner")
_GUEST = ("is_restricted", "is_ultra_restricted", "is_stranger")


@dataclass(frozen=True, slots=True)
class _Profile:
    """What Slack says of somebody."""

    standing: Standing
    teams: frozenset[str]
    time_zone: str = "UTC"

    def in_team(self, team: TeamId) -> Standing:
        """Where they belong to another organisation, their rights there count for nothing here."""
        return self.standing if team in self.teams else Standing(is_bot=self.standing.is_bot)


_NOBODY = _Profile(Standing(), frozenset())


class People:
    """Knows everybody's role: by LIVESOP_ADMINS, by Slack, and by the team's own lists.

    What Slack said is remembered for five minutes. Raises SlackAway, SlackRefused where it does
    not say, DatabaseAway where the team's lists cannot be read and matter.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        admins: frozenset[str],
        settings: Callable[[TeamId], Awaitable[TeamSettings]],
    ) -> None:
        self._client = client
        self._admins = admins
        self._settings = settings
        self._profiles: TTLCache[UserId, _Profile] = TTLCache(maxsize=10_000, ttl=_REMEMBERED_S)
        self._groups: TTLCache[str, frozenset[str]] = TTLCache(maxsize=1_000, ttl=_REMEMBERED_S)
        self._some_admins: TTLCache[TeamId, tuple[str, ...]] = TTLCache(
            maxsize=1_000, ttl=_REMEMBERED_S
        )

    async def role(self, team: TeamId, user: UserId) -> Role:
        """Say what somebody is; whom Slack does not know only looks."""
        if user in self._admins:
            return Role.ADMIN
        standing = (await self._profile(user)).in_team(team)
        if standing.is_bot or standing.is_admin:  # no list says otherwise
            return role_of(standing, listed_admin=False, listed_operator=False)
        settings = await self._settings(team)
        operators = settings.operators
        return role_of(
            standing,
            listed_admin=user in settings.admins,
            listed_operator=await self.is_among(user, operators) if operators else None,
        )

    async def who_are(self, team: TeamId, role: Role) -> tuple[str, ...]:
        """Name some who have a role, users or user groups; of operators none where all may.

        Who listed them comes first. Slack's admins are looked for among its first 200 people.
        """
        settings = await self._settings(team)
        if role is not Role.ADMIN:
            return settings.operators[:NAMED]
        named = list(dict.fromkeys((*settings.admins, *sorted(self._admins))))
        if len(named) < NAMED:
            named += [one for one in await self._admins_of(team) if one not in named]
        return tuple(named[:NAMED])

    async def is_bot(self, user: UserId) -> bool:
        """Say whether this is an app and no person."""
        return (await self._profile(user)).standing.is_bot

    async def time_zone(self, user: UserId) -> str:
        """Give the IANA name of somebody's time zone; UTC where they have none."""
        return (await self._profile(user)).time_zone

    async def is_among(self, user: UserId, allowed: Collection[str]) -> bool:
        """Say whether a person is one of the users, or in one of the user groups (S…), named."""
        if user in allowed:
            return True
        for group in (one for one in allowed if one.startswith("S")):
            if user in await self._members(group):
                return True
        return False

    async def _profile(self, user: UserId) -> _Profile:
        known = self._profiles.get(user)
        if known is None:
            known = self._profiles[user] = await self._ask(user)
        return known

    async def _ask(self, user: UserId) -> _Profile:
        try:
            with slack_errors():
                async with asyncio.timeout(_LIMIT_S):
                    answer = await self._client.users_info(user=user)
        except SlackRefused as error:
            if error.code in ("user_not_found", "user_not_visible"):
                return _NOBODY
            raise
        return _read(answer.get("user") or {})

    async def _admins_of(self, team: TeamId) -> tuple[str, ...]:
        """Some of Slack's admins; none where it does not say, for they are only named."""
        known = self._some_admins.get(team)
        if known is None:
            try:
                with slack_errors():
                    async with asyncio.timeout(_LIMIT_S):
                        answer = await self._client.users_list(limit=200)
            except (SlackAway, SlackRefused):
                return ()
            read = [(user.get("id"), _read(user)) for user in answer.get("members") or ()]
            known = self._some_admins[team] = tuple(
                id_
                for id_, profile in read
                if isinstance(id_, str) and _administers(profile.in_team(team))
            )
        return known

    async def _members(self, group: str) -> frozenset[str]:
        known = self._groups.get(group)
        if known is None:
            known = self._groups[group] = await self._ask_group(group)
        return known

    async def _ask_group(self, group: str) -> frozenset[str]:
        try:
            with slack_errors():
                async with asyncio.timeout(_LIMIT_S):
                    answer = await self._client.usergroups_users_list(usergroup=group)
        except SlackRefused as error:
            if error.code == "no_such_subteam":
                return frozenset()
            raise
        return frozenset(answer.get("users") or ())


def _administers(standing: Standing) -> bool:
    return role_of(standing, listed_admin=False, listed_operator=False) is Role.ADMIN


def _read(user: Mapping[str, Any]) -> _Profile:
    """What a user object of Slack says; in an organisation (Grid) a user is in several teams."""
    is_active = user.get("deleted") is not True
    standing = Standing(
        is_member=is_active,
        is_guest=any(user.get(kind) is True for kind in _GUEST),
        is_admin=is_active and any(user.get(right) is True for right in _RIGHTS),
        is_bot=user.get("is_bot") is True,
    )
    teams = ((user.get("enterprise_user") or {}).get("teams") or (), (user.get("team_id"),))
    known = frozenset(one for some in teams for one in some if one)
    return _Profile(standing, known, user.get("tz") or "UTC")
