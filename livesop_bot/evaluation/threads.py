"""Threads for evaluators that block, so that a stuck one holds up nobody: not the event loop, not
the next message, not the end of the process.
"""

import asyncio
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass
from queue import SimpleQueue

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


class _Thread:
    """A daemon thread that does one piece of work after the other."""

    def __init__(self, name: str) -> None:
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        threading.Thread(target=self._loop, name=name, daemon=True).start()

    def run(self, work: Callable[[], None]) -> None:
        """Start on it; it must not raise."""
        self._work.put(work)

    def dismiss(self) -> None:
        """Let the thread end once it is done."""
        self._work.put(None)

    def _loop(self) -> None:
        while (work := self._work.get()) is not None:
            work()
            del work  # and what it holds, while waiting for the next


def _dismiss(threads: list[_Thread]) -> None:
    for thread in threads:
        thread.dismiss()


class InThreads:
    """Makes a blocking evaluator awaitable: each call has a daemon thread to itself.

    A thread that nobody waits for any more (its call timed out) is abandoned: it gives its place
    back, and what it says in the end goes nowhere. `on_abandoned` hears how many there are each
    time that changes. There are never more than `max_abandoned`: calls that could lead to one
    more raise EvaluatorAway. Threads that are done wait for the next call: starting one makes the
    event loop wait for it, which was a fifth of its time under load.
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
        self._idle: list[_Thread] = []
        weakref.finalize(self, _dismiss, self._idle)

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
            thread = self._idle.pop() if self._idle else _Thread(f"evaluator-{self.name}")
        except RuntimeError as error:
            raise EvaluatorAway(f"No thread could be started: {error}") from error
        answer.add_done_callback(lambda _: self._idle.append(thread))
        thread.run(work)
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
