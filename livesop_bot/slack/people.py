"""People: who may switch things on, and who may move a step on."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass

from cachetools import TTLCache
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.slack_calls import slack_errors
from livesop_bot.domain.signals import UserId
from livesop_bot.errors import SlackRefused

_REMEMBERED_S = 300
_LIMIT_S = 1.0
"""A command must be answered within 3 s, and the database wants its part of them."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What Slack says of somebody; of whom it does not know, nothing is the case."""

    is_admin: bool = False
    is_bot: bool = False
    time_zone: str = "UTC"


class People:
    """Knows LiveSOP's admins: those of LIVESOP_ADMINS, and the workspace's admins and owners.

    What Slack said is remembered for five minutes. Raises SlackAway, SlackRefused where it does
    not say.
    """

    def __init__(self, client: AsyncWebClient, admins: frozenset[str]) -> None:
        self._client = client
        self._admins = admins
        self._profiles: TTLCache[UserId, Profile] = TTLCache(maxsize=10_000, ttl=_REMEMBERED_S)
        self._groups: TTLCache[str, frozenset[str]] = TTLCache(maxsize=1_000, ttl=_REMEMBERED_S)

    async def is_admin(self, user: UserId) -> bool:
        """Say whether this person may switch things on; somebody Slack does not know may not."""
        return user in self._admins or (await self._profile(user)).is_admin

    async def is_bot(self, user: UserId) -> bool:
        """Say whether this is an app and no person."""
        return (await self._profile(user)).is_bot

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

    async def _profile(self, user: UserId) -> Profile:
        known = self._profiles.get(user)
        if known is None:
            known = self._profiles[user] = await self._ask(user)
        return known

    async def _ask(self, user: UserId) -> Profile:
        try:
            with slack_errors():
                async with asyncio.timeout(_LIMIT_S):
                    profile = (await self._client.users_info(user=user)).get("user") or {}
        except SlackRefused as error:
            if error.code in ("user_not_found", "user_not_visible"):
                return Profile()
            raise
        rights = ("is_admin", "is_owner", "is_primary_owner")
        active = not profile.get("deleted")
        return Profile(
            is_admin=active and any(profile.get(right) is True for right in rights),
            is_bot=profile.get("is_bot") is True,
            time_zone=profile.get("tz") or "UTC",
        )

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
