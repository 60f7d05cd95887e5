"""Trials: every message judged once, in order, and by nobody who was told its answer."""

import asyncio
from collections.abc import Callable

import pytest

from livesop_bot.domain.evaluations import Judgement, Usage
from livesop_bot.domain.signals import ChannelId, TeamId
from livesop_bot.domain.verdicts import Labelled
from livesop_bot.domain.workflows import Trigger, Workflow, WorkflowDefinition, WorkflowId
from livesop_bot.errors import EvaluatorAway, EvaluatorBroken
from livesop_bot.evaluation.evaluator import AnswerRejected, Question
from livesop_bot.evaluation.trial import FOLDS, Setup, trial

TEAM = TeamId("T1")


def sop(number: int, slug: str, *channels: str) -> Workflow:
    return Workflow(
        id=WorkflowId(number),
        team=TEAM,
        version=1,
        definition=WorkflowDefinition(
            slug=slug,
            title=slug,
            trigger=Trigger(description="", channels=tuple(map(ChannelId, channels))),
            steps=(),
        ),
    )


SOPS = (sop(1, "incident"), sop(2, "refund", "C2"))


def judged(workflow: WorkflowId | None, confidence: float = 0.9) -> Judgement:
    return Judgement(workflow=workflow, confidence=confidence, reasoning="", evaluator="doing")


class Doing:
    """An evaluator that does what it is told, and remembers what it was asked."""

    name = "doing"

    def __init__(self, do: Callable[[Question], Judgement]) -> None:
        self._do = do
        self.questions: list[Question] = []
        self.at_once = 0
        self.most_at_once = 0

    async def evaluate(self, question: Question) -> Judgement:
        """Do it, after everybody else had a turn."""
        self.questions.append(question)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        for _ in range(3):
            await asyncio.sleep(0)
        self.at_once -= 1
        return self._do(question)


def case(text: str, expected: str | None = None, channel: str | None = None) -> Labelled:
    return Labelled(
        name=text, text=text, expected=expected, channel=ChannelId(channel) if channel else None
    )


@pytest.mark.parametrize("at_once", [1, 3])
async def test_outcomes_come_in_the_order_of_the_messages(at_once: int) -> None:
    doing = Doing(lambda q: judged(WorkflowId(1) if "down" in q.signal.text else None))
    cases = [case(f"down {n}" if n % 2 else f"lunch {n}") for n in range(8)]
    heard: list[int] = []
    outcomes = await trial(
        Setup(team=TEAM, evaluator=doing, workflows=SOPS, at_once=at_once), cases, heard.append
    )
    assert [outcome.case for outcome in outcomes] == cases
    assert [outcome.named for outcome in outcomes] == [None, "incident"] * 4
    assert heard == list(range(1, 9))
    assert doing.most_at_once == at_once
    assert all(question.fresh for question in doing.questions)


async def test_a_message_is_masked_and_only_sops_that_watch_its_channel_come_into_question() -> (
    None
):
    doing = Doing(lambda _: judged(None))
    cases = [case("xoxb-123456789012-abcdefghijklmnop", channel="C1"), case("hi", channel="C2")]
    await trial(Setup(team=TEAM, evaluator=doing, workflows=SOPS), cases)
    first, second = doing.questions
    assert first.signal.text == "[masked: Slack token]"
    assert [workflow.slug for workflow in first.workflows] == ["incident"]
    assert [workflow.slug for workflow in second.workflows] == ["incident", "refund"]


@pytest.mark.parametrize(
    ("error", "tokens"),
    [
        (EvaluatorAway("away"), 0),
        (EvaluatorBroken("broken"), 0),
        (AnswerRejected("verse", evaluator="x", usage=Usage(prompt_tokens=7)), 7),
    ],
)
async def test_what_cannot_be_judged_is_an_outcome_too(error: Exception, tokens: int) -> None:
    def fail(_: Question) -> Judgement:
        raise error

    [found] = await trial(
        Setup(team=TEAM, evaluator=Doing(fail), workflows=SOPS), [case("down", "incident")]
    )
    assert (found.named, found.confidence, found.problem) == (None, 0, str(error))
    assert found.usage.prompt_tokens == tokens


async def test_nobody_learns_the_answers_of_what_they_judge() -> None:
    doing = Doing(lambda _: judged(None))
    taught = [case(f"down {n}", "incident") for n in range(10)]
    setup = Setup(team=TEAM, evaluator=doing, workflows=SOPS, teaching=taught)
    await trial(setup, [*taught, case("new", "incident")])
    assert len(doing.questions) == 11
    for question in doing.questions:
        learned = {lesson.text for lesson in question.lessons}
        assert question.signal.text not in learned
        known = question.signal.text.startswith("down")
        assert len(learned) == (10 - 10 // FOLDS if known else 10)


async def test_lessons_say_what_people_said() -> None:
    doing = Doing(lambda _: judged(None))
    taught = [
        case("a", "incident"),
        case("b", None),
        case("c", "archived"),
        Labelled(
            name="d",
            text="d",
            expected=None,
            is_answered=False,
            refused=frozenset({"refund", "archived"}),
        ),
    ]
    await trial(Setup(team=TEAM, evaluator=doing, workflows=SOPS, teaching=taught), [case("x")])
    lessons = [(each.text, each.workflow, each.fits) for each in doing.questions[0].lessons]
    assert lessons == [("a", 1, True), ("b", None, False), ("d", 2, False)]
