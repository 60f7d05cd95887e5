"""Replaying: a stored message is judged again, at once, because a person asks for it."""

from livesop_bot.db.ended import Concluded
from livesop_bot.db.feed import Feed
from livesop_bot.db.jobs import EvaluateJob
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.evaluations import Cause
from livesop_bot.domain.replays import (
    NotReplayed,
    Outcome,
    Replayed,
    ReplayRequest,
    Unkept,
    Version,
    unkept,
)
from livesop_bot.domain.signals import ChannelId, SignalState, TeamId
from livesop_bot.domain.workflows import Workflow
from livesop_bot.worker.evaluate import MOST_ATTEMPTS, Evaluating
from livesop_bot.worker.faults import patiently


class Replaying:
    """Judges within the evaluation's time limit, and says what came of it and what differs.

    What is not a dry run passes the gate as a new message does: an SOP that is open in the thread
    is not opened again, and what was done for the message before is repeated by no run unless a
    person approves that. Whoever comes second is told. Raises DatabaseAway.
    """

    def __init__(self, *, feed: Feed, workflows: Workflows, evaluating: Evaluating) -> None:
        self._feed = feed
        self._workflows = workflows
        self._evaluating = evaluating

    async def __call__(self, request: ReplayRequest) -> Replayed | NotReplayed:
        """Replay. What is not a dry run is stored, and audited with who asked."""
        found = await patiently(lambda: self._feed.of_signal(request.team, request.signal))
        if found is None:
            return NotReplayed.UNKNOWN
        signal, stored = found
        if signal.state is SignalState.DELETED:
            return NotReplayed.DELETED
        job = EvaluateJob(signal.id, signal.revision, Cause.REPLAY, request.dry_run, request.by)
        pinned, lost = None, None
        if request.version is Version.SAME:
            pinned = None if stored is None else stored.workflow
            lost = await self._lost(request.team, pinned, signal.channel)
        # The last attempt: a person waits, and does better to hear that it failed than to wait.
        concluded = await self._evaluating(job, MOST_ATTEMPTS - 1, as_it_was=pinned)
        if concluded is None:
            return NotReplayed.OVERTAKEN
        return Replayed(
            signal=signal,
            before=None if stored is None else Outcome.of(stored),
            now=_outcome(concluded),
            dry_run=request.dry_run,
            edited=stored is not None and stored.signal.revision != signal.revision,
            run=concluded.run,
            version=request.version,
            unkept=lost,
        )

    async def _lost(
        self, team: TeamId, named: Workflow | None, channel: ChannelId
    ) -> Unkept | None:
        return unkept(named, await patiently(lambda: self._workflows.current(team)), channel)


def _outcome(concluded: Concluded) -> Outcome:
    judgement = concluded.judgement
    return Outcome(
        workflow=concluded.workflow,
        confidence=concluded.confidence,
        decision=concluded.would,
        reasoning=judgement.reasoning,
        evaluator=judgement.evaluator,
        fields=judgement.fields,
        stand_in=judgement.stand_in,
        usage=judgement.usage,
    )
