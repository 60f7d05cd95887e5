"""Evaluating: one signal, one judgement within the time limit, one decision."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from time import perf_counter

import structlog
from pgqueuer import RetryRequested

from livesop_bot.db.ended import Concluded
from livesop_bot.db.evaluations import Evaluations
from livesop_bot.db.group_commit import GroupCommit
from livesop_bot.db.jobs import EvaluateJob
from livesop_bot.db.verdicts import Verdicts
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.decisions import Decision, failed, timed_out
from livesop_bot.domain.evaluations import Cause, Judgement
from livesop_bot.domain.questions import question_of
from livesop_bot.domain.signals import Signal, TeamId, UserId
from livesop_bot.domain.verdicts import Lesson
from livesop_bot.domain.workflows import Workflow, watching
from livesop_bot.errors import DatabaseAway, EvaluatorAway, EvaluatorBroken
from livesop_bot.evaluation.evaluator import AnswerRejected, Evaluator, Question
from livesop_bot.masking import mask_secrets
from livesop_bot.metrics import Metrics
from livesop_bot.worker.faults import MOST_BREAKS, broke_off, later, patiently

log = structlog.get_logger()

GiveWay = Callable[[], Awaitable[object]]

_Known = tuple[tuple[Workflow, ...], tuple[Lesson, ...]]
_Current = GroupCommit[Signal, _Known]

_ASKED = "the message asks LiveSOP something"

MOST_ATTEMPTS = 6
"""Tries for an evaluator that is away, about a minute in all; then the signal is `failed`."""


class Evaluating:
    """Handles evaluate jobs. Safe to run twice for the same job: only one conclusion is stored."""

    def __init__(
        self,
        *,
        evaluations: Evaluations,
        workflows: Workflows,
        verdicts: Verdicts,
        evaluator: Evaluator,
        time_limit: float,
        metrics: Metrics,
        bot: UserId | None = None,
    ) -> None:
        """`bot`: who LiveSOP is; without it no message is a question to it."""
        self._evaluations = evaluations
        self._workflows = workflows
        self._verdicts = verdicts
        self._current: defaultdict[TeamId, _Current] = defaultdict(
            lambda: GroupCommit(self._known, limit=1000)
        )
        self._evaluator = evaluator
        self._time_limit = time_limit
        self._metrics = metrics
        self._bot = bot
        self._abandoned: set[asyncio.Task[tuple[Judgement, Workflow | None]]] = set()

    async def __call__(
        self,
        job: EvaluateJob,
        attempts: int,
        *,
        as_it_was: Workflow | None = None,
        give_way: GiveWay | None = None,
    ) -> Concluded | None:
        """Evaluate; `attempts` counts earlier tries. Raises RetryRequested for passing faults.

        `as_it_was`: a version of an SOP that is to be asked about in place of the newest. What
        takes processor time begins when `give_way` returns.
        """
        if attempts >= MOST_BREAKS:
            log.error("evaluation.ended_process", signal=job.signal)
            return await self._give_up(job, "LiveSOP ended each time it was judged.")
        try:
            return await self._evaluate(job, attempts, as_it_was, give_way)
        except (DatabaseAway, RetryRequested):
            raise
        except Exception as error:
            if attempts + 1 < MOST_BREAKS:
                raise  # it rests, and is tried again after ever longer times
            log.exception("evaluation.broke_off", signal=job.signal)
            return await self._give_up(job, broke_off(error))

    async def _give_up(self, job: EvaluateJob, why: str) -> Concluded | None:
        """Store that a signal cannot be judged, and why."""
        begun = await patiently(lambda: self._evaluations.begin(job))
        if begun is None:
            return None
        signal, attempt = begun
        nothing = self._nothing()
        concluded = await patiently(
            lambda: self._evaluations.conclude(
                job, signal, attempt, nothing, None, latency_ms=0.0, failure=failed(why)
            )
        )
        self._tell(signal, nothing, concluded, 0.0)
        return concluded

    def _nothing(self) -> Judgement:
        """What is stored where nothing was judged."""
        return Judgement(workflow=None, confidence=0, reasoning="", evaluator=self._evaluator.name)

    async def _evaluate(
        self,
        job: EvaluateJob,
        attempts: int,
        as_it_was: Workflow | None,
        give_way: GiveWay | None,
    ) -> Concluded | None:
        begun = await patiently(lambda: self._evaluations.begin(job))
        if begun is None:
            log.info("evaluation.not_needed", signal=job.signal)
            return None
        signal, attempt = begun
        workflows, lessons = await patiently(lambda: self._current[signal.team].submit(signal))
        if as_it_was is not None:
            workflows = tuple(as_it_was if one.id == as_it_was.id else one for one in workflows)
        if give_way is not None:
            await give_way()
        started = perf_counter()
        judgement = self._nothing()
        workflow: Workflow | None = None
        failure: Decision | None = None
        # Secrets go no further than this: not to a model, not into what is stored of the judgement.
        masked = replace(signal, text=mask_secrets(signal.text))
        fresh = job.cause is Cause.REPLAY
        question = Question(masked, workflows, lessons=lessons, fresh=fresh)
        try:
            # What an evaluator looks up is in PostgreSQL, too.
            judgement, workflow = await self._within_limit(question)
        except TimeoutError:
            failure = timed_out(self._time_limit)
            self._metrics.evaluation_timeouts.inc()
            log.warning("evaluation.timeout", signal=signal.id, seconds=self._time_limit)
        except EvaluatorAway as error:
            if attempts + 1 < MOST_ATTEMPTS and not job.dry_run:
                log.warning("evaluation.retried", signal=signal.id, error=str(error))
                raise later(attempts, str(error), error.retry_after) from error
            failure = failed(f"{error}.")
        except EvaluatorBroken as error:
            if isinstance(error, AnswerRejected):
                judgement = replace(judgement, evaluator=error.evaluator, usage=error.usage)
            failure = failed(f"{error}.")
        except DatabaseAway:
            raise  # it was waited for in vain
        except Exception as error:
            # A fault of the evaluator must not take the worker along, nor be tried for ever.
            log.exception("evaluation.crashed", signal=signal.id)
            failure = failed(f"the evaluator broke off ({type(error).__name__}).")
        latency = perf_counter() - started
        asks = self._bot is not None and bool(question_of(signal, self._bot))
        if asks and workflow is not None:
            # Whoever asks about an SOP need not want it started.
            judgement = replace(judgement, caution=judgement.caution or _ASKED)
        concluded = await patiently(
            lambda: self._evaluations.conclude(
                job,
                signal,
                attempt,
                judgement,
                workflow,
                latency_ms=latency * 1000,
                failure=failure,
                answer=asks,
            )
        )
        self._tell(signal, judgement, concluded, latency)
        return concluded

    async def _known(self, signals: Sequence[Signal]) -> list[_Known]:
        """The SOPs that watch each signal's channel, and the lessons of their team; asked once."""
        team = signals[0].team
        current = await self._workflows.current(team)
        lessons = await self._verdicts.lessons(team)
        return [(watching(current, signal.channel), lessons) for signal in signals]

    async def _within_limit(self, question: Question) -> tuple[Judgement, Workflow | None]:
        """Judge, within one limit for all tries; waits for PostgreSQL between them do not count."""
        left = self._time_limit

        async def judge() -> tuple[Judgement, Workflow | None]:
            nonlocal left
            begun = perf_counter()
            try:
                return await self._judge_within(left, question)
            finally:
                left -= perf_counter() - begun

        return await patiently(judge)

    async def _judge_within(
        self, limit: float, question: Question
    ) -> tuple[Judgement, Workflow | None]:
        task = asyncio.create_task(self._judge(question))
        try:
            # Shielded: waiting for a task to accept its cancellation could take for ever.
            return await asyncio.wait_for(asyncio.shield(task), limit)
        finally:
            if not task.done():
                task.cancel()
                self._abandoned.add(task)
                task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[tuple[Judgement, Workflow | None]]) -> None:
        self._abandoned.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.info("evaluation.abandoned_error", error=type(error).__name__)

    async def _judge(self, question: Question) -> tuple[Judgement, Workflow | None]:
        try:
            judgement = await self._evaluator.evaluate(question)
        except TimeoutError as error:  # the evaluator's own; ours is told apart from it
            raise EvaluatorAway("the evaluator's service did not answer in time") from error
        given = {workflow.id: workflow for workflow in question.workflows}
        workflow = None if judgement.workflow is None else given.get(judgement.workflow)
        if judgement.workflow is not None and workflow is None:
            raise EvaluatorBroken("the evaluator named an SOP that it was not given")
        if judgement.evidence not in question.signal.text:
            raise EvaluatorBroken("the evaluator quoted words that are not in the message")
        return judgement, workflow

    def _tell(
        self, signal: Signal, judgement: Judgement, concluded: Concluded | None, latency: float
    ) -> None:
        if concluded is None:
            log.info("evaluation.void", signal=signal.id)
            return
        self._metrics.evaluations.labels(concluded.decision.reason).inc()
        self._metrics.evaluation_seconds.labels(judgement.evaluator).observe(latency)
        log.info(
            "evaluation.concluded",
            signal=signal.id,
            evaluation=concluded.evaluation,
            reason=concluded.decision.reason,
            evaluator=judgement.evaluator,
            confidence=round(judgement.confidence, 3),
            run=concluded.run,
            seconds=round(latency, 4),
        )
