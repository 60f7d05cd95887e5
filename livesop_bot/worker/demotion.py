"""Telling a thread that Auto-Pilot was switched off by what was pressed there."""

import structlog

from livesop_bot.db.autonomy import Autonomy
from livesop_bot.db.jobs import DemotionJob
from livesop_bot.errors import SlackAway, SlackRefused
from livesop_bot.metrics import Metrics
from livesop_bot.views.autonomy import demoted
from livesop_bot.worker.delivery import Place
from livesop_bot.worker.faults import later, patiently
from livesop_bot.worker.saying import Saying

log = structlog.get_logger()


class TellingDemotions:
    """Handles demotion jobs."""

    def __init__(self, *, autonomy: Autonomy, saying: Saying, metrics: Metrics) -> None:
        self._autonomy = autonomy
        self._saying = saying
        self._metrics = metrics

    async def __call__(self, job: DemotionJob, attempts: int) -> None:
        """Tell; `attempts` counts earlier tries. Raises RetryRequested for passing faults."""
        demotion = await patiently(lambda: self._autonomy.demotion(job.demotion))
        if demotion is None or demotion.is_told:
            return
        place = Place(key=demotion.key, channel=demotion.channel, thread_ts=demotion.thread_ts)
        try:
            await self._saying.once(place, demoted(demotion))
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
