"""What LiveSOP itself says in a thread (a run's message, a reminder, a card): found by its key."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.keyed_message import find_keyed, post_keyed
from livesop_bot.actions.slack_calls import slack_errors
from livesop_bot.domain.signals import ChannelId, MessageTs

_EVENT_TYPE = "livesop_run"


class ThreadMessages:
    """Posts into threads; the idempotency key travels in the message's metadata.

    `client` must not retry by itself. Raises SlackBusy, SlackAway, SlackRefused.
    """

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def find(self, channel: ChannelId, thread_ts: MessageTs, key: UUID) -> MessageTs | None:
        """Ask Slack whether the message with that key is in the thread."""
        return await find_keyed(self._client, key, channel, thread_ts=thread_ts)

    async def post(
        self,
        channel: ChannelId,
        thread_ts: MessageTs,
        key: UUID,
        *,
        text: str,
        blocks: Sequence[dict[str, Any]],
    ) -> MessageTs:
        """Post the message; `text` is what notifications and screen readers get."""
        return await post_keyed(
            self._client,
            key,
            channel,
            event_type=_EVENT_TYPE,
            text=text,
            thread_ts=thread_ts,
            blocks=blocks,
        )

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
