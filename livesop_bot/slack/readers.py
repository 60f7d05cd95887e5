"""Readers: who may read what was written where. Not knowing means that they may not."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from cachetools import TTLCache
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.slack_calls import slack_errors
from livesop_bot.domain.signals import ChannelId, UserId
from livesop_bot.errors import SlackAway, SlackRefused

log = structlog.get_logger()

_REMEMBERED_S = 300
_LIMIT_S = 1.5


class Readers:
    """Knows which channels are public, and who may read them all; asks Slack now and then."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._known: TTLCache[str, bool] = TTLCache(maxsize=10_000, ttl=_REMEMBERED_S)

    async def may_read(self, user: UserId, channel: ChannelId, *, here: ChannelId) -> bool:
        """Say whether this person may read that channel: it is where they are (`here`), or it is
        public and they are a full member of the workspace. Guests are not.
        """
        if channel == here:
            return True
        answers = await asyncio.gather(self.is_public(channel), self._is_full_member(user))
        return all(answers)

    async def may_ask(self, user: UserId, channel: ChannelId) -> bool:
        """Say whether a person may be answered there from what the team knows: a full member, in a
        channel that no other workspace shares.
        """
        answers = await asyncio.gather(self._is_full_member(user), self._is_ours(channel))
        return all(answers)

    async def is_here(self, channel: ChannelId) -> bool:
        """Say whether LiveSOP can post in a channel."""
        return await self._ask(
            f"here:{channel}",
            lambda: self._client.conversations_info(channel=channel),
            lambda answer: _is_member(answer.get("channel") or {}),
            remember=False,
        )

    async def _is_ours(self, channel: ChannelId) -> bool:
        return await self._ask(
            f"ours:{channel}",
            lambda: self._client.conversations_info(channel=channel),
            lambda answer: not (answer.get("channel") or {}).get("is_ext_shared"),
        )

    async def is_public(self, channel: ChannelId) -> bool:
        """Say whether every full member of the workspace can read a channel."""
        return await self._ask(
            channel,
            lambda: self._client.conversations_info(channel=channel),
            lambda answer: _is_public(answer.get("channel") or {}),
        )

    async def _is_full_member(self, user: UserId) -> bool:
        return await self._ask(
            user,
            lambda: self._client.users_info(user=user),
            lambda answer: _is_full(answer.get("user") or {}),
        )

    async def _ask(
        self,
        key: str,
        call: Callable[[], Awaitable[Any]],
        read: Callable[[Mapping[str, Any]], bool],
        *,
        remember: bool = True,
    ) -> bool:
        known = self._known.get(key)
        if known is None:
            try:
                with slack_errors():
                    async with asyncio.timeout(_LIMIT_S):
                        known = read(await call())
            except (SlackAway, SlackRefused) as error:
                log.warning("readers.unknown", of=key, error=str(error))
                return False
            if remember:
                self._known[key] = known
        return known


def _is_public(channel: Mapping[str, Any]) -> bool:
    closed = ("is_private", "is_group", "is_im", "is_mpim")
    return channel.get("is_channel") is True and not any(channel.get(kind) for kind in closed)


def _is_member(channel: Mapping[str, Any]) -> bool:
    """Of direct messages Slack tells only those that are LiveSOP's own."""
    return channel.get("is_member") is True or channel.get("is_im") is True


def _is_full(user: Mapping[str, Any]) -> bool:
    lesser = ("deleted", "is_restricted", "is_ultra_restricted", "is_stranger", "is_bot")
    return bool(user.get("id")) and not any(user.get(kind) for kind in lesser)
