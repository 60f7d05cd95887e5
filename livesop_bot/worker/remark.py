"""Remarking: answers to questions, and the first messages of runs started by hand; each once."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.keyed_message import find_keyed, post_keyed
from livesop_bot.actions.slack_calls import slack_errors
from livesop_bot.db.jobs import RemarkJob
from livesop_bot.db.remarks import Remarks
from livesop_bot.domain.remarks import Remark, RemarkKind
from livesop_bot.domain.signals import MessageTs
from livesop_bot.errors import SlackAway, SlackBusy, SlackRefused
from livesop_bot.metrics import Metrics
from livesop_bot.views.blocks import Message
from livesop_bot.views.opening import not_opened, opening
from livesop_bot.worker.faults import later, patiently

log = structlog.get_logger()

MOST_ATTEMPTS = 20
"""Tries while Slack fails, about an hour in all. Being asked to wait (429) is no failure."""

_CLOCKS = timedelta(minutes=5)
"""How far Slack's clock may be behind the database's."""

_EVENT_TYPE = "livesop_remark"

Compose = Callable[[Remark], Awaitable[Message | None]]
"""Finds what there is to say to a question; None: nothing is to be said."""


class Remarking:
    """Handles remark jobs. The claim is stored before Slack is asked, the result after.

    Whoever finds a claim without a result asks Slack for the message's key first, and posts only if
    it is not there. `slack` must not retry by itself.
    """

    def __init__(
        self, *, remarks: Remarks, answer: Compose, slack: AsyncWebClient, metrics: Metrics
    ) -> None:
        self._remarks = remarks
        self._answer = answer
        self._slack = slack
        self._metrics = metrics

    async def __call__(self, job: RemarkJob, attempts: int) -> None:
        """Post; `attempts` counts earlier tries. Raises RetryRequested for passing faults."""
        claimed = await patiently(lambda: self._remarks.claim(job.remark))
        if claimed is None:
            self._metrics.posts.labels("cancelled").inc()
            log.info("remark.not_needed", remark=job.remark)
            return
        remark, maybe_posted = claimed
        outcome = "found"
        try:
            ts = await self._find(remark) if maybe_posted else None
            if ts is None:
                outcome = "posted"
                message = await self._message(remark)
                if message is None:
                    await patiently(lambda: self._remarks.not_needed(remark.id))
                    self._metrics.posts.labels("cancelled").inc()
                    return
                ts = await self._post(remark, message)
        except SlackRefused as error:
            log.error("remark.refused", remark=remark.id, code=error.code)
            try:
                await self._tell(remark, str(error))
            except SlackAway as away:
                await self._again(remark, attempts, away, surely_not_posted=True)
                return
            await self._give_up(remark, str(error))
            return
        except SlackAway as error:
            await self._again(remark, attempts, error, surely_not_posted=not maybe_posted)
            return
        await self._posted(remark, ts)
        self._metrics.posts.labels(outcome).inc()
        log.info("remark.done", remark=remark.id, kind=remark.kind, outcome=outcome, message_ts=ts)

    async def _message(self, remark: Remark) -> Message | None:
        if remark.kind is RemarkKind.ANSWER:
            return await self._answer(remark)
        workflow = await patiently(lambda: self._remarks.workflow(remark))
        return opening(workflow, by=remark.asked_by, about=remark.about)

    async def _find(self, remark: Remark) -> MessageTs | None:
        oldest = f"{(remark.created_at - _CLOCKS).timestamp():.6f}"
        return await find_keyed(
            self._slack, remark.key, remark.channel, thread_ts=remark.thread_ts, oldest=oldest
        )

    async def _post(self, remark: Remark, message: Message) -> MessageTs:
        return await post_keyed(
            self._slack,
            remark.key,
            remark.channel,
            event_type=_EVENT_TYPE,
            text=message.text,
            thread_ts=remark.thread_ts,
            blocks=message.blocks,
        )

    async def _posted(self, remark: Remark, ts: MessageTs) -> None:
        if remark.kind is RemarkKind.ANSWER:
            await patiently(lambda: self._remarks.answered(remark, ts))
            return
        permalink, now = await self._permalink(remark, ts), datetime.now(UTC)
        await patiently(lambda: self._remarks.opened(remark, ts, permalink=permalink, now=now))

    async def _permalink(self, remark: Remark, ts: MessageTs) -> str | None:
        """A message's address; a run can do without."""
        try:
            with slack_errors():
                found = await self._slack.chat_getPermalink(channel=remark.channel, message_ts=ts)
        except (SlackAway, SlackRefused):
            return None
        return str(found.get("permalink") or "") or None

    async def _tell(self, remark: Remark, why: str) -> None:
        """Tell whoever was promised a start, once, that there is none; in the channel Slack may
        let nobody say anything. Raises SlackAway."""
        if remark.kind is not RemarkKind.OPENING:
            return
        workflow = await patiently(lambda: self._remarks.workflow(remark))
        message = not_opened(workflow, remark.channel, why)
        try:
            with slack_errors():
                opened = await self._slack.conversations_open(users=remark.asked_by)
            channel = opened["channel"]["id"]
            if await find_keyed(self._slack, remark.key, channel) is None:
                await post_keyed(
                    self._slack,
                    remark.key,
                    channel,
                    event_type=_EVENT_TYPE,
                    text=message.text,
                    blocks=message.blocks,
                )
        except SlackRefused as error:
            log.error("remark.not_told", remark=remark.id, code=error.code)

    async def _give_up(self, remark: Remark, why: str) -> None:
        await patiently(lambda: self._remarks.failed(remark.id, why))
        self._metrics.posts.labels("failed").inc()

    async def _again(
        self, remark: Remark, attempts: int, error: SlackAway, *, surely_not_posted: bool
    ) -> None:
        busy = isinstance(error, SlackBusy)
        if busy and surely_not_posted:
            await patiently(lambda: self._remarks.not_posted(remark.id))
        if not busy and attempts + 1 >= MOST_ATTEMPTS:
            log.error("remark.given_up", remark=remark.id, error=str(error))
            try:
                await self._tell(remark, str(error))
            except SlackAway as away:  # which is why it is given up
                log.error("remark.not_told", remark=remark.id, code=str(away))
            await self._give_up(remark, str(error))
            return
        self._metrics.posts.labels("retried").inc()
        log.warning("remark.retried", remark=remark.id, error=str(error))
        raise later(attempts, str(error), error.retry_after)
