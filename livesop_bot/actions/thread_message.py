"""The message of a run in its thread: found by its key, or posted with it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.slack_calls import slack_errors
from livesop_bot.domain.signals import ChannelId, MessageTs

_EVENT_TYPE = "livesop_run"
_PAGE = 200


class ThreadMessages:
    """Posts into threads; the idempotency key travels in the message's metadata.

    `client` must not retry by itself: a request that Slack accepted before the connection broke
    would be posted twice. Raises SlackBusy, SlackAway, SlackRefused.
    """

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def find(self, channel: ChannelId, thread_ts: MessageTs, key: UUID) -> MessageTs | None:
        """Ask Slack whether the message with that key is in the thread."""
        cursor: str | None = None
        while True:
            with slack_errors():
                page = await self._client.conversations_replies(
                    channel=channel,
                    ts=thread_ts,
                    include_all_metadata=True,
                    limit=_PAGE,
                    cursor=cursor,
                )
            for message in page.get("messages") or ():
                metadata = message.get("metadata") or {}
                if (metadata.get("event_payload") or {}).get("key") == str(key):
                    return MessageTs(message["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return None

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
        with slack_errors():
            posted = await self._client.chat_postMessage(
                channel=channel,
                thread_ts=thread_ts,
                text=text,
                blocks=blocks,
                metadata={"event_type": _EVENT_TYPE, "event_payload": {"key": str(key)}},
                unfurl_links=False,
                unfurl_media=False,
            )
        return MessageTs(posted["ts"])
