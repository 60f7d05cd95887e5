"""What people press on a run: looked at and carried out under the run's lock, so that one wins."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from livesop_bot.db.autonomy import demote_step, demote_workflow, keep_decision
from livesop_bot.db.held_run import HeldRun, HeldRuns
from livesop_bot.db.verdicts import keep_verdict
from livesop_bot.domain.actions import Receipt
from livesop_bot.domain.audit import AuditKind
from livesop_bot.domain.autonomy import is_shadow_decision, reached_alone, waiting
from livesop_bot.domain.runs import (
    PauseId,
    Run,
    RunId,
    RunState,
    ShownOtherwise,
    StepRecord,
    TooLate,
)
from livesop_bot.domain.signals import TeamId, UserId
from livesop_bot.domain.steps import (
    PLANNING,
    NotOffered,
    Press,
    StepState,
    choices,
    offers,
    pressed,
)
from livesop_bot.domain.verdicts import on_judgement
from livesop_bot.domain.workflows import Step, StepId
from livesop_bot.errors import ActionRefused

_AT_ONCE = timedelta()
"""What a person approved has no undo window: it was looked at."""

_OTHERWISE = "What would be sent changed after it was approved with others: look at it here."


class Presses:
    """Carries out presses; who may press was asked before. Raises DatabaseAway."""

    def __init__(self, runs: HeldRuns) -> None:
        self._runs = runs

    async def step(
        self,
        team: TeamId,
        run: RunId,
        step: StepId,
        press: Press,
        by: UserId,
        chosen: str = "",
        *,
        shown: str,
    ) -> Run | TooLate | ShownOtherwise:
        """Move a step on. `shown`: the digest of what the step would send, as the person saw it.

        Raises NotOffered for an answer that its decision does not have, KeyError for a step that
        the run does not have.
        """
        async with self._open(team, run) as held:
            if held is None or held.run.state is not RunState.RUNNING:
                return TooLate(None if held is None else held.run.state)
            record, definition = held.record(step), held.step(step)
            if press not in offers(definition, record.state):
                return TooLate(held.run.state, definition, record)
            if press is Press.CHOOSE and chosen not in choices(
                definition, held.run.workflow.definition
            ):
                raise NotOffered(f"{step} has no answer {chosen!r}")
            if press in PLANNING and await _sends_otherwise(held, step, shown):
                held.touch()
                _note_otherwise(held, record, press, by)
                return ShownOtherwise(definition)
            answer = chosen if press is Press.CHOOSE else ""
            await self._carry_out(held, definition, press, by, answer)
            return held.run

    async def start(self, team: TeamId, run: RunId, by: UserId) -> Run | TooLate:
        """Start a proposed run; that it fits is kept as a verdict."""
        async with self._open(team, run) as held:
            if held is None or held.run.state is not RunState.PROPOSED:
                return TooLate(None if held is None else held.run.state)
            await held.start(by)
            await _keep_verdict(held, by, right=True)
            return held.run

    async def end(self, team: TeamId, run: RunId, state: RunState, by: UserId) -> Run | TooLate:
        """Cancel a run (`cancelled`), or say that it does not fit (`dismissed`).

        The latter is for a proposal, and for what Auto-Pilot started, and is kept as a verdict.
        """
        async with self._open(team, run) as held:
            if held is None or not _may_end(held.run, state):
                return TooLate(None if held is None else held.run.state)
            proposed = held.run.state is RunState.PROPOSED
            decided = reached_alone(held.run.workflow.definition) if proposed else waiting(held.run)
            await held.end(state, by)
            await keep_decision(held, decided, by, approved=False)
            if state is RunState.DISMISSED:
                await _keep_verdict(held, by, right=False)
                if not proposed:
                    await demote_workflow(held, by)
            return held.run

    async def approvers(self, team: TeamId, run: RunId, step: StepId) -> tuple[str, ...]:
        """Who may move a step on; empty: every operator, or there is no such step."""
        async with self._open(team, run) as held:
            steps = () if held is None else held.run.workflow.definition.steps
            return next((one.approvers for one in steps if one.id == step), ())

    @asynccontextmanager
    async def _open(self, team: TeamId, run: RunId) -> AsyncIterator[HeldRun | None]:
        async with self._runs.hold(run) as held:
            yield held if held is not None and held.run.team == team else None

    async def _carry_out(
        self,
        held: HeldRun,
        step: Step,
        press: Press,
        by: UserId,
        chosen: str,
    ) -> None:
        record = held.record(step.id)
        state = pressed(step, record.state, press)
        match press:
            case Press.APPROVE | Press.RETRY:
                # Someone looked at it, and at what the step says of an earlier time.
                known = record.repeats or record.state is StepState.UNKNOWN
                await held.plan(step.id, by=by, undo=_AT_ONCE, again=known)
            case Press.HOLD:
                await held.settle(step.id, "cancelled")
                held.move(step.id, state, by=by, detail="Taken back before it was done.")
                if record.changed_by is None:  # it was Auto-Pilot that planned it
                    await demote_step(held, step, by)
            case Press.MARK_DONE:
                receipt = Receipt(id="", words="Done, as somebody saw.")
                await held.settle(step.id, "done", receipt)
                held.move(step.id, state, by=by, detail=receipt.words)
            case Press.SKIP:
                await held.settle(step.id, "cancelled")
                held.move(step.id, state, by=by)
            case Press.DONE | Press.CHOOSE:
                held.move(step.id, state, by=by, chosen=chosen)
        if press in (Press.APPROVE, Press.SKIP) and is_shadow_decision(step, record):
            await keep_decision(held, [step], by, approved=press is Press.APPROVE)
        after = {"press": press, "state": held.record(step.id).state, **_answer(chosen)}
        held.note(AuditKind.APPROVAL, by, {"state": record.state}, after, step.id)

    async def release(self, run: RunId, pause: PauseId, by: UserId, shown: str) -> None:
        """Approve what waits in a run for a pause, if that is what the pause's card showed."""
        async with self._runs.hold(run) as held:
            if held is None or held.run.state is not RunState.RUNNING:
                return
            for record in held.run.steps:
                if record.pause != pause or record.state is not StepState.WAITING:
                    continue
                if await _sends_otherwise(held, record.id, shown):
                    held.move(record.id, StepState.WAITING, detail=_OTHERWISE)
                    _note_otherwise(held, record, Press.APPROVE, by)
                else:
                    await self._carry_out(held, held.step(record.id), Press.APPROVE, by, "")


def _may_end(run: Run, state: RunState) -> bool:
    if state is RunState.CANCELLED:
        return run.state is RunState.RUNNING
    return run.state is RunState.PROPOSED or (
        run.state is RunState.RUNNING and run.started_by is None
    )


async def _sends_otherwise(held: HeldRun, step: StepId, shown: str) -> bool:
    """Whether a step would send something else than was shown; what fails fails like that."""
    try:
        return (await held.request(step)).digest != shown
    except ActionRefused:
        return False


def _note_otherwise(held: HeldRun, record: StepRecord, press: Press, by: UserId) -> None:
    after = {"press": press, "why": "shown_otherwise"}
    held.note(AuditKind.REFUSAL, by, {"state": record.state}, after, record.id)


def _answer(chosen: str) -> dict[str, str]:
    return {"chosen": chosen} if chosen else {}


async def _keep_verdict(held: HeldRun, by: UserId, *, right: bool) -> None:
    verdict = on_judgement(held.run.evaluation, right=right, by=by)
    if verdict is not None:
        await keep_verdict(held.connection, verdict)
