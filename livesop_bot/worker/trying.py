"""Trying: what LiveSOP would do with a text that somebody types; nothing of it is stored."""

import asyncio
from datetime import UTC, datetime
from time import perf_counter

from livesop_bot.db.evaluations import Evaluations
from livesop_bot.db.verdicts import Verdicts
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.decisions import Decision, failed, timed_out
from livesop_bot.domain.evaluations import Cause, Evaluation, EvaluationId, Judgement
from livesop_bot.domain.signals import (
    ChannelId,
    MessageTs,
    Signal,
    SignalId,
    SignalState,
    Source,
    TeamId,
    UserId,
)
from livesop_bot.domain.workflows import watching
from livesop_bot.errors import EvaluatorAway, EvaluatorBroken
from livesop_bot.evaluation.evaluator import Evaluator, Question
from livesop_bot.masking import mask_secrets


class Trying:
    """Judges a text as a message of a channel would be, a few at a time. Raises DatabaseAway."""

    def __init__(
        self,
        *,
        evaluations: Evaluations,
        workflows: Workflows,
        verdicts: Verdicts,
        evaluator: Evaluator,
        time_limit: float,
        at_once: int = 4,
    ) -> None:
        self._evaluations = evaluations
        self._workflows = workflows
        self._verdicts = verdicts
        self._evaluator = evaluator
        self._time_limit = time_limit
        self._turns = asyncio.Semaphore(at_once)

    async def __call__(
        self, team: TeamId, channel: ChannelId, author: UserId, text: str
    ) -> Evaluation:
        """Give the evaluation that it would get, its text masked."""
        signal = _signal(team, channel, author, mask_secrets(text))
        workflows = watching(await self._workflows.current(team), channel)
        lessons = await self._verdicts.lessons(team)
        judgement = Judgement(
            workflow=None, confidence=0, reasoning="", evaluator=self._evaluator.name
        )
        failure: Decision | None = None
        began = perf_counter()
        try:
            async with asyncio.timeout(self._time_limit), self._turns:
                judgement = await self._evaluator.evaluate(
                    Question(signal, workflows, lessons=lessons)
                )
        except TimeoutError:
            failure = timed_out(self._time_limit)
        except (EvaluatorAway, EvaluatorBroken) as error:
            failure = failed(f"{error}.")
        given = {workflow.id: workflow for workflow in workflows}
        workflow = None if judgement.workflow is None else given.get(judgement.workflow)
        return Evaluation(
            id=EvaluationId(0),
            signal=signal,
            workflow=workflow,
            confidence=None if failure else judgement.confidence,
            reasoning=judgement.reasoning,
            evidence=judgement.evidence if judgement.evidence in signal.text else "",
            evaluator=judgement.evaluator,
            decision=failure or await self._evaluations.would(signal, judgement, workflow),
            cause=Cause.SIGNAL,
            dry_run=True,
            latency_ms=(perf_counter() - began) * 1000,
            created_at=signal.occurred_at,
            fields=judgement.fields,
            citations=judgement.citations,
            usage=judgement.usage,
            stand_in=judgement.stand_in,
            caution=judgement.caution,
        )


def _signal(team: TeamId, channel: ChannelId, author: UserId, text: str) -> Signal:
    """A signal that is stored nowhere."""
    now = datetime.now(UTC)
    ts = MessageTs(f"{now.timestamp():.6f}")
    return Signal(
        id=SignalId(0),
        team=team,
        source=Source.IMPORT,
        external_id=f"{channel}:{ts}",
        channel=channel,
        message_ts=ts,
        thread_ts=None,
        author=author,
        author_is_bot=False,
        text=text,
        permalink=None,
        occurred_at=now,
        received_at=now,
        stored_at=now,
        state=SignalState.PENDING,
        revision=1,
        attempt=0,
    )
