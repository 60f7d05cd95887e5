"""What people press on a run: looked at and carried out under the run's lock, so that one wins."""

from dataclasses import dataclass
from datetime import timedelta

from livesop_bot.db.held_run import HeldRun, HeldRuns
from livesop_bot.domain.actions import Receipt
from livesop_bot.domain.runs import Run, RunId, RunState
from livesop_bot.domain.signals import TeamId, UserId
from livesop_bot.domain.steps import NotOffered, Press, StepState, choices, pressed
from livesop_bot.domain.workflows import Step, StepId
from livesop_bot.errors import ActionRefused

_AT_ONCE = timedelta()
"""What a person approved has no undo window: it was looked at."""


@dataclass(frozen=True, slots=True)
class Late:
    """Someone was quicker, or the run is over; `sentence` says it to the person who pressed."""

    sentence: str


class Presses:
    """Carries out presses; who may press was asked before. Raises DatabaseAway."""

    def __init__(self, runs: HeldRuns) -> None:
        self._runs = runs

    async def step(
        self, team: TeamId, run: RunId, step: StepId, press: Press, by: UserId, chosen: str = ""
    ) -> Run | Late:
        """Move a step on. Raises NotOffered for an answer that its decision does not have."""
        async with self._runs.hold(run) as held:
            if held is None or held.run.team != team or held.run.state is not RunState.RUNNING:
                return Late("This SOP is not under way any more; nothing was changed.")
            record, definition = held.record(step), held.step(step)
            try:
                state = pressed(definition, record.state, press)
            except NotOffered:
                return Late(_quicker(definition, record.state, record.changed_by))
            if press is Press.CHOOSE and chosen not in choices(
                definition, held.run.workflow.definition
            ):
                raise NotOffered(f"{step} has no answer {chosen!r}")
            await self._carry_out(held, definition, press, state, by, chosen)
            return held.run

    async def start(self, team: TeamId, run: RunId, by: UserId) -> Run | Late:
        """Start a proposed run."""
        async with self._runs.hold(run) as held:
            if held is None or held.run.team != team:
                return Late("This proposal is not open any more; nothing was started.")
            if held.run.state is not RunState.PROPOSED:
                return Late("This SOP was started already.")
            await held.start(by)
            return held.run

    async def end(self, team: TeamId, run: RunId, state: RunState, by: UserId) -> Run | Late:
        """Cancel a run (`cancelled`), or say that a proposal does not fit (`dismissed`)."""
        async with self._runs.hold(run) as held:
            if held is None or held.run.team != team:
                return Late("This SOP is over already; nothing was changed.")
            if (state is RunState.DISMISSED) is not (held.run.state is RunState.PROPOSED):
                return Late("This SOP was started meanwhile; nothing was changed.")
            await held.end(state, by, "")
            return held.run

    async def _carry_out(
        self,
        held: HeldRun,
        step: Step,
        press: Press,
        state: StepState,
        by: UserId,
        chosen: str,
    ) -> None:
        match press:
            case Press.APPROVE | Press.RETRY:
                # Someone looked at it, and at what the step says of an earlier time.
                again = press is Press.RETRY or bool(held.record(step.id).link)
                await self._plan(held, step, by, again=again)
            case Press.HOLD:
                await held.settle(step.id, "cancelled")
                held.move(step.id, state, by=by, detail="Taken back before it was done.")
            case Press.MARK_DONE:
                receipt = Receipt(id="", words="Done, as somebody saw.")
                await held.settle(step.id, "done", receipt)
                held.move(step.id, state, by=by, detail=receipt.words)
            case Press.SKIP:
                await held.settle(step.id, "cancelled")
                held.move(step.id, state, by=by)
            case Press.DONE | Press.CHOOSE:
                held.move(step.id, state, by=by, chosen=chosen)

    async def _plan(self, held: HeldRun, step: Step, by: UserId, *, again: bool) -> None:
        try:
            if not await held.plan(step.id, by=by, undo=_AT_ONCE, again=again):
                await held.wait_for_same_effect(step.id)
        except ActionRefused as error:
            held.move(step.id, StepState.FAILED, by=by, detail=str(error))


def _quicker(step: Step, state: StepState, by: UserId | None) -> str:
    who = f"<@{by}> was quicker" if by else "It has moved on meanwhile"
    return f"{who}: *{step.title}* is {state}."
