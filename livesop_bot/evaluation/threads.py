"""Threads for evaluators that block, so that a stuck one holds up nobody: not the event loop, not
the next message, not the end of the process.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass

import structlog

from livesop_bot.domain.evaluations import Judgement
from livesop_bot.errors import EvaluatorAway, EvaluatorBroken
from livesop_bot.evaluation.evaluator import BlockingEvaluator, Question

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Ending:
    """How a call ended: with a judgement, or with an error."""

    judgement: Judgement | None = None
    error: Exception | None = None


class InThreads:
    """Makes a blocking evaluator awaitable: each call gets a daemon thread of its own.

    A thread that nobody waits for any more (its call timed out) is abandoned: it gives its place
    back, and what it says in the end goes nowhere. `on_abandoned` hears how many there are each
    time that changes. There are never more than `max_abandoned`: calls that could lead to one
    more raise EvaluatorAway. (Starting a thread costs some 100 µs, so none are kept for later.)
    """

    def __init__(
        self,
        evaluator: BlockingEvaluator,
        *,
        workers: int,
        on_abandoned: Callable[[int], object],
        max_abandoned: int = 32,
    ) -> None:
        if not 0 < workers <= max_abandoned:
            raise ValueError(f"workers must be within 1..{max_abandoned}, not {workers}")
        self.name = evaluator.name
        self._evaluator = evaluator
        self._places = asyncio.Semaphore(workers)
        self._max_abandoned = max_abandoned
        self._on_abandoned = on_abandoned
        self._abandoned = 0
        self._live = 0

    async def evaluate(self, question: Question) -> Judgement:
        """Judge in a thread; waits for a place among the `workers`. Errors come through as raised.

        Also raises EvaluatorAway where too many threads are stuck, or none can be started.
        """
        async with self._places:
            if self._abandoned + self._live >= self._max_abandoned:
                raise EvaluatorAway(
                    f"{self._abandoned} threads of evaluator {self.name} are stuck; "
                    "it takes no more work until some of them end."
                )
            self._live += 1
            try:
                ending = await self._in_a_thread(question)
            finally:
                self._live -= 1
        if ending.judgement is None:
            raise ending.error or EvaluatorBroken(f"Evaluator {self.name} gave no answer.")
        return ending.judgement

    async def _in_a_thread(self, question: Question) -> _Ending:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[_Ending] = loop.create_future()
        context = copy_context()  # so that what the thread logs carries the same ids

        def work() -> None:
            ending = context.run(self._judge, question)
            with suppress(RuntimeError):  # the loop is closed: nobody is left to tell
                loop.call_soon_threadsafe(answer.set_result, ending)

        try:
            threading.Thread(target=work, name=f"evaluator-{self.name}", daemon=True).start()
        except RuntimeError as error:
            raise EvaluatorAway(f"No thread could be started: {error}") from error
        try:
            return await asyncio.shield(answer)
        except asyncio.CancelledError:
            if not answer.done():
                self._count_abandoned(+1)
                answer.add_done_callback(self._drop)
                log.warning("evaluation.thread_abandoned", abandoned=self._abandoned)
            raise

    def _judge(self, question: Question) -> _Ending:
        try:
            return _Ending(judgement=self._evaluator.evaluate(question))
        except Exception as error:  # noqa: BLE001  it is raised again, where the answer is awaited
            return _Ending(error=error)
        except BaseException as error:  # noqa: BLE001  a sys.exit() in there must not end the process
            broken = EvaluatorBroken(f"Evaluator {self.name} ended with {type(error).__name__}.")
            broken.__cause__ = error
            return _Ending(error=broken)

    def _drop(self, _: asyncio.Future[_Ending]) -> None:
        self._count_abandoned(-1)
        log.info("evaluation.late_answer_dropped", abandoned=self._abandoned)

    def _count_abandoned(self, change: int) -> None:
        self._abandoned += change
        self._on_abandoned(self._abandoned)
