"""Why a message was not looked at, as far as the message and its channel say."""

import asyncio
from collections.abc import Mapping
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.slack_calls import slack_errors
from livesop_bot.domain.signals import ChannelId
from livesop_bot.errors import SlackAway, SlackRefused
from livesop_bot.views.trust_panel.unknown import Unheard

_LIMIT_S = 1.5
_HEARD = frozenset({None, "file_share", "thread_broadcast", "me_message", "bot_message"})
"""Subtypes that are looked at, or may be."""


async def unheard(
    client: AsyncWebClient,
    body: Mapping[str, Any],
    channel: ChannelId,
    message: Mapping[str, Any] | None,
) -> list[Unheard]:
    """Name the causes that are plain to see; none: nothing is."""
    found = [] if message is None else _of_message(message, body.get("api_app_id"))
    try:
        with slack_errors():
            async with asyncio.timeout(_LIMIT_S):
                answer = await client.conversations_info(channel=channel)
    except SlackRefused as error:
        return [*found, Unheard.NOT_MEMBER] if error.code == "channel_not_found" else found
    except SlackAway:
        return found
    place = answer.get("channel") or {}
    if place.get("is_member") is False:
        found.append(Unheard.NOT_MEMBER)
    if place.get("is_ext_shared"):
        found.append(Unheard.EXTERNAL)
    return found


def _of_message(message: Mapping[str, Any], app: object) -> list[Unheard]:
    author = message.get("app_id") or (message.get("bot_profile") or {}).get("app_id")
    if author is not None and author == app:
        return [Unheard.OWN]
    if message.get("bot_id"):
        return [Unheard.APP]
    return [] if message.get("subtype") in _HEARD else [Unheard.KIND]
