"""People: what somebody may do, and who may do what somebody else may not."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable

from cachetools import TTLCache
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.slack_calls import slack_errors
from livesop_bot.actions.slack_profiles import NOBODY, Profile, read_profile, workspace_admins
from livesop_bot.domain.message_text import mentioned
from livesop_bot.domain.rights import Role, role_of
from livesop_bot.domain.signals import TeamId, UserId
from livesop_bot.domain.team_settings import TeamSettings
from livesop_bot.errors import SlackAway, SlackRefused

_REMEMBERED_S = 300
_LIMIT_S = 1.0
"""A command must be answered within 3 s, and the database wants its part of them."""

_MOST_MENTIONED = 20
"""People whose names are looked up for what is shown at once; one question to Slack each."""

NAMED = 5
"""People, at most, who are named to somebody who may not do something."""


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
        self._profiles: TTLCache[UserId, Profile] = TTLCache(maxsize=10_000, ttl=_REMEMBERED_S)
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

    async def names(self, texts: Iterable[str]) -> dict[str, str]:
        """Name those whom texts mention, by their ids; whom Slack does not name goes unnamed."""
        ids = list(dict.fromkeys(UserId(one) for text in texts for one in mentioned(text)))
        asked = ids[:_MOST_MENTIONED]
        found = await asyncio.gather(*map(self._profile, asked), return_exceptions=True)
        named: dict[str, str] = {}
        for id_, profile in zip(asked, found, strict=True):
            if isinstance(profile, Profile):
                named |= {id_: profile.name} if profile.name else {}
            elif not isinstance(profile, (SlackAway, SlackRefused)):
                raise profile
        return named

    async def is_among(self, user: UserId, allowed: Collection[str]) -> bool:
        """Say whether a person is one of the users, or in one of the user groups (S…), named."""
        if user in allowed:
            return True
        for group in (one for one in allowed if one.startswith("S")):
            if user in await self._members(group):
                return True
        return False

    async def _profile(self, user: UserId) -> Profile:
        known = self._profiles.get(user)
        if known is None:
            known = self._profiles[user] = await self._ask(user)
        return known

    async def _ask(self, user: UserId) -> Profile:
        try:
            with slack_errors():
                async with asyncio.timeout(_LIMIT_S):
                    answer = await self._client.users_info(user=user)
        except SlackRefused as error:
            if error.code in ("user_not_found", "user_not_visible"):
                return NOBODY
            raise
        return read_profile(answer.get("user") or {})

    async def _admins_of(self, team: TeamId) -> tuple[str, ...]:
        """Some of Slack's admins; none where it does not say, for they are only named."""
        known = self._some_admins.get(team)
        if known is None:
            try:
                async with asyncio.timeout(_LIMIT_S):
                    found = [one async for one in workspace_admins(self._client, team, pages=1)]
            except (SlackAway, SlackRefused, TimeoutError):
                return ()
            known = self._some_admins[team] = tuple(found)
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
