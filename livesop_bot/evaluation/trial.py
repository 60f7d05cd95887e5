"""Trials: an evaluator judges labelled messages, and nothing comes of it but figures."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter

from livesop_bot.domain.evaluations import Judgement
from livesop_bot.domain.signals import (
    ChannelId,
    MessageTs,
    Signal,
    SignalId,
    SignalState,
    Source,
    TeamId,
)
from livesop_bot.domain.verdicts import Labelled, Lesson
from livesop_bot.domain.workflows import Workflow, WorkflowId, watching
from livesop_bot.errors import EvaluatorAway, EvaluatorBroken
from livesop_bot.evaluation.evaluator import AnswerRejected, Evaluator, Question
from livesop_bot.evaluation.figures import Outcome
from livesop_bot.masking import mask_secrets

FOLDS = 5
"""What an evaluator may learn from is judged by one that learned from the other parts alone."""

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What is tried: an evaluator, the SOPs that it chooses from, and what it may learn from.

    At most `at_once` messages are judged at a time; with 1, the latencies are those of a message
    alone.
    """

    team: TeamId
    evaluator: Evaluator
    workflows: Sequence[Workflow]
    teaching: Sequence[Labelled] = ()
    at_once: int = 1


async def trial(
    setup: Setup, cases: Sequence[Labelled], told: Callable[[int], object] = lambda _: None
) -> list[Outcome]:
    """Judge every message, in any order; gives an outcome each, in theirs.

    `told` hears how many are done. What an evaluator cannot judge is an outcome too. A message
    that stands in what it may learn from is left out of that, with a fifth of the others.
    """
    outcomes: dict[int, Outcome] = {}
    for numbers, lessons in _parts(setup, cases):
        waiting = iter(numbers)

        async def work(
            waiting: Iterable[int] = waiting, lessons: Sequence[Lesson] = lessons
        ) -> None:
            for number in waiting:
                outcomes[number] = await _judge(setup, cases[number], number, lessons)
                told(len(outcomes))

        async with asyncio.TaskGroup() as group:
            for _ in range(min(setup.at_once, len(numbers))):
                group.create_task(work())
    return [outcomes[number] for number in range(len(cases))]


def _parts(
    setup: Setup, cases: Sequence[Labelled]
) -> Iterable[tuple[Sequence[int], tuple[Lesson, ...]]]:
    """The messages in parts, each with the lessons that do not give the answers away."""
    ids = {workflow.slug: workflow for workflow in setup.workflows}
    fold = {text: n % FOLDS for n, text in enumerate(dict.fromkeys(c.text for c in setup.teaching))}
    parts: dict[int | None, list[int]] = {}
    for number, case in enumerate(cases):
        parts.setdefault(fold.get(case.text), []).append(number)
    for part, numbers in parts.items():
        taught = [each for each in setup.teaching if part is None or fold[each.text] != part]
        yield numbers, tuple(lesson for each in taught for lesson in _lessons(each, ids))


def _lessons(case: Labelled, ids: dict[str, Workflow]) -> Iterable[Lesson]:
    if case.is_answered and case.expected is None:
        yield Lesson(text=case.text, workflow=None, fits=False)
    elif case.expected in ids:
        yield Lesson(text=case.text, workflow=ids[case.expected].id, fits=True)
    for slug in sorted(case.refused & ids.keys()):
        yield Lesson(text=case.text, workflow=ids[slug].id, fits=False)


async def _judge(setup: Setup, case: Labelled, number: int, lessons: Sequence[Lesson]) -> Outcome:
    workflows = setup.workflows
    if case.channel is not None:
        workflows = watching(workflows, case.channel)
    question = Question(_signal(setup.team, case, number), workflows, lessons=lessons, fresh=True)
    started = perf_counter()
    judgement = Judgement(workflow=None, confidence=0, reasoning="", evaluator="")
    problem = ""
    try:
        judgement = await setup.evaluator.evaluate(question)
    except AnswerRejected as error:
        judgement = Judgement(
            workflow=None,
            confidence=0,
            reasoning="",
            evaluator=error.evaluator,
            usage=error.usage,
        )
        problem = str(error)
    except (EvaluatorAway, EvaluatorBroken) as error:
        problem = str(error)
    slugs: dict[WorkflowId | None, str] = {workflow.id: workflow.slug for workflow in workflows}
    named = slugs.get(judgement.workflow)
    return Outcome(
        case=case,
        named=named,
        nearest=named or slugs.get(judgement.nearest),
        confidence=judgement.confidence,
        evaluator=judgement.evaluator,
        usage=judgement.usage,
        latency_ms=(perf_counter() - started) * 1000,
        problem=problem,
    )


def _signal(team: TeamId, case: Labelled, number: int) -> Signal:
    """A signal that is stored nowhere."""
    ts = MessageTs(f"0000000000.{number:06}")
    channel = case.channel or ChannelId("")
    return Signal(
        id=SignalId(0),
        team=team,
        source=Source.IMPORT,
        external_id=f"{channel}:{ts}",
        channel=channel,
        message_ts=ts,
        thread_ts=None,
        author="",
        author_is_bot=False,
        text=mask_secrets(case.text),
        permalink=None,
        occurred_at=_LONG_AGO,
        received_at=_LONG_AGO,
        stored_at=_LONG_AGO,
        state=SignalState.PENDING,
        revision=1,
        attempt=0,
    )
