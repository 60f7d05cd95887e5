"""Reminding: one message in the thread for a step that waits for people."""

from uuid import uuid5

import structlog

from livesop_bot.db.jobs import RemindJob
from livesop_bot.db.runs import Runs
from livesop_bot.domain.runs import RunState
from livesop_bot.domain.steps import StepState
from livesop_bot.errors import SlackAway, SlackRefused
from livesop_bot.metrics import Metrics
from livesop_bot.views.reminder import reminder
from livesop_bot.worker.delivery import Place
from livesop_bot.worker.faults import later, patiently
from livesop_bot.worker.saying import Saying

log = structlog.get_logger()


class Reminding:
    """Handles remind jobs."""

    def __init__(self, *, runs: Runs, saying: Saying, metrics: Metrics) -> None:
        self._runs = runs
        self._saying = saying
        self._metrics = metrics

    async def __call__(self, job: RemindJob, attempts: int) -> None:
        """Remind; `attempts` counts earlier tries. Raises RetryRequested for passing faults."""
        run = await patiently(lambda: self._runs.get(job.run))
        record = run and next((one for one in run.steps if one.id == job.step), None)
        if run is None or record is None or run.state is not RunState.RUNNING:
            return
        if record.state is not StepState.WAITING:
            return
        key = uuid5(run.idempotency_key, f"remind:{job.step}")
        place = Place(key=key, channel=run.channel, thread_ts=run.thread_ts)
        try:
            await self._saying.once(place, reminder(run, job.step))
        except SlackRefused as error:
            log.warning("reminder.refused", run=run.id, step=job.step, code=error.code)
            self._metrics.posts.labels("failed").inc()
        except SlackAway as error:
            self._metrics.posts.labels("retried").inc()
            raise later(attempts, str(error), error.retry_after) from error
        else:
            log.info("reminder.posted", run=run.id, step=job.step)
            self._metrics.posts.labels("reminded").inc()
        await patiently(lambda: self._runs.reminded(job.run, job.step))
