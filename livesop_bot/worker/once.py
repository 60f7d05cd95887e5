"""Once: what LiveSOP itself says is posted once, whoever tries it, and however often."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

import structlog
from pgqueuer import RetryRequested
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.db.tries import Claimed, Tries
from livesop_bot.domain.signals import MessageTs
from livesop_bot.errors import DatabaseAway, SlackAway, SlackBusy, SlackRefused
from livesop_bot.metrics import Metrics
from livesop_bot.views.blocks import Message
from livesop_bot.worker.delivery import Delivery, Place
from livesop_bot.worker.faults import LANDS_S, MOST_BREAKS, broke_off, later, patiently

log = structlog.get_logger()

What = TypeVar("What")

MOST_ATTEMPTS = 20
"""Tries while Slack fails, about an hour in all. Being asked to wait (429) is no failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What messages are posted with. `slack` must not retry by itself."""

    slack: AsyncWebClient
    metrics: Metrics
    lands_s: float = LANDS_S


class Once(ABC, Generic[What]):
    """Posts messages of one kind. A try is stored before Slack is asked, the result after."""

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
        what, tries = claimed.what, self._tries
        delivery = Delivery(
            notes=tries, message=message, tried_at=claimed.tried_at, quiet=claimed.quiet
        )
        why = ""
        try:
            place = await self._place(what)
            ts = await delivery(
                self._slack,
                place,
                lambda: self._compose(what),
                event_type=self.event_type,
                lands_s=self._lands_s,
            )
        except SlackRefused as error:
            log.error("post.refused", kind=self.kind, message=message, code=error.code)
            why = str(error)
        except SlackAway as error:
            if isinstance(error, SlackBusy) or attempts + 1 < MOST_ATTEMPTS:
                raise self._retried(message, attempts, error) from error
            log.error("post.given_up", kind=self.kind, message=message, error=str(error))
            why = str(error)
        except (DatabaseAway, RetryRequested):
            raise
        except Exception as error:
            if attempts + 1 < MOST_BREAKS:
                raise  # it rests, and is tried again after ever longer times
            log.exception("post.broke_off", kind=self.kind, message=message)
            why = broke_off(error)
        if why:
            await self._tell(what, message, attempts, why)
            await patiently(lambda: tries.failed(message, delivery.tried_at, why))
            self._metrics.posts.labels("failed").inc()
        elif ts is None:
            self._not_needed(message)
        else:
            await self._posted(what, ts, found=delivery.found)
            outcome = "found" if delivery.found else "posted"
            self._metrics.posts.labels(outcome).inc()
            log.info("post.done", kind=self.kind, message=message, outcome=outcome, message_ts=ts)

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

    def _not_needed(self, message: int) -> None:
        self._metrics.posts.labels("cancelled").inc()
        log.info("post.not_needed", kind=self.kind, message=message)
