"""A run held for a change: everything about it moves under one lock, in one transaction.

The order of locks is the same everywhere: the run, then its team (only a claim needs it), then a
pause, then the head of the audit log, last.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from livesop_bot.db.audit import append
from livesop_bot.db.jobs import CardJob, FaceJob, PostJob, enqueue
from livesop_bot.db.plans import Effect, Plans, Render
from livesop_bot.db.pool import Connection, Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.db.runs import run_from_row, steps_of
from livesop_bot.db.teams import Teams
from livesop_bot.domain.actions import ActionRequest, Receipt
from livesop_bot.domain.audit import BOT, AuditEntry, AuditKind, Value, run_subject
from livesop_bot.domain.decisions import Switches, step_obstacle
from livesop_bot.domain.runs import OPEN, PauseId, PostState, Run, RunId, RunState, StepRecord
from livesop_bot.domain.signals import UserId
from livesop_bot.domain.steps import FINAL, StepState, is_over, opened
from livesop_bot.domain.workflows import Step, StepId, StepKind, StepMode
from livesop_bot.errors import ActionRefused

_STAYS = FINAL | {StepState.TRYING, StepState.FAILED, StepState.UNKNOWN}
"""What the end of a run leaves as it is: over, under way, or worth knowing."""


class HeldRun:
    """One run, locked. What is changed here is written, shown and audited when `hold` ends."""

    def __init__(self, connection: Connection, run: Run, teams: Teams, render: Render) -> None:
        self.run = run
        self.connection = connection
        self._teams = teams
        self._plans = Plans(connection, run, render)
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
        return await self._plans.request(self._steps[step])

    async def plan(
        self, step: StepId, *, by: UserId | None, undo: timedelta, again: bool = False
    ) -> None:
        """Have a step's action done after `undo`; `by` said so, or None for Auto-Pilot.

        Where its effect is there already, or may be, it waits for a person, unless one knows of
        that and wants it `again`. Where it cannot be filled in, it fails.
        """
        step_ = self._steps[step]
        try:
            added = await self._plans.add(step_, by_autopilot=by is None, undo=undo, again=again)
        except ActionRefused as error:
            self.move(step, StepState.FAILED, by=by, detail=str(error))
            return
        if added:
            self.move(step, StepState.PLANNED, by=by)
        else:
            self._wait_for_repetition(step, await self._plans.same_effect(step))

    async def leave_to_people(self, step: StepId, why: str, pause: PauseId | None = None) -> None:
        """Take back what Auto-Pilot planned; its step waits for somebody, who is told why."""
        await self.settle(step, "cancelled")
        self.move(step, StepState.WAITING, detail=why, pause=pause)
        before = {"state": StepState.PLANNED}
        self.note(AuditKind.ACTION, None, before, {"state": StepState.WAITING, "why": why}, step)

    async def settle(self, step: StepId, state: str, receipt: Receipt | None = None) -> None:
        """Note in the ledger what became of an action that is not under way."""
        await self._plans.settle(step, state, receipt)

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
        elif effect := await self._plans.same_effect(step.id):
            self._wait_for_repetition(step.id, effect)
        elif step.mode is StepMode.APPROVE:
            self.move(step.id, StepState.WAITING)
        elif obstacle := step_obstacle(step, switches):
            self.move(step.id, StepState.WAITING, detail=f"{obstacle}.")
        elif changed := self.run.basis_changed:
            self.move(step.id, StepState.WAITING, detail=changed)
        else:
            await self.plan(step.id, by=None, undo=step.undo)

    def _wait_for_repetition(self, step: StepId, effect: Effect | None) -> None:
        """Leave it to a person whether what was done for this message before is done again."""
        receipt = effect and effect.receipt
        detail = (
            "Done for this message before; approve to do it again."
            if receipt
            else "An earlier run for this message may have done it; approve to do it again."
        )
        link = receipt.link if receipt else None
        self.move(step, StepState.WAITING, detail=detail, link=link, repeats=True)

    async def switches(self) -> Switches:
        """Every switch that its acting steps depend on, as they are in this transaction."""
        run = self.run
        return await self._teams.switches(
            self.connection,
            run.team,
            run.workflow.slug,
            run.channel,
            [step.id for step in run.workflow.definition.acting_steps],
            run.workflow.version,
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
            async with (
                self._pool.acquire() as connection,
                connection.transaction(),
                self.hold_on(connection, run, ended=ended) as held,
            ):
                yield held

    @asynccontextmanager
    async def hold_on(
        self, connection: Connection, run: RunId, *, ended: bool = False
    ) -> AsyncIterator[HeldRun | None]:
        """The same in the connection's transaction."""
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
