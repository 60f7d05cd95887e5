"""Blocking evaluators hold up nobody, and what they say too late goes nowhere."""

import asyncio
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
import structlog

from livesop_bot.domain.evaluations import Judgement
from livesop_bot.errors import EvaluatorAway, EvaluatorBroken
from livesop_bot.evaluation.evaluator import Question
from livesop_bot.evaluation.threads import InThreads

JUDGEMENT = Judgement(workflow=None, confidence=0, reasoning="Nothing fits.", evaluator="test")
QUESTION_TEXT = "anybody there"
Ask = Callable[..., Question]


class Held:
    """An evaluator that blocks its thread until it is let go; a stuck service, so to speak."""

    name = "held"

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.started = threading.Semaphore(0)
        self.running = 0
        self.most_running = 0
        self._lock = threading.Lock()

    def evaluate(self, question: Question) -> Judgement:
        with self._lock:
            self.running += 1
            self.most_running = max(self.most_running, self.running)
        self.started.release()
        assert self.let_go.wait(30)
        with self._lock:
            self.running -= 1
        return JUDGEMENT

    async def begun(self, calls: int = 1) -> None:
        """Wait until so many more calls have reached their threads."""
        for _ in range(calls):
            assert await asyncio.to_thread(self.started.acquire, timeout=10)


class Says:
    """An evaluator that answers or raises at once."""

    name = "says"

    def __init__(self, raises: BaseException | None = None) -> None:
        self._raises = raises

    def evaluate(self, question: Question) -> Judgement:
        if self._raises is not None:
            raise self._raises
        return JUDGEMENT


class Counts:
    """Keeps how many threads are abandoned, and lets a test wait for a number."""

    def __init__(self) -> None:
        self.heard: list[int] = []
        self._changed = asyncio.Event()

    def __call__(self, number: int) -> None:
        self.heard.append(number)
        self._changed.set()

    async def until(self, number: int) -> None:
        async with asyncio.timeout(10):
            while not self.heard or self.heard[-1] != number:
                self._changed.clear()
                await self._changed.wait()


@pytest.fixture
def held() -> Iterator[Held]:
    evaluator = Held()
    yield evaluator
    evaluator.let_go.set()


@pytest.fixture
def question(ask: Ask) -> Question:
    return ask(QUESTION_TEXT, ())


async def cancelled(task: asyncio.Task[Judgement]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert task.cancelled()


async def test_an_answer_comes_through_under_the_evaluators_name(question: Question) -> None:
    evaluator = InThreads(Says(), workers=1, on_abandoned=Counts())
    assert evaluator.name == "says"
    assert await evaluator.evaluate(question) == JUDGEMENT


async def test_a_blocked_evaluator_leaves_the_event_loop_free(
    held: Held, question: Question
) -> None:
    evaluator = InThreads(held, workers=1, on_abandoned=Counts())
    task = asyncio.create_task(evaluator.evaluate(question))
    await held.begun()
    for _ in range(100):
        await asyncio.sleep(0)
    assert not task.done()
    held.let_go.set()
    assert await task == JUDGEMENT


async def test_no_more_than_the_workers_run_at_once(held: Held, question: Question) -> None:
    counts = Counts()
    evaluator = InThreads(held, workers=2, on_abandoned=counts)
    tasks = [asyncio.create_task(evaluator.evaluate(question)) for _ in range(6)]
    await held.begun(2)
    held.let_go.set()
    assert await asyncio.gather(*tasks) == [JUDGEMENT] * 6
    assert held.most_running == 2
    assert counts.heard == []


async def test_a_cancelled_call_gives_its_place_back_and_its_late_answer_goes_nowhere(
    held: Held, question: Question
) -> None:
    counts = Counts()
    evaluator = InThreads(held, workers=1, on_abandoned=counts)
    first = asyncio.create_task(evaluator.evaluate(question))
    await held.begun()
    with structlog.testing.capture_logs() as logs:
        await cancelled(first)
        assert counts.heard == [1]
        second = asyncio.create_task(evaluator.evaluate(question))
        await held.begun()  # the place is free although the first thread is still stuck
        held.let_go.set()
        assert await second == JUDGEMENT
        await counts.until(0)
    assert counts.heard == [1, 0]
    assert [(entry["event"], entry["abandoned"]) for entry in logs] == [
        ("evaluation.thread_abandoned", 1),
        ("evaluation.late_answer_dropped", 0),
    ]


async def test_a_time_out_does_not_wait_for_the_thread(held: Held, question: Question) -> None:
    counts = Counts()
    evaluator = InThreads(held, workers=1, on_abandoned=counts)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(evaluator.evaluate(question), 0.05)
    held.let_go.set()
    await counts.until(0)


async def test_a_call_cancelled_while_it_waits_for_a_place_abandons_nothing(
    held: Held, question: Question
) -> None:
    counts = Counts()
    evaluator = InThreads(held, workers=1, on_abandoned=counts)
    first = asyncio.create_task(evaluator.evaluate(question))
    await held.begun()
    waiting = asyncio.create_task(evaluator.evaluate(question))
    await asyncio.sleep(0)
    await cancelled(waiting)
    held.let_go.set()
    assert await first == JUDGEMENT
    assert counts.heard == []
    assert await evaluator.evaluate(question) == JUDGEMENT


async def test_with_too_many_stuck_threads_it_is_away_until_they_end(
    held: Held, question: Question
) -> None:
    counts = Counts()
    evaluator = InThreads(held, workers=2, on_abandoned=counts, max_abandoned=2)
    for _ in range(2):
        task = asyncio.create_task(evaluator.evaluate(question))
        await held.begun()
        await cancelled(task)
    with pytest.raises(EvaluatorAway, match="2 threads of evaluator held are stuck"):
        await evaluator.evaluate(question)
    assert max(counts.heard) == 2
    held.let_go.set()
    await counts.until(0)
    assert await evaluator.evaluate(question) == JUDGEMENT


@pytest.mark.parametrize("error", [EvaluatorAway("busy"), ValueError("no"), KeyError("k")])
async def test_errors_come_through_as_they_were_raised(
    question: Question, error: Exception
) -> None:
    evaluator = InThreads(Says(error), workers=1, on_abandoned=Counts())
    for _ in range(2):  # the second call shows that the place was given back
        with pytest.raises(type(error)) as caught:
            await evaluator.evaluate(question)
        assert caught.value is error


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), asyncio.CancelledError()])
async def test_an_evaluator_that_exits_is_broken_and_ends_nothing_else(
    question: Question, error: BaseException
) -> None:
    evaluator = InThreads(Says(error), workers=1, on_abandoned=Counts())
    with pytest.raises(EvaluatorBroken, match=type(error).__name__):
        await evaluator.evaluate(question)


async def test_ids_bound_to_the_log_go_along_into_the_thread(question: Question) -> None:
    class Looks:
        name = "looks"

        def evaluate(self, question: Question) -> Judgement:
            assert structlog.contextvars.get_contextvars() == {"signal_id": 7}
            return JUDGEMENT

    evaluator = InThreads(Looks(), workers=1, on_abandoned=Counts())
    with structlog.contextvars.bound_contextvars(signal_id=7):
        assert await evaluator.evaluate(question) == JUDGEMENT


@pytest.mark.parametrize("workers", [0, -1, 33])
def test_a_number_of_workers_that_cannot_work_is_refused(workers: int) -> None:
    with pytest.raises(ValueError, match="workers"):
        InThreads(Says(), workers=workers, on_abandoned=print)


def test_a_stuck_thread_does_not_hold_up_the_end_of_the_process() -> None:
    program = textwrap.dedent(
        """
        import asyncio, time
        from livesop_bot.evaluation.threads import InThreads

        class Stuck:
            name = "stuck"
            def evaluate(self, question):
                time.sleep(600)

        async def main():
            evaluator = InThreads(Stuck(), workers=1, on_abandoned=print)
            try:
                await asyncio.wait_for(evaluator.evaluate(None), 0.1)
            except TimeoutError:
                print("timed out", flush=True)

        asyncio.run(main())
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == "1"
    assert done.stdout.splitlines()[-1] == "timed out"
    assert "Traceback" not in done.stderr
