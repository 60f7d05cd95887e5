"""The ledger: actions are claimed before they are tried, and concluded once."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from livesop_bot.db.held_run import HeldRun, HeldRuns
from livesop_bot.db.jobs import BasisJob, enqueue
from livesop_bot.db.pauses import pause_of
from livesop_bot.db.pool import Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.domain.actions import ActionId, ActionRequest, Receipt
from livesop_bot.domain.audit import AuditKind, Value
from livesop_bot.domain.decisions import step_obstacle
from livesop_bot.domain.runs import Run, RunId, RunState
from livesop_bot.domain.signals import SignalState
from livesop_bot.domain.steps import StepState
from livesop_bot.domain.workflows import Step, StepId

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to try an action once.

    `maybe_done`: an earlier attempt may have happened, so the target is to be asked first.
    `quiet`: seconds since it was tried last; what was sent then may still be on its way.
    `insisted`: a person has said that it may be done although nobody can tell.
    `withheld`: why it may only be asked after and not be done any more; empty: it may be done.
    """

    action: ActionId
    attempt: int
    tried_at: datetime
    quiet: float
    run: Run
    step: Step
    request: ActionRequest
    key: UUID
    maybe_done: bool
    insisted: bool
    withheld: str


@dataclass(frozen=True, slots=True)
class NotYet:
    """The action is planned for later: in so many seconds."""

    seconds: float


class Ledger:
    """Claims and concludes actions. Raises DatabaseAway."""

    def __init__(self, pool: Pool, runs: HeldRuns) -> None:
        self._pool = pool
        self._runs = runs

    async def start(self, run: RunId) -> None:
        """Give a run that started by itself its steps, once, and open the first."""
        async with self._runs.hold(run) as held:
            if held is not None and held.run.state is RunState.RUNNING and not held.run.steps:
                await held.start(None)

    async def claim(self, action: ActionId) -> Claim | NotYet | None:
        """Claim an action that is due; None: it is not to be done, or not any more.

        Every switch is read again here, under a lock that keeps them until the claim is stored:
        what was switched off before it is not claimed. What an earlier attempt may have done is
        claimed all the same, to be asked after.
        """
        with away():
            run = await self._pool.fetchval(sql("run_of_action"), action)
        if run is None:
            return None
        async with self._runs.hold(RunId(run), ended=True) as held:
            assert held is not None
            row = await held.connection.fetchrow(sql("action_by_id"), action)
            assert row is not None
            step = held.step(StepId(row["step_id"]))
            withheld = ""
            if row["state"] == "planned":
                if held.run.state is not RunState.RUNNING:
                    return None
                if held.run.basis_lost:
                    signal = held.run.evaluation.signal
                    await enqueue(held.connection, [BasisJob(signal.id, signal.revision)])
                    return None
                if row["by_autopilot"] and (changed := held.run.basis_changed):
                    await held.leave_to_people(step.id, changed)
                    return None
                if row["wait"] > 0:
                    return NotYet(row["wait"])
                if row["by_autopilot"] and await self._stopped(held, step):
                    return None
            elif row["state"] == "trying":
                withheld = await self._withheld(held, step, by_autopilot=row["by_autopilot"])
            else:
                return None
            claimed = await held.connection.fetchrow(sql("claim_action"), action)
            assert claimed is not None, "the run is locked, and the action with it"
            tried = row["state"] == "trying"
            if not tried:
                held.move(step.id, StepState.TRYING, by=held.record(step.id).changed_by)
            return Claim(
                action=action,
                attempt=claimed["attempts"],
                tried_at=claimed["tried_at"],
                quiet=claimed["quiet"],
                run=held.run,
                step=step,
                request=ActionRequest.from_json(json.loads(row["request"])),
                key=row["idempotency_key"],
                maybe_done=tried or (row["again"] and row["attempts"] > 0),
                insisted=row["again"] and not tried,  # a person's word is for one attempt
                withheld=withheld,
            )

    async def begin(self, claim: Claim) -> bool:
        """Note that it is done now; False: the claim was taken over, so that it must not be."""
        with away():
            begun = await self._pool.fetchval(sql("begin_attempt"), claim.action, claim.attempt)
        return begun is not None

    async def done(self, claim: Claim, receipt: Receipt) -> None:
        """Note that the action happened, whatever another attempt may have said since."""
        await self._conclude(claim, StepState.DONE, receipt=receipt)

    async def failed(self, claim: Claim, why: str) -> None:
        """Note that it surely did not happen, and will not by itself; `why` is for people."""
        await self._conclude(claim, StepState.FAILED, why=why)

    async def unknown(self, claim: Claim, why: str) -> None:
        """Note that nobody can tell whether it happened."""
        await self._conclude(claim, StepState.UNKNOWN, why=why)

    async def delayed(self, claim: Claim, why: str, wait: timedelta) -> None:
        """Note that it surely did not happen, and will be tried again after `wait`."""
        await self._conclude(claim, StepState.PLANNED, why=why, wait=wait)

    async def withheld(self, claim: Claim) -> None:
        """Note that it surely did not happen, and may not be done any more by itself."""
        await self._conclude(claim, StepState.WAITING, why=claim.withheld)

    async def _conclude(
        self,
        claim: Claim,
        state: StepState,
        *,
        receipt: Receipt | None = None,
        why: str = "",
        wait: timedelta | None = None,
    ) -> None:
        async with self._runs.hold(claim.run.id, ended=True) as held:
            assert held is not None
            if held.run.state is not RunState.RUNNING and state in (
                StepState.PLANNED,
                StepState.WAITING,
            ):
                state = StepState.CANCELLED
            noted = "cancelled" if state is StepState.WAITING else state
            stored = None if receipt is None else json.dumps(receipt.to_json())
            if not await held.connection.fetchval(
                sql("conclude_action"), claim.action, claim.attempt, noted, stored, why, wait
            ):
                # Another attempt was begun since: this one has no say any more.
                log.warning("action.overtaken", action=claim.action, outcome=state)
                return
            step = claim.step.id
            before = {"state": held.record(step).state}
            held.move(
                step,
                state,
                by=held.record(step).changed_by,
                detail=why if receipt is None else f"{receipt.words}\n{receipt.note}".strip(),
                link=None if receipt is None else receipt.link,
            )
            after: dict[str, Value] = {"state": state, "kind": claim.request.kind}
            after |= {"action": claim.action, "attempt": claim.attempt}
            held.note(AuditKind.ACTION, None, before, after, step)
            if held.run.evaluation.signal.state is SignalState.DELETED:
                await held.connection.execute(sql("forget_requests"), held.run.evaluation.signal.id)

    async def _stopped(self, held: HeldRun, step: Step) -> bool:
        """Leave a step to people that Auto-Pilot may not do now; says whether it is so."""
        await held.connection.execute(sql("hold_team_for_claim"), held.run.team)
        why, pause = step_obstacle(step, await held.switches()), None
        if why is None and (found := await pause_of(held, step)):
            pause, why = found
        if why is None:
            return False
        await held.leave_to_people(step.id, f"{why}.", pause)
        return True

    async def _withheld(self, held: HeldRun, step: Step, *, by_autopilot: bool) -> str:
        if held.run.state is not RunState.RUNNING:
            return "The SOP was ended before it was done."
        if lost := held.run.basis_lost:
            return lost
        if not by_autopilot:
            return ""
        if changed := held.run.basis_changed:
            return changed
        await held.connection.execute(sql("hold_team_for_claim"), held.run.team)
        obstacle = step_obstacle(step, await held.switches())
        return f"{obstacle}." if obstacle else ""
