"""Showing: a run as people see it, with what its actions would send filled in."""

from livesop_bot.db.plans import Render
from livesop_bot.db.runs import Runs
from livesop_bot.db.waiting import Requests, requests
from livesop_bot.domain.runs import OPEN, Run
from livesop_bot.views.blocks import Message
from livesop_bot.views.thread import run_message
from livesop_bot.worker.faults import patiently


class Showing:
    """Builds the message of a run as it was read."""

    def __init__(self, runs: Runs, render: Render) -> None:
        self._runs = runs
        self._render = render

    async def message(self, run: Run) -> Message:
        """What the thread shows of a run."""
        return run_message(run, await self._requests(run))

    async def _requests(self, run: Run) -> Requests:
        if run.state not in OPEN or not run.workflow.definition.acting_steps:
            return {}
        receipts = await patiently(lambda: self._runs.receipts(run.id))
        stored = await patiently(lambda: self._runs.requests(run.id))
        return requests(run, stored, receipts, self._render)
