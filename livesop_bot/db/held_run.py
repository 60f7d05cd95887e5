"""A run held for a change: everything about it moves under one lock, in one transaction.

The order of locks is the same everywhere: the run, then its team (only a claim needs it), then the
head of the audit log, last.
"""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from livesop_bot.db.jobs import ActJob, FaceJob, PostJob, enqueue
from livesop_bot.db.pool import Connection, Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.db.runs import receipts_of, run_from_row, steps_of
from livesop_bot.db.teams import Teams
from livesop_bot.domain.actions import ActionId, ActionRequest, Receipt
from livesop_bot.domain.decisions import Switches, step_obstacle
from livesop_bot.domain.runs import OPEN, PostState, Run, RunId, RunState, StepRecord
from livesop_bot.domain.signals import UserId
from livesop_bot.domain.steps import FINAL, StepState, is_over, opened
from livesop_bot.domain.workflows import Step, StepId, StepKind, StepMode
from livesop_bot.errors import ActionRefused

Render = Callable[[Run, Step, Mapping[StepId, Receipt]], ActionRequest]
"""Fills in what a step's action will send. Raises ActionRefused."""


class HeldRun:
    """One run, locked. What is changed here is written, and shown, when `hold` ends."""

    def __init__(self, connection: Connection, run: Run, teams: Teams, render: Render) -> None:
        self.run = run
        self.connection = connection
        self._teams = teams
        self._render = render
        self._records = {record.id: record for record in run.steps}
        self._steps = {step.id: step for step in run.workflow.definition.steps}
        self._changed: set[StepId] = set()
        self._ready: list[StepId] = []
        self._state = run.state
        self._started_by: UserId | None = None
        self._ended: tuple[UserId | None, str] = (None, "")
        self._touched = False

    def record(self, step: StepId) -> StepRecord:
        """How a step stands now. Raises KeyError for one that the run does not have."""
        return self._records[step]

    def step(self, step: StepId) -> Step:
        """What a step is, in the version that the run follows."""
        return self._steps[step]

    def touch(self) -> None:
        """Have the run's message shown anew, though no step moved."""
        self._touched = True

    def move(
        self,
        step: StepId,
        state: StepState,
        *,
        by: UserId | None = None,
        detail: str = "",
        link: str | None = None,
        chosen: str = "",
    ) -> None:
        """Bring a step into a state."""
        self._records[step] = replace(
            self._records[step],
            state=state,
            chosen=chosen,
            detail=detail,
            link=link,
            changed_by=by,
        )
        self._changed.add(step)

    async def start(self, by: UserId | None) -> None:
        """Give a run its steps; `by` is None where it started by itself."""
        ids = [step.id for step in self.run.workflow.definition.steps]
        await self.connection.execute(sql("insert_steps"), self.run.id, ids)
        self._records = {step: StepRecord(id=step) for step in ids}
        self._state, self._started_by, self._touched = RunState.RUNNING, by, True

    async def end(self, state: RunState, by: UserId | None, why: str) -> None:
        """End the run; what is open in it is cancelled, what is under way comes to its end."""
        self._state, self._ended, self._touched = state, (by, why), True
        for step, record in tuple(self._records.items()):
            if record.state in FINAL or record.state is StepState.TRYING:
                continue
            if record.state is not StepState.UNKNOWN:
                await self.settle(step, "cancelled")
                self.move(step, StepState.CANCELLED, by=by)

    async def plan(
        self, step: StepId, *, by: UserId | None, undo: timedelta, again: bool = False
    ) -> bool:
        """Write a step's action into the ledger; False: its effect is another run's already.

        `by` is who said so, or None for Auto-Pilot. Raises ActionRefused where it cannot be
        filled in.
        """
        run = self.run
        action = self._steps[step].action
        assert action is not None, "a step without an action is never planned"
        request = json.dumps(
            self._render(
                run, self._steps[step], await receipts_of(self.connection, run.id)
            ).to_json()
        )
        row = await self.connection.fetchrow(
            sql("plan_again"), run.id, step, request, by is None, again, undo
        ) or await self.connection.fetchrow(
            sql("plan_action"),
            run.team,
            run.id,
            step,
            run.evaluation.signal.id,
            run.workflow.id,
            action,
            request,
            by is None,
            again,
            undo,
        )
        if row is None:
            return False
        self.move(step, StepState.PLANNED, by=by)
        self._records[step] = replace(self._records[step], due_at=row["due_at"])
        await enqueue(self.connection, [ActJob(ActionId(row["id"]))], after=undo)
        return True

    async def settle(self, step: StepId, state: str, receipt: Receipt | None = None) -> None:
        """Note in the ledger what became of an action that is not under way."""
        stored = None if receipt is None else json.dumps(receipt.to_json())
        action = await self.connection.fetchval(
            sql("settle_action"), self.run.id, step, state, stored
        )
        if action is not None:
            key = ActJob(ActionId(action)).key
            await self.connection.execute(sql("drop_queued_job"), key)

    async def write(self) -> None:
        """Open what comes next, write what changed, and have it shown."""
        if self._state is RunState.RUNNING:
            await self._go_on()
        if not (self._changed or self._touched):
            return
        records = [self._records[step] for step in sorted(self._changed)]
        await self.connection.execute(
            sql("write_steps"),
            self.run.id,
            [record.id for record in records],
            [record.state for record in records],
            [record.chosen for record in records],
            [record.detail for record in records],
            [record.link for record in records],
            [record.changed_by for record in records],
        )
        version = await self.connection.fetchval(
            sql("write_run"), self.run.id, self._state, self._started_by, *self._ended
        )
        unseen = self.run.post_state in (PostState.PLANNED, PostState.TRYING)
        shown = PostJob(self.run.id) if unseen else FaceJob(self.run.id, version)
        await enqueue(self.connection, [shown])

    async def _go_on(self) -> None:
        definition = self.run.workflow.definition
        found = opened(definition, {i: record.progress for i, record in self._records.items()})
        for step in found.bypassed:
            self.move(step, StepState.BYPASSED)
        switches: Switches | None = None
        for step in found.ready:
            switches = switches or await self.switches()
            await self._open(self._steps[step], switches)
        if is_over(definition, {i: record.progress for i, record in self._records.items()}):
            self._state, self._touched = RunState.DONE, True

    async def _open(self, step: Step, switches: Switches) -> None:
        if step.kind is not StepKind.ACTION or step.mode is not StepMode.AUTO:
            self.move(step.id, StepState.WAITING)
            return
        if obstacle := step_obstacle(step, switches):
            self.move(step.id, StepState.WAITING, detail=f"{obstacle}.")
            return
        try:
            if not await self.plan(step.id, by=None, undo=step.undo):
                await self.wait_for_same_effect(step.id)
        except ActionRefused as error:
            self.move(step.id, StepState.FAILED, detail=str(error))

    async def wait_for_same_effect(self, step: StepId) -> None:
        """Leave it to a person whether what was done for this message before is done again."""
        row = await self.connection.fetchrow(
            sql("same_effect"),
            self.run.evaluation.signal.id,
            self.run.workflow.id,
            step,
            self.run.id,
        )
        receipt = row and row["receipt"] and Receipt.from_json(json.loads(row["receipt"]))
        self.move(
            step,
            StepState.WAITING,
            detail="Done for this message before; approve to do it again."
            if receipt
            else "An earlier run for this message may have done it; approve to do it again.",
            link=receipt.link if receipt else None,
        )

    async def switches(self) -> Switches:
        """Every switch that its acting steps depend on, as they are in this transaction."""
        run = self.run
        return await self._teams.switches(
            self.connection,
            run.team,
            run.workflow.slug,
            run.channel,
            [step.id for step in run.workflow.definition.acting_steps],
        )


class HeldRuns:
    """Locks runs. Raises DatabaseAway."""

    def __init__(self, pool: Pool, teams: Teams, render: Render) -> None:
        self._pool = pool
        self._teams = teams
        self._render = render

    @asynccontextmanager
    async def hold(self, run: RunId, *, ended: bool = False) -> AsyncIterator[HeldRun | None]:
        """Lock a run, and write at the end what was changed; None: it is over, unless `ended`."""
        with away():
            async with self._pool.acquire() as connection, connection.transaction():
                held = await connection.fetchrow(sql("hold_run"), run)
                if held is None or not (ended or RunState(held["state"]) in OPEN):
                    yield None
                    return
                row = await connection.fetchrow(sql("run_by_id"), run)
                assert row is not None
                found = replace(run_from_row(row), steps=await steps_of(connection, run))
                held_run = HeldRun(connection, found, self._teams, self._render)
                yield held_run
                await held_run.write()
