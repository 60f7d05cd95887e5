"""What LiveSOP itself said in a thread (a run's message, a card), kept up to date."""

from collections.abc import Sequence
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.slack_calls import slack_errors
from livesop_bot.domain.signals import ChannelId, MessageTs


class ThreadMessages:
    """Updates messages in threads. Raises SlackBusy, SlackAway, SlackRefused."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def update(
        self,
        channel: ChannelId,
        ts: MessageTs,
        *,
        text: str,
        blocks: Sequence[dict[str, Any]],
    ) -> None:
        """Show something else in the message's place; its metadata stays."""
        with slack_errors():
            await self._client.chat_update(channel=channel, ts=ts, text=text, blocks=blocks)
