"""Posting: the message of a run into its thread, once."""

from livesop_bot.db.jobs import PostJob
from livesop_bot.db.runs import Runs
from livesop_bot.db.tries import Claimed
from livesop_bot.domain.runs import Run, RunId
from livesop_bot.domain.signals import MessageTs
from livesop_bot.views.blocks import Message
from livesop_bot.worker.delivery import Place
from livesop_bot.worker.faults import patiently
from livesop_bot.worker.once import Means, Once
from livesop_bot.worker.showing import Showing


class Posting(Once[Run]):
    """Handles post jobs."""

    kind = "run"
    event_type = "livesop_run"

    def __init__(self, *, runs: Runs, showing: Showing, means: Means) -> None:
        super().__init__(runs.tries, means)
        self._runs = runs
        self._showing = showing

    async def __call__(self, job: PostJob, attempts: int) -> None:
        """Post; `attempts` counts earlier tries. Raises RetryRequested for passing faults."""
        await self.once(job.run, attempts)

    async def _claim(self, message: int) -> Claimed[Run] | None:
        return await self._runs.claim_post(RunId(message))

    async def _place(self, what: Run) -> Place:
        return Place(key=what.idempotency_key, channel=what.channel, thread_ts=what.thread_ts)

    async def _compose(self, what: Run) -> Message:
        return await self._showing.message(what)

    async def _posted(self, what: Run, ts: MessageTs, *, found: bool) -> None:
        # What is found may show what was the case when an earlier try posted it.
        shown = 0 if found else what.version
        await patiently(lambda: self._runs.posted(what, ts, shown))
