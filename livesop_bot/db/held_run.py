"""A run held for a change: everything about it moves under one lock, in one transaction.

The order of locks is the same everywhere: the run, then its team (only a claim needs it), then a
pause, then the head of the audit log, last.
"""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import asyncpg

from livesop_bot.db.audit import append
from livesop_bot.db.jobs import ActJob, CardJob, FaceJob, PostJob, enqueue
from livesop_bot.db.pool import Connection, Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.db.runs import receipts_of, run_from_row, steps_of
from livesop_bot.db.teams import Teams
from livesop_bot.domain.actions import ActionId, ActionRequest, Receipt
from livesop_bot.domain.audit import BOT, AuditEntry, AuditKind, Value, run_subject
from livesop_bot.domain.decisions import Switches, step_obstacle
from livesop_bot.domain.runs import OPEN, PauseId, PostState, Run, RunId, RunState, StepRecord
from livesop_bot.domain.signals import UserId
from livesop_bot.domain.steps import FINAL, StepState, is_over, opened
from livesop_bot.domain.workflows import Step, StepId, StepKind, StepMode
from livesop_bot.errors import ActionRefused

Render = Callable[[Run, Step, Mapping[StepId, Receipt]], ActionRequest]
"""Fills in what a step's action will send. Raises ActionRefused."""

_STAYS = FINAL | {StepState.TRYING, StepState.FAILED, StepState.UNKNOWN}
"""What the end of a run leaves as it is: over, under way, or worth knowing."""


class HeldRun:
    """One run, locked. What is changed here is written, shown and audited when `hold` ends."""

    def __init__(self, connection: Connection, run: Run, teams: Teams, render: Render) -> None:
        self.run = run
        self.connection = connection
        self._teams = teams
        self._render = render
        self._records = {record.id: record for record in run.steps}
        self._steps = {step.id: step for step in run.workflow.definition.steps}
        self._changed: set[StepId] = set()
        self._pauses: set[PauseId] = set()
        self._entries: list[AuditEntry] = []
        self._state = run.state
        self._starts = False
        self._started_by: UserId | None = None
        self._ended_by: UserId | None = None
        self._ended_why = ""
        self._touched = False

    def record(self, step: StepId) -> StepRecord:
        """How a step stands now. Raises KeyError for one that the run does not have."""
        return self._records[step]

    def step(self, step: StepId) -> Step:
        """What a step is, in the version that the run follows. Raises KeyError."""
        return self._steps[step]

    def touch(self) -> None:
        """Have the run's message shown anew, though no step moved."""
        self._touched = True

    def note(
        self,
        kind: AuditKind,
        by: UserId | None,
        before: Mapping[str, Value],
        after: Mapping[str, Value],
        step: StepId | None = None,
    ) -> None:
        """Have something that was done stand in the audit log; `by` is None for LiveSOP itself."""
        self._entries.append(
            AuditEntry(
                actor=by or BOT,
                kind=kind,
                subject=run_subject(self.run.id, step),
                before=before,
                after=after,
            )
        )

    def audit(self, entry: AuditEntry) -> None:
        """Have what was done beside the run stand in the audit log, too."""
        self._entries.append(entry)

    def move(
        self,
        step: StepId,
        state: StepState,
        *,
        by: UserId | None = None,
        detail: str = "",
        link: str | None = None,
        chosen: str = "",
        repeats: bool = False,
        pause: PauseId | None = None,
    ) -> None:
        """Bring a step into a state."""
        before = self._records[step]
        self._pauses |= {one for one in (before.pause, pause) if one is not None}
        self._records[step] = replace(
            before,
            state=state,
            chosen=chosen,
            detail=detail,
            link=link,
            changed_by=by,
            repeats=repeats,
            pause=pause,
        )
        self._changed.add(step)

    async def start(self, by: UserId | None) -> None:
        """Give a run its steps; `by` is None where it started by itself."""
        workflow = self.run.workflow
        ids = [step.id for step in workflow.definition.steps]
        await self.connection.execute(sql("insert_steps"), self.run.id, ids)
        self._records = {step: StepRecord(id=step) for step in ids}
        self._state, self._started_by, self._touched = RunState.RUNNING, by, True
        self._starts = self.run.state is not RunState.RUNNING
        after: dict[str, Value] = {"state": RunState.RUNNING}
        after |= {"workflow": workflow.slug, "version": workflow.version}
        self.note(AuditKind.RUN, by, {"state": RunState.PROPOSED if by else None}, after)

    async def end(self, state: RunState, by: UserId | None, why: str = "") -> None:
        """End the run; what is open in it is cancelled, what is under way comes to its end."""
        self._state, self._ended_by, self._ended_why, self._touched = state, by, why, True
        for step, record in tuple(self._records.items()):
            if record.state in _STAYS:
                continue
            if record.state is StepState.PLANNED:
                await self.settle(step, "cancelled")
            self.move(step, StepState.CANCELLED, by=by)
        after = {"state": state, **({"why": why} if why else {})}
        self.note(AuditKind.RUN, by, {"state": self.run.state}, after)

    async def request(self, step: StepId) -> ActionRequest:
        """What a step's action would send, as things stand. Raises ActionRefused."""
        receipts = await receipts_of(self.connection, self.run.id)
        return self._render(self.run, self._steps[step], receipts)

    async def plan(
        self, step: StepId, *, by: UserId | None, undo: timedelta, again: bool = False
    ) -> bool:
        """Write a step's action into the ledger; False: its effect is, or may be, there already.

        `by` is who said so, or None for Auto-Pilot; `again`: a person knows of the effect. Raises
        ActionRefused where it cannot be filled in.
        """
        run = self.run
        action = self._steps[step].action
        assert action is not None, "a step without an action is never planned"
        if not again and await self._same_effect(step):
            return False
        request = json.dumps((await self.request(step)).to_json())
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
        if row is None:  # another run came to it just now
            return False
        self.move(step, StepState.PLANNED, by=by)
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
        """Open what comes next, write what changed, have it shown, and audit it."""
        if self._state is RunState.RUNNING:
            await self._go_on()
        if self._changed or self._touched:
            await self._write_steps()
            jobs = [*await self._write_run(), *[await self._turn(one) for one in self._pauses]]
            await enqueue(self.connection, jobs)
        if self._entries:
            await append(self.connection, self.run.team, *self._entries)

    async def _write_steps(self) -> None:
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
            [record.repeats for record in records],
            [record.pause for record in records],
        )

    async def _write_run(self) -> list[PostJob | FaceJob]:
        row = await self.connection.fetchrow(
            sql("write_run"),
            self.run.id,
            self._state,
            self._starts,
            self._started_by,
            self._ended_by,
            self._ended_why,
        )
        assert row is not None
        match PostState(row["post_state"]):
            case PostState.PLANNED | PostState.TRYING:
                return [PostJob(self.run.id)]
            case PostState.POSTED:
                return [FaceJob(self.run.id, row["face_version"])]
            case PostState.FAILED | PostState.CANCELLED:
                return []

    async def _turn(self, pause: PauseId) -> CardJob:
        return CardJob(pause, await self.connection.fetchval(sql("turn_card"), pause))

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
            self.note(AuditKind.RUN, None, {"state": RunState.RUNNING}, {"state": RunState.DONE})

    async def _open(self, step: Step, switches: Switches) -> None:
        if step.kind is not StepKind.ACTION or step.mode is StepMode.MANUAL:
            self.move(step.id, StepState.WAITING)
        elif await self._same_effect(step.id):
            await self.wait_for_same_effect(step.id)
        elif step.mode is StepMode.APPROVE:
            self.move(step.id, StepState.WAITING)
        elif obstacle := step_obstacle(step, switches):
            self.move(step.id, StepState.WAITING, detail=f"{obstacle}.")
        else:
            try:
                if not await self.plan(step.id, by=None, undo=step.undo):
                    await self.wait_for_same_effect(step.id)
            except ActionRefused as error:
                self.move(step.id, StepState.FAILED, detail=str(error))

    async def _same_effect(self, step: StepId) -> bool:
        return await self._effect_row(step) is not None

    async def wait_for_same_effect(self, step: StepId) -> None:
        """Leave it to a person whether what was done for this message before is done again."""
        row = await self._effect_row(step)
        receipt = row and row["receipt"] and Receipt.from_json(json.loads(row["receipt"]))
        self.move(
            step,
            StepState.WAITING,
            detail="Done for this message before; approve to do it again."
            if receipt
            else "An earlier run for this message may have done it; approve to do it again.",
            link=receipt.link if receipt else None,
            repeats=True,
        )

    async def _effect_row(self, step: StepId) -> asyncpg.Record | None:
        return await self.connection.fetchrow(
            sql("same_effect"),
            self.run.evaluation.signal.id,
            self.run.workflow.id,
            step,
            self.run.id,
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
        self.render = render

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
                held_run = HeldRun(connection, found, self._teams, self.render)
                yield held_run
                await held_run.write()
