"""Facing: the message of a run, updated in its place as the run goes on."""

import structlog

from livesop_bot.actions.thread_message import ThreadMessages
from livesop_bot.db.jobs import FaceJob
from livesop_bot.db.runs import Runs
from livesop_bot.errors import SlackAway, SlackRefused
from livesop_bot.metrics import Metrics
from livesop_bot.worker.faults import in_turn, later, patiently
from livesop_bot.worker.showing import Showing

log = structlog.get_logger()


class Facing:
    """Handles face jobs: shows the newest state there is, whichever change a job was queued for."""

    def __init__(
        self, *, runs: Runs, showing: Showing, messages: ThreadMessages, metrics: Metrics
    ) -> None:
        self._runs = runs
        self._showing = showing
        self._messages = messages
        self._metrics = metrics

    async def __call__(self, job: FaceJob, attempts: int) -> None:
        """Update; `attempts` counts earlier tries. Raises RetryRequested for passing faults."""
        run = await in_turn(lambda: self._runs.claim_face(job.run, job.version))
        if run is None:
            return
        ts = run.post_ts
        assert ts is not None, "it was posted"
        message = await self._showing.message(run)
        try:
            await self._messages.update(run.channel, ts, text=message.text, blocks=message.blocks)
        except SlackRefused as error:
            # Somebody deleted it, or LiveSOP was removed: that was meant, so it is not posted anew.
            log.warning("face.refused", run=run.id, code=error.code)
            self._metrics.posts.labels("failed").inc()
            if error.code == "message_not_found":
                await patiently(lambda: self._runs.face_gone(run.id))
                return
        except SlackAway as error:
            log.warning("face.retried", run=run.id, error=str(error))
            self._metrics.posts.labels("retried").inc()
            # Most of the attempts were no failures, but waits for the turn of this update.
            raise later(min(attempts, 4), str(error), error.retry_after) from error
        else:
            self._metrics.posts.labels("updated").inc()
            log.info("face.updated", run=run.id, version=run.version)
        await patiently(lambda: self._runs.shown(run))
