"""Messages whose metadata carries an idempotency key: posted with it, and found by it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.slack_calls import slack_errors
from livesop_bot.domain.signals import MessageTs

_PAGE = 200


async def find_keyed(
    client: AsyncWebClient,
    key: UUID,
    channel: str,
    *,
    thread_ts: str | None = None,
    oldest: str | None = None,
) -> MessageTs | None:
    """Ask Slack whether the message with that key is in the thread, or else in the channel.

    The key alone tells it from whatever else was said there: no two messages share one.
    `oldest`: the ts before which it cannot be. Raises SlackBusy, SlackAway, SlackRefused.
    """
    cursor: str | None = None
    while True:
        about: dict[str, Any] = {
            "channel": channel,
            "include_all_metadata": True,
            "limit": _PAGE,
            "cursor": cursor,
            "oldest": oldest,
        }
        with slack_errors():
            if thread_ts is None:
                page = await client.conversations_history(**about)
            else:
                page = await client.conversations_replies(ts=thread_ts, **about)
        for message in page.get("messages") or ():
            metadata = message.get("metadata") or {}
            if (metadata.get("event_payload") or {}).get("key") == str(key):
                return MessageTs(message["ts"])
        cursor = (page.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return None


async def post_keyed(
    client: AsyncWebClient,
    key: UUID,
    channel: str,
    *,
    event_type: str,
    text: str,
    thread_ts: str | None = None,
    blocks: Sequence[dict[str, Any]] = (),
) -> MessageTs:
    """Post a message; with blocks, `text` is what notifications and screen readers get.

    `client` must not retry by itself: a request that Slack accepted before the connection broke
    would be posted twice. Raises SlackBusy, SlackAway, SlackRefused.
    """
    with slack_errors():
        posted = await client.chat_postMessage(
            channel=channel,
            thread_ts=thread_ts,
            text=text,
            blocks=blocks or None,
            metadata={"event_type": event_type, "event_payload": {"key": str(key)}},
            unfurl_links=False,
            unfurl_media=False,
        )
    return MessageTs(posted["ts"])
