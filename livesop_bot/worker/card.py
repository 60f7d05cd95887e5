"""Carding: the card of a pause in a thread, posted once and then kept up to date."""

import structlog

from livesop_bot.actions.thread_message import ThreadMessages
from livesop_bot.db.jobs import CardJob
from livesop_bot.db.pauses import Pauses
from livesop_bot.errors import SlackAway, SlackRefused
from livesop_bot.metrics import Metrics
from livesop_bot.views.pause import pause_card
from livesop_bot.worker.delivery import Place
from livesop_bot.worker.faults import in_turn, later, patiently
from livesop_bot.worker.saying import Saying

log = structlog.get_logger()


class Carding:
    """Handles card jobs: shows the newest state there is, whichever change a job was queued for."""

    def __init__(
        self, *, pauses: Pauses, saying: Saying, messages: ThreadMessages, metrics: Metrics
    ) -> None:
        self._pauses = pauses
        self._saying = saying
        self._messages = messages
        self._metrics = metrics

    async def __call__(self, job: CardJob, attempts: int) -> None:
        """Post or update; `attempts` counts earlier tries. Raises RetryRequested, to try again."""
        pause = await in_turn(lambda: self._pauses.claim_card(job.pause, job.version))
        if pause is None:
            return
        message = pause_card(pause)
        place = Place(key=pause.key, channel=pause.channel, thread_ts=pause.thread_ts)
        ts, is_there = pause.ts, True
        try:
            if ts is None:
                ts, is_there = await self._saying.once(place, message)
            if is_there:
                await self._messages.update(
                    pause.channel, ts, text=message.text, blocks=message.blocks
                )
        except SlackRefused as error:
            # Whoever deleted the card can still approve the steps one by one.
            log.warning("card.refused", pause=pause.id, code=error.code)
            self._metrics.posts.labels("failed").inc()
        except SlackAway as error:
            self._metrics.posts.labels("retried").inc()
            raise later(min(attempts, 4), str(error), error.retry_after) from error
        else:
            if pause.ts is None:
                await patiently(lambda: self._pauses.posted(pause.id, ts))
            log.info("card.shown", pause=pause.id, version=pause.version)
            self._metrics.posts.labels("updated").inc()
        await patiently(lambda: self._pauses.shown(pause))
