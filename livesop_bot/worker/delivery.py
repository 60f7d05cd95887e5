"""Delivery: one try to have a message in Slack, where it is to be once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.keyed_message import find_keyed, post_keyed
from livesop_bot.domain.signals import MessageTs
from livesop_bot.errors import SlackBusy
from livesop_bot.views.blocks import Message
from livesop_bot.worker.faults import LANDS_S, later, patiently

Name = TypeVar("Name", contravariant=True)


class Notes(Protocol[Name]):
    """Where tries are noted, by what names the message there. Raises DatabaseAway."""

    async def begin(self, message: Name, seen: datetime | None) -> datetime | None:
        """Note that it is posted now; None: that was done since somebody looked at it."""
        ...

    async def not_posted(self, message: Name, tried_at: datetime) -> None:
        """Note that Slack surely did not post it, at that try."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a message belongs, and the key in its metadata. It is not older than `oldest`."""

    key: UUID
    channel: str
    thread_ts: MessageTs | None = None
    oldest: str | None = None


@dataclass(slots=True, kw_only=True)
class Delivery(Generic[Name]):
    """A try is noted before Slack is asked to post.

    Whoever finds an earlier one (a crash, a time-out, a broken connection) asks Slack for the
    message's key first, and posts only if it is not there although it must have arrived.
    `tried_at`: since when it may be in Slack; once this try has begun, since when that is so by it.
    `quiet`: for how many seconds it had not been tried. `found`: an earlier try had posted it.
    """

    notes: Notes[Name]
    message: Name
    tried_at: datetime | None
    quiet: float
    found: bool = False

    async def __call__(
        self,
        slack: AsyncWebClient,
        place: Place,
        compose: Callable[[], Awaitable[Message | None]],
        *,
        event_type: str,
        lands_s: float = LANDS_S,
    ) -> MessageTs | None:
        """Have it in its place; None: there is nothing to say. `slack` must not retry by itself.

        Raises SlackBusy, SlackAway, SlackRefused; RetryRequested while others are at it.
        """
        if self.tried_at is not None:
            ts = await find_keyed(
                slack, place.key, place.channel, thread_ts=place.thread_ts, oldest=place.oldest
            )
            if ts is not None:
                self.found = True
                return ts
            if self.quiet < lands_s:
                raise later(0, "it may be on its way", lands_s - self.quiet)
        said = await compose()
        if said is None:
            return None
        began = await patiently(lambda: self.notes.begin(self.message, self.tried_at))
        if began is None:
            raise later(0, "another worker took it over")
        self.tried_at = began
        try:
            return await post_keyed(
                slack,
                place.key,
                place.channel,
                event_type=event_type,
                text=said.text,
                thread_ts=place.thread_ts,
                blocks=said.blocks,
            )
        except SlackBusy:
            await patiently(lambda: self.notes.not_posted(self.message, began))
            raise
