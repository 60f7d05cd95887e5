"""Messages that people point at: read from Slack, which shows LiveSOP those of its own channels."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.slack_calls import slack_errors
from livesop_bot.domain.signals import ChannelId, EventId, MessageTs, NewSignal, Source, TeamId
from livesop_bot.errors import SlackAway, SlackRefused

log = structlog.get_logger()

_LONGEST_TEXT = 40_000
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""What a JSON string may hold and a PostgreSQL text may not."""


async def message_at(
    client: AsyncWebClient, channel: ChannelId, ts: MessageTs
) -> Mapping[str, Any] | None:
    """A message, in a thread or not; None where Slack does not show it to LiveSOP."""
    try:
        with slack_errors():
            found = await client.conversations_replies(
                channel=channel, ts=ts, limit=1, inclusive=True
            )
    except (SlackAway, SlackRefused) as error:
        log.warning("message.not_read", channel=channel, error=str(error))
        return None
    messages = found.get("messages") or ()
    return next((message for message in messages if message.get("ts") == ts), None)


async def permalink_of(client: AsyncWebClient, channel: ChannelId, ts: MessageTs) -> str | None:
    """A message's address; what needs it can do without."""
    try:
        with slack_errors():
            found = await client.chat_getPermalink(channel=channel, message_ts=ts)
    except (SlackAway, SlackRefused):
        return None
    return str(found.get("permalink") or "") or None


async def signal_at(
    client: AsyncWebClient, team: TeamId, channel: ChannelId, ts: MessageTs
) -> NewSignal | None:
    """The same as a signal that nobody judged; None as in `message_at`."""
    message = await message_at(client, channel, ts)
    if message is None:
        return None
    thread_ts, bot, now = message.get("thread_ts"), message.get("bot_id"), datetime.now(UTC)
    return NewSignal(
        event_id=EventId(f"pointed:{team}:{channel}:{ts}"),
        team=team,
        source=Source.SLACK,
        external_id=f"{channel}:{ts}",
        channel=channel,
        message_ts=ts,
        thread_ts=MessageTs(thread_ts) if thread_ts and thread_ts != ts else None,
        author=str(message.get("user") or bot or ""),
        author_is_bot=bot is not None,
        text=storable(str(message.get("text") or "")),
        permalink=await permalink_of(client, channel, ts),
        occurred_at=datetime.fromtimestamp(float(ts), UTC),
        received_at=now,
    )


def storable(text: str) -> str:
    """A text without what PostgreSQL does not take, as long as Slack's messages are at most."""
    return _UNSTORABLE.sub("\ufffd", text[:_LONGEST_TEXT])
