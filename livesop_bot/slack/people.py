"""People: who may switch things on."""

import asyncio

from cachetools import TTLCache
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.slack_calls import slack_errors
from livesop_bot.domain.signals import UserId
from livesop_bot.errors import SlackRefused

_REMEMBERED_S = 300
_LIMIT_S = 1.0
"""A command must be answered within 3 s, and the database wants its part of them."""


class People:
    """Knows LiveSOP's admins: those of LIVESOP_ADMINS, and the workspace's admins and owners."""

    def __init__(self, client: AsyncWebClient, admins: frozenset[str]) -> None:
        self._client = client
        self._admins = admins
        self._seen: TTLCache[UserId, bool] = TTLCache(maxsize=10_000, ttl=_REMEMBERED_S)

    async def is_admin(self, user: UserId) -> bool:
        """Say whether this person may switch things on; asks Slack at most every five minutes.

        Somebody whom Slack does not know is none. Raises SlackAway where Slack does not say.
        """
        if user in self._admins:
            return True
        known = self._seen.get(user)
        if known is None:
            known = self._seen[user] = await self._ask(user)
        return known

    async def _ask(self, user: UserId) -> bool:
        try:
            with slack_errors():
                async with asyncio.timeout(_LIMIT_S):
                    profile = (await self._client.users_info(user=user)).get("user") or {}
        except SlackRefused as error:
            if error.code in ("user_not_found", "user_not_visible"):
                return False
            raise
        rights = ("is_admin", "is_owner", "is_primary_owner")
        return not profile.get("deleted") and any(profile.get(right) is True for right in rights)
