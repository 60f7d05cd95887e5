"""Once: what LiveSOP itself says is posted once, whoever tries it, and however often."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Generic, TypeVar
from uuid import UUID

import structlog
from pgqueuer import RetryRequested
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.keyed_message import find_keyed, post_keyed
from livesop_bot.db.tries import Claimed, Tries
from livesop_bot.domain.signals import MessageTs
from livesop_bot.errors import SlackAway, SlackBusy, SlackRefused
from livesop_bot.metrics import Metrics
from livesop_bot.views.blocks import Message
from livesop_bot.worker.faults import LANDS_S, later, patiently

log = structlog.get_logger()

What = TypeVar("What")

MOST_ATTEMPTS = 20
"""Tries while Slack fails, about an hour in all. Being asked to wait (429) is no failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a message belongs, and the key in its metadata. It is not older than `oldest`."""

    key: UUID
    channel: str
    thread_ts: MessageTs | None = None
    oldest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What messages are posted with. `slack` must not retry by itself."""

    slack: AsyncWebClient
    metrics: Metrics
    lands_s: float = LANDS_S


class Once(ABC, Generic[What]):
    """Posts messages of one kind. A try is stored before Slack is asked, the result after.

    Whoever finds a try without a result (a crash, a time-out, a broken connection) asks Slack for
    the message's key first, and posts only if it is not there although it must have arrived.
    """

    kind: ClassVar[str]
    event_type: ClassVar[str]

    def __init__(self, tries: Tries, means: Means) -> None:
        self._tries = tries
        self._slack = means.slack
        self._metrics = means.metrics
        self._lands_s = means.lands_s

    @abstractmethod
    async def _claim(self, message: int) -> Claimed[What] | None:
        """What is to be posted; None: nothing. Raises DatabaseAway."""

    @abstractmethod
    async def _place(self, what: What) -> Place:
        """Where it belongs."""

    @abstractmethod
    async def _compose(self, what: What) -> Message | None:
        """What it says; None: there is nothing to say, and that was noted."""

    @abstractmethod
    async def _posted(self, what: What, ts: MessageTs, *, found: bool) -> None:
        """Note that it is in Slack; `found`: an earlier try had posted it."""

    async def _not_coming(self, what: What, why: str) -> None:
        """Tell whoever was promised it that it will not come. Raises SlackAway."""

    async def once(self, message: int, attempts: int) -> None:
        """Post; `attempts` counts earlier tries. Raises RetryRequested for passing faults."""
        claimed = await patiently(lambda: self._claim(message))
        if claimed is None:
            self._not_needed(message)
            return
        tried, begun = claimed.tried_at, False
        try:
            place = await self._place(claimed.what)
            ts = None if tried is None else await self._find(place)
            found = ts is not None
            if ts is None:
                if tried is not None and claimed.quiet < self._lands_s:
                    raise later(0, "it may be on its way", self._lands_s - claimed.quiet)
                said = await self._compose(claimed.what)
                if said is None:
                    self._not_needed(message)
                    return
                tried = await patiently(lambda: self._tries.begin(message, claimed.tried_at))
                if tried is None:
                    raise later(attempts, "another worker took it over")
                begun = True
                ts = await self._post(place, said)
        except SlackRefused as error:
            log.error("post.refused", kind=self.kind, message=message, code=error.code)
            await self._tell(claimed.what, message, attempts, str(error))
            await self._failed(message, tried, error)
            return
        except SlackAway as error:
            busy, at = isinstance(error, SlackBusy), tried if begun else None
            if busy and at is not None:
                await patiently(lambda: self._tries.not_posted(message, at))
            if not busy and attempts + 1 >= MOST_ATTEMPTS:
                log.error("post.given_up", kind=self.kind, message=message, error=str(error))
                await self._tell(claimed.what, message, attempts, str(error))
                await self._failed(message, tried, error)
                return
            raise self._retried(message, attempts, error) from error
        await self._posted(claimed.what, ts, found=found)
        outcome = "found" if found else "posted"
        self._metrics.posts.labels(outcome).inc()
        log.info("post.done", kind=self.kind, message=message, outcome=outcome, message_ts=ts)

    async def _find(self, place: Place) -> MessageTs | None:
        return await find_keyed(
            self._slack,
            place.key,
            place.channel,
            thread_ts=place.thread_ts,
            oldest=place.oldest,
        )

    async def _post(self, place: Place, said: Message) -> MessageTs:
        return await post_keyed(
            self._slack,
            place.key,
            place.channel,
            event_type=self.event_type,
            text=said.text,
            thread_ts=place.thread_ts,
            blocks=said.blocks,
        )

    async def _tell(self, what: What, message: int, attempts: int, why: str) -> None:
        try:
            await self._not_coming(what, why)
        except SlackAway as error:
            if attempts + 1 < MOST_ATTEMPTS:
                raise self._retried(message, attempts, error) from error
            log.error("post.not_told", kind=self.kind, message=message, error=str(error))

    def _retried(self, message: int, attempts: int, error: SlackAway) -> RetryRequested:
        self._metrics.posts.labels("retried").inc()
        log.warning("post.retried", kind=self.kind, message=message, error=str(error))
        return later(attempts, str(error), error.retry_after)

    async def _failed(self, message: int, tried: datetime | None, error: Exception) -> None:
        why = str(error)
        await patiently(lambda: self._tries.failed(message, tried, why))
        self._metrics.posts.labels("failed").inc()

    def _not_needed(self, message: int) -> None:
        self._metrics.posts.labels("cancelled").inc()
        log.info("post.not_needed", kind=self.kind, message=message)
