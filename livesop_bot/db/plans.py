"""What a run's steps are to do outside: filled in, and written into the ledger once a message."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from livesop_bot.db.jobs import ActJob, enqueue
from livesop_bot.db.pool import Connection
from livesop_bot.db.queries import sql
from livesop_bot.db.runs import receipts_of
from livesop_bot.domain.actions import ActionId, ActionRequest, Receipt
from livesop_bot.domain.runs import Run
from livesop_bot.domain.workflows import Step, StepId

Render = Callable[[Run, Step, Mapping[StepId, Receipt]], ActionRequest]
"""Fills in what a step's action will send. Raises ActionRefused."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What an earlier run for the message did, or may have done; the receipt if it surely did."""

    receipt: Receipt | None


class Plans:
    """The ledger's rows of one run. It has to be locked, so that nobody else writes them."""

    def __init__(self, connection: Connection, run: Run, render: Render) -> None:
        self._connection = connection
        self._run = run
        self._render = render

    async def request(self, step: Step) -> ActionRequest:
        """What a step's action would send, as things stand. Raises ActionRefused."""
        receipts = await receipts_of(self._connection, self._run.id)
        return self._render(self._run, step, receipts)

    async def same_effect(self, step: StepId) -> Effect | None:
        """The effect that a step would have, where it is there already or may be."""
        run = self._run
        row = await self._connection.fetchrow(
            sql("same_effect"), run.evaluation.signal.id, run.workflow.id, step, run.id
        )
        if row is None:
            return None
        return Effect(row["receipt"] and Receipt.from_json(json.loads(row["receipt"])))

    async def add(self, step: Step, *, by_autopilot: bool, undo: timedelta, again: bool) -> bool:
        """Write a step's action, and its job; False: its effect is, or may be, there already.

        `again`: a person knows of that, and wants it. Raises ActionRefused where it cannot be
        filled in.
        """
        run = self._run
        assert step.action is not None, "a step without an action is never planned"
        if not again and await self.same_effect(step.id):
            return False
        request = json.dumps((await self.request(step)).to_json())
        action = await self._connection.fetchval(
            sql("plan_again"), run.id, step.id, request, by_autopilot, again, undo
        ) or await self._connection.fetchval(
            sql("plan_action"),
            run.team,
            run.id,
            step.id,
            run.evaluation.signal.id,
            run.workflow.id,
            step.action,
            request,
            by_autopilot,
            again,
            undo,
        )
        if action is None:  # another run came to it just now
            return False
        job = ActJob(ActionId(action))
        # One of an earlier planning may be on its way to its end, and would keep this one out.
        await self._connection.execute(sql("drop_job"), job.key)
        await enqueue(self._connection, [job], after=undo)
        return True

    async def settle(self, step: StepId, state: str, receipt: Receipt | None = None) -> None:
        """Note what became of an action that is not under way."""
        stored = None if receipt is None else json.dumps(receipt.to_json())
        action = await self._connection.fetchval(
            sql("settle_action"), self._run.id, step, state, stored
        )
        if action is not None:
            await self._connection.execute(sql("drop_job"), ActJob(ActionId(action)).key)
