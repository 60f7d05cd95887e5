"""From a Slack payload to what it means for LiveSOP.

The kinds of message, and which of them count, are those of Slack's documentation of the `message`
event; a payload that is not as documented is noise of the kind `malformed`, never an exception.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from livesop_bot.domain.signals import (
    ChannelId,
    EventId,
    Incoming,
    MessageTs,
    NewSignal,
    Noise,
    SignalDeletion,
    SignalEdit,
    Source,
    TeamId,
    UserId,
)

_TS = re.compile(r"[0-9]{1,12}\.[0-9]{6}")
_NAME = re.compile(r"[a-z_]{1,40}")
_SIGNAL_SUBTYPES = (None, "file_share", "thread_broadcast", "me_message")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""What a JSON string may hold and a PostgreSQL text may not."""

LONGEST_TEXT = 40_000
"""Slack truncates longer messages, in characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Who LiveSOP is in the workspace (from auth.test), and where the workspace lives."""

    team: TeamId
    team_name: str
    url: str
    bot_user: UserId
    bot_id: str
    app_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Which messages count beyond those that people write in the workspace's own channels.

    `channels`: the only ones that are watched; none named: all. Direct messages always are.
    """

    allowed_bots: frozenset[str] = frozenset()
    external_channels: bool | frozenset[str] = False
    channels: frozenset[str] = frozenset()

    def watches(self, channel: object) -> bool:
        """Whether new messages of a channel count."""
        named = isinstance(channel, str) and (channel in self.channels or channel.startswith("D"))
        return named or not self.channels

    def lets_in(self, channel: object) -> bool:
        """Whether a channel that is shared with another organisation is listened to."""
        allowed = self.external_channels
        if isinstance(allowed, bool):
            return allowed
        return isinstance(channel, str) and channel in allowed


BY_RULE = frozenset({"external_channel", "bot_message", "unwatched_channel"})
"""The kinds of noise that are noise by a team's rules alone."""


class _Malformed(ValueError):
    pass


def parse(
    payload: Mapping[str, Any], *, installation: Installation, rules: Rules, received_at: datetime
) -> Incoming:
    """Say what an events_api payload means: a message, an edit, a deletion, or noise."""
    event = payload.get("event")
    kind = event.get("type") if isinstance(event, dict) else payload.get("type")
    if kind not in ("message", "app_mention") or not isinstance(event, dict):
        return Noise(counted_as(kind))
    try:
        return _message(payload, event, installation, rules, received_at)
    except _Malformed:
        return Noise("malformed")


def _message(
    payload: Mapping[str, Any],
    event: Mapping[str, Any],
    installation: Installation,
    rules: Rules,
    received_at: datetime,
) -> Incoming:
    # What is stored follows its message, also where new ones do not count, or not any more.
    subtype = event.get("subtype")
    if subtype == "message_deleted":
        return _deletion(payload, event, event, "deleted_ts", received_at)
    left_out = _left_out(payload, event, rules)
    if subtype != "message_changed":
        if left_out is not None:
            return Noise(left_out)
        return _new(payload, event, event, installation, rules, received_at)
    message = event.get("message")
    if not isinstance(message, dict):
        raise _Malformed
    if message.get("subtype") == "tombstone":
        return _deletion(payload, event, message, "ts", received_at)
    previous = event.get("previous_message")
    if isinstance(previous, dict) and previous.get("text") == message.get("text"):
        return Noise("message_unchanged")
    signal = _new(payload, event, message, installation, rules, received_at)
    if not isinstance(signal, NewSignal):
        return signal
    edited = message.get("edited")
    version = _ts(edited if isinstance(edited, dict) else event)
    return SignalEdit(signal=signal, version=version, may_be_first=left_out is None)


def _left_out(payload: Mapping[str, Any], event: Mapping[str, Any], rules: Rules) -> str | None:
    """The kind of noise that new messages of a channel are, if they are."""
    channel = event.get("channel")
    if payload.get("is_ext_shared_channel") is True and not rules.lets_in(channel):
        return "external_channel"
    return None if rules.watches(channel) else "unwatched_channel"


def _new(
    payload: Mapping[str, Any],
    event: Mapping[str, Any],
    message: Mapping[str, Any],
    installation: Installation,
    rules: Rules,
    received_at: datetime,
) -> Incoming:
    subtype, bot_id, user = message.get("subtype"), message.get("bot_id"), message.get("user")
    profile = message.get("bot_profile")
    app_id = profile.get("app_id") if isinstance(profile, dict) else message.get("app_id")
    if user == installation.bot_user or bot_id == installation.bot_id:
        return Noise("own_message")
    if subtype == "bot_message" or bot_id is not None:
        if not any(
            name in rules.allowed_bots for name in (app_id, bot_id) if isinstance(name, str)
        ):
            return Noise("bot_message")
    elif subtype not in _SIGNAL_SUBTYPES:
        return Noise(counted_as(subtype, "message_"))
    channel, ts = ChannelId(_string(event, "channel")), _ts(message)
    thread_ts = _ts(message, "thread_ts") if message.get("thread_ts") is not None else None
    if thread_ts == ts:
        thread_ts = None
    text = message.get("text")
    return NewSignal(
        event_id=EventId(_string(payload, "event_id")),
        team=_team(payload),
        source=Source.SLACK,
        external_id=f"{channel}:{ts}",
        channel=channel,
        message_ts=ts,
        thread_ts=thread_ts,
        author=_string(message, "bot_id" if bot_id is not None and user is None else "user"),
        author_is_bot=bot_id is not None,
        text=_UNSTORABLE.sub("\ufffd", text[:LONGEST_TEXT]) if isinstance(text, str) else "",
        permalink=permalink(installation.url, channel, ts, thread_ts),
        occurred_at=_time(ts),
        received_at=received_at,
    )


def _deletion(
    payload: Mapping[str, Any],
    event: Mapping[str, Any],
    holder: Mapping[str, Any],
    key: str,
    received_at: datetime,
) -> SignalDeletion:
    channel, ts = ChannelId(_string(event, "channel")), _ts(holder, key)
    return SignalDeletion(
        event_id=EventId(_string(payload, "event_id")),
        team=_team(payload),
        source=Source.SLACK,
        external_id=f"{channel}:{ts}",
        channel=channel,
        message_ts=ts,
        occurred_at=_time(ts),
        received_at=received_at,
    )


def permalink(
    workspace_url: str, channel: ChannelId, ts: MessageTs, thread_ts: MessageTs | None
) -> str:
    """Build a message's link as Slack does, without asking Slack."""
    link = f"{workspace_url.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}"
    return f"{link}?thread_ts={thread_ts}&cid={channel}" if thread_ts else link


def counted_as(name: object, prefix: str = "") -> str:
    """A name as it is counted: only what can be one of Slack's is repeated."""
    return prefix + name if isinstance(name, str) and _NAME.fullmatch(name) else "malformed"


def _team(payload: Mapping[str, Any]) -> TeamId:
    """The team that installed LiveSOP; in shared channels `team_id` may be the other side's."""
    authorizations = payload.get("authorizations")
    first = authorizations[0] if isinstance(authorizations, list) and authorizations else None
    if isinstance(first, dict) and first.get("team_id"):  # none: for a whole organisation
        payload = first
    return TeamId(_string(payload, "team_id"))


def _string(holder: Mapping[str, Any], key: str) -> str:
    value = holder.get(key)
    if not isinstance(value, str) or not value or len(value) > 255 or _UNSTORABLE.search(value):
        raise _Malformed(key)
    return value


def _ts(holder: Mapping[str, Any], key: str = "ts") -> MessageTs:
    value = _string(holder, key)
    if not _TS.fullmatch(value):
        raise _Malformed(key)
    return MessageTs(value)


def _time(ts: MessageTs) -> datetime:
    try:
        return datetime.fromtimestamp(float(ts), UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise _Malformed("ts") from error
