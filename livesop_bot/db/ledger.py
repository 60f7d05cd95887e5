"""The ledger: actions are claimed before they are tried, and concluded once."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from livesop_bot.db.held_run import HeldRun, HeldRuns
from livesop_bot.db.jobs import ActJob, enqueue
from livesop_bot.db.pool import Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.domain.actions import ActionId, ActionRequest, Receipt
from livesop_bot.domain.decisions import step_obstacle
from livesop_bot.domain.runs import Run, RunId, RunState
from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.steps import StepState
from livesop_bot.domain.workflows import Step, StepId

CAP = 5
CAP_IN = timedelta(minutes=10)
"""A step that acted so often in that time, for whatever messages, waits for people."""

FAILURES = 3
"""So does one that failed so often in a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to try an action once.

    `maybe_done`: an earlier attempt may have happened, so the target is to be asked first.
    `insisted`: a person has said that it may be done although nobody can tell.
    """

    action: ActionId
    attempt: int
    tried_at: datetime
    run: Run
    step: Step
    request: ActionRequest
    key: UUID
    maybe_done: bool
    insisted: bool


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
        what was switched off before it is not claimed.
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
            if row["state"] not in ("planned", "trying"):
                return None
            maybe_done = row["state"] == "trying"
            if not maybe_done:
                if held.run.state is not RunState.RUNNING:
                    return None
                if row["wait"] > 0:
                    return NotYet(row["wait"])
                if row["by_autopilot"] and (why := await self._obstacle(held, step)):
                    await held.settle(step.id, "cancelled")
                    held.move(step.id, StepState.WAITING, detail=f"{why}.")
                    return None
            claimed = await held.connection.fetchrow(sql("claim_action"), action)
            assert claimed is not None, "the run is locked, and the action with it"
            if not maybe_done:
                held.move(step.id, StepState.TRYING, by=held.record(step.id).changed_by)
            return Claim(
                action=action,
                attempt=claimed["attempts"],
                tried_at=claimed["tried_at"],
                run=held.run,
                step=step,
                request=ActionRequest.from_json(json.loads(row["request"])),
                key=row["idempotency_key"],
                maybe_done=maybe_done or row["again"],
                insisted=row["again"],
            )

    async def done(self, claim: Claim, receipt: Receipt) -> None:
        """Note that the action happened."""
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
            stored = None if receipt is None else json.dumps(receipt.to_json())
            if not await held.connection.fetchval(
                sql("conclude_action"), claim.action, claim.attempt, state, stored, why, wait
            ):
                return  # another attempt was begun since: this one has no say any more
            held.move(
                claim.step.id,
                state,
                by=held.record(claim.step.id).changed_by,
                detail=why if receipt is None else receipt.words,
                link=None if receipt is None else receipt.link,
            )

    async def _obstacle(self, held: HeldRun, step: Step) -> str | None:
        await held.connection.execute(sql("hold_team_for_claim"), held.run.team)
        if obstacle := step_obstacle(step, await held.switches()):
            return obstacle
        rows = await held.connection.fetch(
            sql("lately_of_step"), held.run.workflow.id, step.id, CAP_IN, max(CAP, FAILURES)
        )
        return paused([row["state"] for row in rows])

    async def halt(self, team: TeamId) -> int:
        """Take back what Auto-Pilot planned and may not do any more; gives how many runs that was.

        Nothing depends on this: a claim asks the switches itself. It is how people see it at once.
        """
        halted = 0
        with away():
            runs = await self._pool.fetch(sql("runs_on_autopilot"), team, 10_000)
        for run in runs:
            async with self._runs.hold(RunId(run["run_id"])) as held:
                if held is None:
                    continue
                switches = await held.switches()
                for record in held.run.steps:
                    step = held.step(record.id)
                    if record.state is not StepState.PLANNED or record.changed_by is not None:
                        continue
                    if obstacle := step_obstacle(step, switches):
                        await held.settle(step.id, "cancelled")
                        held.move(step.id, StepState.WAITING, detail=f"{obstacle}.")
                        halted += 1
        return halted

    async def sweep(self, forgotten: timedelta, limit: int) -> int:
        """Queue actions that have waited suspiciously long, unless they are queued."""
        with away():
            async with self._pool.acquire() as connection, connection.transaction():
                rows = await connection.fetch(sql("overdue_actions"), forgotten, limit)
                await enqueue(connection, [ActJob(ActionId(row["id"])) for row in rows])
        return len(rows)


def paused(lately: Sequence[str]) -> str | None:
    """Why a step that did this lately (newest first) waits for people, or None: it may act."""
    if len(lately) >= CAP:
        minutes = CAP_IN // timedelta(minutes=1)
        return f"Paused: it acted {CAP} times within {minutes} minutes"
    if len(lately) >= FAILURES and all(state == "failed" for state in lately[:FAILURES]):
        return f"Paused: it failed {FAILURES} times in a row"
    return None
