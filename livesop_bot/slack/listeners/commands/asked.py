"""What somebody typed after `/livesop`, or pressed in its stead."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.domain.signals import ChannelId, TeamId, UserId
from livesop_bot.slack.listeners.face import Face, team_of
from livesop_bot.views.blocks import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who typed what, and where. `rest` is what follows the first word, as it was typed.

    `body` is what Slack sent.
    """

    team: TeamId
    user: UserId
    channel: ChannelId
    word: str
    rest: str
    trigger_id: str
    body: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Asked":
        """Read a slash command's payload; the first word counts in any case of letters."""
        return cls._of(body, body["user_id"], body["channel_id"], body.get("text") or "")

    @classmethod
    def pressed(cls, body: Mapping[str, Any]) -> "Asked":
        """Read the press of a button that stands for a command."""
        action, container = body["actions"][0], body.get("container") or {}
        channel = (body.get("channel") or {}).get("id") or container.get("channel_id") or ""
        return cls._of(body, body["user"]["id"], channel, action.get("value") or "")

    @classmethod
    def _of(cls, body: Mapping[str, Any], user: str, channel: str, text: str) -> "Asked":
        word, *rest = text.split(maxsplit=1) or [""]
        return cls(
            team=team_of(body),
            user=UserId(user),
            channel=ChannelId(channel),
            word=word.lower(),
            rest="".join(rest).strip(),
            trigger_id=body.get("trigger_id") or "",
            body=body,
        )

    @property
    def words(self) -> Sequence[str]:
        """What follows the first word, word by word."""
        return self.rest.split()


Answer = Callable[[Face, AsyncWebClient, Asked], Awaitable[Message | None]]
"""Answers a word; None where a modal answers instead."""


@dataclass(frozen=True, slots=True)
class Word:
    """What answers a word, and whether that may take longer than an ack."""

    answer: Answer
    is_slow: bool = False
