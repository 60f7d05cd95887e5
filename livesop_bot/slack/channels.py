"""Channels that LiveSOP is in, and those that it joins."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.slack_calls import slack_errors
from livesop_bot.domain.signals import ChannelId
from livesop_bot.errors import SlackAway, SlackRefused

_LOOK_S = 0.7
"""Somebody waits for their Home meanwhile."""
_JOIN_S = 10.0


@dataclass(slots=True)
class Joined:
    """What came of joining: the channels, and Slack's word where it refused, or why not else."""

    channels: list[ChannelId] = field(default_factory=list)
    refused: dict[ChannelId, str] = field(default_factory=dict)


class Channels:
    """Asks Slack, each time."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def is_in_one(self) -> bool:
        """Say whether LiveSOP surely is in a channel; where Slack does not say, it is not sure."""
        try:
            with slack_errors():
                async with asyncio.timeout(_LOOK_S):
                    answer = await self._client.users_conversations(
                        types="public_channel,private_channel", exclude_archived=True, limit=100
                    )
        except (SlackAway, SlackRefused):
            return False
        return bool(answer.get("channels"))

    async def join(self, channels: Sequence[ChannelId]) -> Joined:
        """Join public channels, one after the other; one that is joined already counts."""
        outcome = Joined()
        for channel in channels:
            try:
                with slack_errors():
                    async with asyncio.timeout(_JOIN_S):
                        await self._client.conversations_join(channel=channel)
            except SlackRefused as error:
                outcome.refused[channel] = error.code
            except SlackAway:
                outcome.refused[channel] = "slack_away"
            else:
                outcome.channels.append(channel)
        return outcome
