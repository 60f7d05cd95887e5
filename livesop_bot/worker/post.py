"""Posting: the message of a run into its thread, once."""

import structlog

from livesop_bot.actions.thread_message import ThreadMessages
from livesop_bot.db.jobs import PostJob
from livesop_bot.db.runs import Runs
from livesop_bot.errors import SlackAway, SlackBusy, SlackRefused
from livesop_bot.metrics import Metrics
from livesop_bot.worker.faults import later, patiently
from livesop_bot.worker.showing import Showing

log = structlog.get_logger()

MOST_ATTEMPTS = 20
"""Tries while Slack fails, about an hour in all. Being asked to wait (429) is no failure."""


class Posting:
    """Handles post jobs. The claim is stored before Slack is asked, the result after.

    Whoever finds a claim without a result (a crash, a time-out, a broken connection) asks Slack
    for the message's key first and posts only if it is not there.
    """

    def __init__(
        self, *, runs: Runs, showing: Showing, messages: ThreadMessages, metrics: Metrics
    ) -> None:
        self._runs = runs
        self._showing = showing
        self._messages = messages
        self._metrics = metrics

    async def __call__(self, job: PostJob, attempts: int) -> None:
        """Post; `attempts` counts earlier tries. Raises RetryRequested for passing faults."""
        claimed = await patiently(lambda: self._runs.claim_post(job.run))
        if claimed is None:
            self._metrics.posts.labels("cancelled").inc()
            log.info("post.not_needed", run=job.run)
            return
        run, maybe_posted = claimed
        place = (run.channel, run.thread_ts, run.idempotency_key)
        outcome = "found"
        try:
            ts = await self._messages.find(*place) if maybe_posted else None
            if ts is None:
                outcome = "posted"
                message = await self._showing.message(run)
                ts = await self._messages.post(*place, text=message.text, blocks=message.blocks)
        except SlackRefused as error:
            why = str(error)
            await patiently(lambda: self._runs.post_failed(run.id, why))
            self._metrics.posts.labels("failed").inc()
            log.error("post.refused", run=run.id, code=error.code)
            return
        except SlackAway as error:
            await self._again(job, attempts, error, surely_not_posted=not maybe_posted)
            return
        # What is found may show what was the case when an earlier attempt posted it.
        shown = run.version if outcome == "posted" else 0
        await patiently(lambda: self._runs.posted(run, ts, shown))
        self._metrics.posts.labels(outcome).inc()
        log.info("post.done", run=run.id, outcome=outcome, message_ts=ts)

    async def _again(
        self, job: PostJob, attempts: int, error: SlackAway, *, surely_not_posted: bool
    ) -> None:
        busy = isinstance(error, SlackBusy)
        if busy and surely_not_posted:
            await patiently(lambda: self._runs.not_posted(job.run))
        if not busy and attempts + 1 >= MOST_ATTEMPTS:
            await patiently(lambda: self._runs.post_failed(job.run, str(error)))
            self._metrics.posts.labels("failed").inc()
            log.error("post.given_up", run=job.run, error=str(error))
            return
        self._metrics.posts.labels("retried").inc()
        log.warning("post.retried", run=job.run, error=str(error), retry_after=error.retry_after)
        raise later(attempts, str(error), error.retry_after)
