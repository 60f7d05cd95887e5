"""Showing: a run as people see it, with what its actions would send filled in."""

from collections.abc import Mapping

from livesop_bot.db.held_run import Render
from livesop_bot.db.runs import Runs
from livesop_bot.domain.actions import ActionRequest
from livesop_bot.domain.runs import OPEN, Run
from livesop_bot.domain.steps import FINAL
from livesop_bot.domain.workflows import StepId
from livesop_bot.errors import ActionRefused
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

    async def _requests(self, run: Run) -> Mapping[StepId, ActionRequest | str]:
        """What each action to come will send, or would as things stand, or why it cannot."""
        over = {record.id for record in run.steps if record.state in FINAL}
        to_come = [step for step in run.workflow.definition.acting_steps if step.id not in over]
        if run.state not in OPEN or not to_come:
            return {}
        receipts = await patiently(lambda: self._runs.receipts(run.id))
        stored = await patiently(lambda: self._runs.requests(run.id))
        requests: dict[StepId, ActionRequest | str] = dict(stored)
        for step in to_come:
            if step.id in stored:
                continue
            try:
                requests[step.id] = self._render(run, step, receipts)
            except ActionRefused as error:
                requests[step.id] = str(error)
        return requests
