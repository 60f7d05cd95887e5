"""Equal questions: judged once, paid once, and never mixed up."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from livesop_bot.domain.evaluations import Judgement, Usage
from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.verdicts import Lesson
from livesop_bot.errors import EvaluatorAway
from livesop_bot.evaluation.evaluator import Question
from livesop_bot.evaluation.reusing_evaluator import ReusingEvaluator

PAID = Usage(prompt_tokens=900, completion_tokens=40, cost_usd=0.0002)


class Slow:
    """Judges when it is let."""

    name = "slow"

    def __init__(self) -> None:
        self.asked = 0
        self.cancelled = 0
        self.go = asyncio.Event()
        self.error: Exception | None = None

    async def evaluate(self, question: Question) -> Judgement:
        self.asked += 1
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.error is not None:
            raise self.error
        return Judgement(
            workflow=question.workflows[0].id,
            confidence=0.9,
            reasoning=f"reason {self.asked}",
            evaluator="slow",
            usage=PAID,
        )


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Desk:
    """A reusing evaluator and what a test looks at."""

    def __init__(self) -> None:
        self.slow, self.clock, self.reused = Slow(), Clock(), 0
        self.evaluator = ReusingEvaluator(
            self.slow, on_reused=self.count, window=600, clock=self.clock
        )

    def count(self) -> None:
        self.reused += 1


@pytest.fixture
async def desk() -> Desk:
    return Desk()


async def test_the_same_text_again_costs_nothing_until_the_window_ends(
    desk: Desk, ask: Any
) -> None:
    desk.slow.go.set()
    first = await desk.evaluator.evaluate(ask("Checkout is down"))
    again = await desk.evaluator.evaluate(ask("Checkout is down"))
    assert (first.usage, again) == (PAID, replace(first, usage=Usage()))
    assert (desk.slow.asked, desk.reused) == (1, 1)
    desk.clock.now = 601
    assert (await desk.evaluator.evaluate(ask("Checkout is down"))).usage == PAID


def other_team(question: Question) -> Question:
    return replace(question, signal=replace(question.signal, team=TeamId("T2")))


def other_text(question: Question) -> Question:
    return replace(question, signal=replace(question.signal, text="Checkout is up"))


def fewer_sops(question: Question) -> Question:
    return replace(question, workflows=question.workflows[:-1])


def newer_sop(question: Question) -> Question:
    first, *rest = question.workflows
    return replace(question, workflows=[replace(first, version=2), *rest])


def taught(question: Question) -> Question:
    lesson = Lesson(text="Checkout is down", workflow=None, fits=False)
    return replace(question, lessons=(lesson,))


def replayed(question: Question) -> Question:
    return replace(question, fresh=True)


@pytest.mark.parametrize(
    "change", [other_team, other_text, fewer_sops, newer_sop, taught, replayed]
)
async def test_whatever_may_change_the_judgement_is_judged_anew(
    desk: Desk, ask: Any, change: Any
) -> None:
    desk.slow.go.set()
    await desk.evaluator.evaluate(ask("Checkout is down"))
    await desk.evaluator.evaluate(change(ask("Checkout is down")))
    assert (desk.slow.asked, desk.reused) == (2, 0)


async def test_equal_questions_at_once_share_one_call(desk: Desk, ask: Any) -> None:
    tasks = [asyncio.create_task(desk.evaluator.evaluate(ask("Down"))) for _ in range(5)]
    await asyncio.sleep(0)
    tasks[0].cancel()  # the first to ask may leave; the others still get the answer
    desk.slow.go.set()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(found[0], asyncio.CancelledError)
    assert [judgement.reasoning for judgement in found[1:] if isinstance(judgement, Judgement)] == [
        "reason 1"
    ] * 4
    assert desk.slow.asked == 1


async def test_a_call_that_nobody_waits_for_is_cut_off(desk: Desk, ask: Any) -> None:
    tasks = [asyncio.create_task(desk.evaluator.evaluate(ask("Down"))) for _ in range(2)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    await asyncio.sleep(0)
    assert desk.slow.cancelled == 1
    desk.slow.go.set()
    assert (await desk.evaluator.evaluate(ask("Down"))).usage == PAID


class Deaf(Slow):
    """Does not hear that nobody waits for it any more."""

    async def evaluate(self, question: Question) -> Judgement:
        try:
            return await super().evaluate(question)
        except asyncio.CancelledError:
            await self.go.wait()
            return await super().evaluate(question)


async def test_an_answer_that_comes_too_late_is_dropped(ask: Any) -> None:
    deaf = Deaf()
    evaluator = ReusingEvaluator(deaf, on_reused=lambda: None)
    task = asyncio.create_task(evaluator.evaluate(ask("Down")))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    deaf.go.set()
    for _ in range(5):
        await asyncio.sleep(0)
    before = deaf.asked
    assert (await evaluator.evaluate(ask("Down"))).reasoning == f"reason {before + 1}"


async def test_errors_are_shared_and_not_kept(desk: Desk, ask: Any) -> None:
    desk.slow.error = EvaluatorAway("away")
    tasks = [asyncio.create_task(desk.evaluator.evaluate(ask("Down"))) for _ in range(3)]
    desk.slow.go.set()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(error) for error in found] == [EvaluatorAway] * 3
    desk.slow.error = None
    assert (await desk.evaluator.evaluate(ask("Down"))).usage == PAID
    assert desk.slow.asked == 2
