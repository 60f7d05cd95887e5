"""By meaning: other words for the same, what verdicts teach, and what happens without the model."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from livesop_bot.domain.evaluations import Judgement
from livesop_bot.domain.verdicts import Lesson
from livesop_bot.domain.workflows import WorkflowId
from livesop_bot.embeddings.local_model import LocalModel
from livesop_bot.evaluation.evaluator import Question
from livesop_bot.evaluation.lexical_evaluator import LexicalEvaluator
from livesop_bot.evaluation.semantic_evaluator import SemanticEvaluator

Ask = Callable[..., Question]


@pytest.fixture(scope="module")
def evaluator() -> SemanticEvaluator:
    return SemanticEvaluator()


def slug(question: Question, judgement: Judgement) -> str | None:
    return next((w.slug for w in question.workflows if w.id == judgement.workflow), None)


def workflow(question: Question, name: str) -> WorkflowId:
    return next(workflow.id for workflow in question.workflows if workflow.slug == name)


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("incident", "shoppers cannot complete their purchases, the whole shop stopped working"),
        ("incident", "nobody is able to sign in to the product any more"),
        ("refund-request", "the buyer would like to get reimbursed"),
        ("refund-request", "client says we took the sum two times, give it back please"),
        ("access-request", "may I get a login for the reporting tool?"),
        ("bug-report", "pressing the submit control has no effect in the preferences"),
        ("tier-3-escalation", "first line is out of options, this case must go to the specialists"),
    ],
)
def test_other_words_for_the_same_are_found(
    evaluator: SemanticEvaluator, ask: Ask, expected: str, text: str
) -> None:
    question = ask(text)
    judgement = evaluator.evaluate(question)
    assert slug(question, judgement) == expected, judgement
    assert judgement.confidence >= 0.5
    by_words = LexicalEvaluator().evaluate(question)
    assert by_words.confidence < judgement.confidence


def test_it_names_the_nearest_even_where_it_does_not_fit(
    evaluator: SemanticEvaluator, ask: Ask
) -> None:
    judgement = evaluator.evaluate(ask("what should I cook for dinner?"))
    assert judgement.workflow is None
    assert judgement.nearest is not None


def test_what_people_approved_is_found_again(evaluator: SemanticEvaluator, ask: Ask) -> None:
    question = ask("the blue lamp in the server room blinks once more")
    before = evaluator.evaluate(question)
    lesson = Lesson(
        workflow=workflow(question, "incident"),
        text="the blue lamp in the server room blinks",
        fits=True,
    )
    after = evaluator.evaluate(replace(question, lessons=(lesson,)))
    assert before.confidence < 0.5
    assert slug(question, after) == "incident"
    assert after.confidence >= 0.5
    assert after.reasoning.endswith("an earlier message that people said fits.")
    assert "lamp" not in after.reasoning


def test_what_people_dismissed_is_not_proposed_again(
    evaluator: SemanticEvaluator, ask: Ask
) -> None:
    text = "the staging shop is down, customers get errors there"
    question = ask(text)
    before = evaluator.evaluate(question)
    lesson = Lesson(
        workflow=workflow(question, "incident"),
        text="staging is down, we get errors there",
        fits=False,
    )
    taught = replace(question, lessons=(lesson, replace(lesson, text=text)))
    assert slug(question, before) == "incident"
    assert evaluator.evaluate(taught).confidence < 0.5
    outage = "Payments are down, customers get errors at checkout"
    real = replace(taught, signal=replace(taught.signal, text=outage))
    assert slug(real, evaluator.evaluate(real)) == "incident", "what is near it stays"


def test_who_said_that_it_was_wrong_where_it_was_sure_gets_less_confidence(
    evaluator: SemanticEvaluator, ask: Ask
) -> None:
    """What is asked is unlike the verdicts: no score learns from them, confidence alone does.

    It was sure for a keyword, which calibration therefore has to see as judging does.
    """
    places = ("garage", "lift", "kitchen", "roof", "garden", "lobby", "cellar", "stairs")
    words = (
        "no access to the {}",
        "the {} has step-free access",
        "access to the {} is on the left",
    )
    texts = [word.format(place) for word in words for place in places]
    lessons = tuple(Lesson(workflow=None, text=text, fits=False) for text in texts)
    question = ask("the customer wants the money back for the order")
    before = evaluator.evaluate(question)
    after = evaluator.evaluate(replace(question, lessons=lessons))
    assert slug(question, before) == slug(question, after) == "refund-request"
    assert after.ranking[0][1] == pytest.approx(before.ranking[0][1], abs=0.001)
    assert after.confidence < before.confidence - 0.05


@pytest.mark.parametrize(
    "error", [ImportError("no runtime"), ValueError("another file"), SystemExit(1)]
)
def test_without_the_model_it_judges_by_words_and_says_so(ask: Ask, error: BaseException) -> None:
    def load() -> LocalModel:
        raise error

    told: list[str] = []
    question = ask("URGENT: customers cannot pay")
    judged = SemanticEvaluator(load, told.append).evaluate(question)
    assert judged == LexicalEvaluator().evaluate(question)
    assert len(told) == 1
    assert type(error).__name__ in told[0]
