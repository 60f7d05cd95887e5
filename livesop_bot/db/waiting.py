"""What waits for people, and each run of it with what its actions would send."""

from collections.abc import Mapping, Sequence

from livesop_bot.db.plans import Render
from livesop_bot.db.pool import Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.db.runs import Runs
from livesop_bot.domain.actions import ActionRequest, Receipt
from livesop_bot.domain.runs import OPEN, Run, RunId
from livesop_bot.domain.signals import ChannelId, TeamId
from livesop_bot.domain.steps import FINAL
from livesop_bot.domain.waiting import WaitingRun
from livesop_bot.domain.workflows import StepId
from livesop_bot.errors import ActionRefused

Requests = Mapping[StepId, ActionRequest | str]
"""What each action to come would send, or why it cannot be filled in."""


class Waiting:
    """Reads what waits. Raises DatabaseAway."""

    def __init__(self, pool: Pool, render: Render) -> None:
        self._pool = pool
        self._runs = Runs(pool)
        self._render = render

    async def runs(self, team: TeamId, limit: int) -> list[WaitingRun]:
        """Give the runs in which people are waited for, the oldest first, at most `limit`."""
        with away():
            rows = await self._pool.fetch(sql("waiting_runs"), team, limit)
        return [
            WaitingRun(
                RunId(row["id"]), ChannelId(row["channel_id"]), row["is_proposed"], row["steps"]
            )
            for row in rows
        ]

    async def read(self, runs: Sequence[RunId]) -> list[tuple[Run, Requests]]:
        """Give runs as they stand, with what their actions to come would send."""
        found = []
        for each in runs:
            run = await self._runs.get(each)
            if run is not None:
                stored, receipts = await self._runs.requests(each), await self._runs.receipts(each)
                found.append((run, requests(run, stored, receipts, self._render)))
        return found


def requests(
    run: Run,
    stored: Mapping[StepId, ActionRequest],
    receipts: Mapping[StepId, Receipt],
    render: Render,
) -> Requests:
    """Say what each action to come will send, as it is `stored`, or would as things stand."""
    if run.state not in OPEN:
        return {}
    over = {record.id for record in run.steps if record.state in FINAL}
    found: dict[StepId, ActionRequest | str] = dict(stored)
    for step in run.workflow.definition.acting_steps:
        if step.id not in over and step.id not in stored:
            try:
                found[step.id] = render(run, step, receipts)
            except ActionRefused as error:
                found[step.id] = str(error)
    return found
