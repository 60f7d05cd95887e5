"""Telling a thread that Auto-Pilot was switched off by what was pressed there."""

import structlog

from livesop_bot.actions.thread_message import ThreadMessages
from livesop_bot.db.autonomy import Autonomy
from livesop_bot.db.jobs import DemotionJob
from livesop_bot.errors import SlackAway, SlackRefused
from livesop_bot.metrics import Metrics
from livesop_bot.views.autonomy import demoted
from livesop_bot.worker.faults import later, patiently

log = structlog.get_logger()


class TellingDemotions:
    """Handles demotion jobs. Slack is asked for the message first, so that it is there once."""

    def __init__(self, *, autonomy: Autonomy, messages: ThreadMessages, metrics: Metrics) -> None:
        self._autonomy = autonomy
        self._messages = messages
        self._metrics = metrics

    async def __call__(self, job: DemotionJob, attempts: int) -> None:
        """Tell; `attempts` counts earlier tries. Raises RetryRequested for passing faults."""
        demotion = await patiently(lambda: self._autonomy.demotion(job.demotion))
        if demotion is None or demotion.is_told:
            return
        place = (demotion.channel, demotion.thread_ts, demotion.key)
        message = demoted(demotion)
        try:
            if await self._messages.find(*place) is None:
                await self._messages.post(*place, text=message.text, blocks=message.blocks)
        except SlackRefused as error:
            log.warning("demotion.not_told", demotion=demotion.id, code=error.code)
            self._metrics.posts.labels("failed").inc()
        except SlackAway as error:
            self._metrics.posts.labels("retried").inc()
            raise later(attempts, str(error), error.retry_after) from error
        else:
            log.info("demotion.told", demotion=demotion.id, cause=demotion.cause)
            self._metrics.posts.labels("posted").inc()
        await patiently(lambda: self._autonomy.told(demotion.id))
