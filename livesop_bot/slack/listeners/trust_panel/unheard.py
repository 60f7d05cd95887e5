"""Why a message was not looked at, as far as the message, its channel and the rules say."""

import asyncio
from collections.abc import Mapping
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.slack_calls import slack_errors
from livesop_bot.domain.signals import ChannelId, TeamId
from livesop_bot.errors import SlackAway, SlackRefused
from livesop_bot.slack.ingest import Rules
from livesop_bot.slack.listeners.face import Face, team_of, within
from livesop_bot.slack.rules import combined
from livesop_bot.views.trust_panel.unknown import Unheard

_LIMIT_S = 1.5
_HEARD = frozenset({None, "file_share", "thread_broadcast", "me_message", "bot_message"})
"""Subtypes that are looked at, or may be."""


async def unheard(
    face: Face,
    client: AsyncWebClient,
    body: Mapping[str, Any],
    channel: ChannelId,
    message: Mapping[str, Any] | None,
) -> list[Unheard]:
    """Name the causes that are plain to see; none: nothing is. Raises DatabaseAway."""
    rules = await _rules(face, team_of(body))
    found = [] if message is None else _of_message(message, body.get("api_app_id"), rules)
    if not rules.watches(channel):
        found.append(Unheard.UNWATCHED)
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
    if place.get("is_ext_shared") and not rules.lets_in(channel):
        found.append(Unheard.EXTERNAL)
    return found


def author_app(message: Mapping[str, Any]) -> str:
    """The id by which an app that wrote a message can be allowed; empty: none did."""
    profile = message.get("bot_profile") or {}
    return profile.get("app_id") or message.get("app_id") or message.get("bot_id") or ""


async def _rules(face: Face, team: TeamId) -> Rules:
    environment = face.administration.environment
    default = Rules(
        allowed_bots=frozenset(environment.allowed_bots),
        external_channels=environment.external_channels,
    )
    return combined(default, await within(face.administration.settings.recent(team)))


def _of_message(message: Mapping[str, Any], app: object, rules: Rules) -> list[Unheard]:
    author = author_app(message)
    if author and author == app:
        return [Unheard.OWN]
    if bot := message.get("bot_id"):
        return [] if rules.allowed_bots & {author, bot} else [Unheard.APP]
    return [] if message.get("subtype") in _HEARD else [Unheard.KIND]
