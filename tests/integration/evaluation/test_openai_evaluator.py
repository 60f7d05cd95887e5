"""The OpenAI evaluator through the official client, against a server that speaks its API."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from livesop_bot.domain.knowledge import Passage, PassageId
from livesop_bot.errors import EvaluatorAway, EvaluatorRefused, QuestionRefused
from livesop_bot.evaluation.evaluator import AnswerRejected, Question
from tests import questions
from tests.model_server import (
    Behaviour,
    ModelServer,
    answer,
    choice,
    dropped,
    raw,
    status,
)

OUTAGE = "Checkout is down, payments fail with error 502 for all customers"


@pytest.fixture
def question() -> Question:
    """An outage, over the starter pack, with a passage to cite; incidents alone want fields."""
    asked = questions.question(OUTAGE)
    wanted = {"incident": {"error": "The code.", "json": "It."}}
    wanting = [
        replace(w, definition=replace(w.definition, extract=wanted.get(w.slug, {})))
        for w in asked.workflows
    ]
    passage = Passage(id=PassageId(7), title="Runbook", text="Page the owner.", source="a file")
    return replace(asked, workflows=wanting, passages=[passage])


async def test_an_answer_becomes_a_judgement_with_its_basis_and_cost(
    make_evaluator: Any, model: ModelServer, question: Question
) -> None:
    model.next(answer(fields={"error": "502", "json": None}, evidence=" Checkout is down "))
    judgement = await make_evaluator().evaluate(question)
    named = {workflow.id: workflow.slug for workflow in question.workflows}
    assert judgement.workflow is not None
    assert named[judgement.workflow] == "incident"
    assert (judgement.confidence, judgement.evaluator) == (0.95, "openai/gpt-4o-mini")
    assert (judgement.evidence, judgement.fields) == ("Checkout is down", {"error": "502"})
    assert judgement.citations == tuple(question.passages)
    used = judgement.usage
    assert used.prompt_tokens > used.completion_tokens > 0
    assert used.cost_usd == pytest.approx(
        (0.15 * used.prompt_tokens + 0.6 * used.completion_tokens) / 1e6
    )


async def test_nothing_that_others_wrote_stands_among_the_instructions(
    make_evaluator: Any, model: ModelServer, question: Question
) -> None:
    await make_evaluator().evaluate(question)
    await make_evaluator(name="gpt-5-mini").evaluate(question)
    plain, thinking = model.asked
    assert plain.instructions == thinking.instructions
    others = [OUTAGE, "Runbook", "Page the owner", "Incident", "outage", "The code."]
    assert not [text for text in others if text in plain.instructions]
    assert all(text in json.dumps(plain.document) for text in others)
    assert not [text for text in others if text in json.dumps(plain.schema)]
    assert plain.body["temperature"] == 0
    assert "temperature" not in thinking.body, "models that think refuse it"
    assert thinking.body["max_completion_tokens"] > plain.body["max_completion_tokens"]
    assert plain.body["store"] is False


@pytest.mark.parametrize(
    ("behaviour", "why"),
    [
        (choice("not JSON"), "does not keep to the form (the whole: json_invalid)"),
        (choice('{"sop": "inci'), "json_invalid"),
        (choice("[]"), "does not keep to the form"),
        (choice(None), "gave no answer"),
        (choice('{"sop": "inci', "length"), "cut off at its length limit"),
        (choice(None, "content_filter"), "content filter"),
        (choice(None, refusal="I cannot help with that"), "refused to answer"),
        (answer(sop="page-everybody"), "does not keep to the form (sop: literal_error)"),
        (answer(sop=None), "does not keep to the form (sop: missing)"),
        (answer(channel="#general"), "does not keep to the form (channel: extra_forbidden)"),
        (answer(**{OUTAGE: "x"}), "does not keep to the form (the whole: extra_forbidden)"),
        (answer(confidence=1.01), "does not keep to the form (confidence"),
        (answer(confidence=-0.1), "does not keep to the form (confidence"),
        (answer(confidence="0.9"), "does not keep to the form (confidence"),
        (answer(confidence=True), "does not keep to the form (confidence"),
        (answer(confidence=float("nan")), "does not keep to the form (confidence"),
        (answer(cited=["8"]), "does not keep to the form (cited.0: literal_error)"),
        (answer(fields={"error": "502"}), "does not keep to the form (fields.json: missing)"),
        (
            answer(fields={"error": "502", "json": None, "to": "x"}),
            "does not keep to the form (fields.to: extra_forbidden)",
        ),
        (answer(evidence="Checkout was down"), "not in the message"),
        (answer(evidence="checkout is down"), "not in the message"),
        (answer(evidence=" "), "quoted nothing"),
    ],
)
async def test_an_answer_that_must_not_be_used_is_rejected_and_paid_for(
    make_evaluator: Any,
    model: ModelServer,
    purse: Any,
    question: Question,
    behaviour: Behaviour,
    why: str,
) -> None:
    model.next(behaviour)
    with pytest.raises(AnswerRejected) as rejected:
        await make_evaluator().evaluate(question)
    assert why in str(rejected.value)
    assert OUTAGE not in str(rejected.value)
    assert rejected.value.usage.prompt_tokens > 0
    assert purse.used == [rejected.value.usage]
    assert purse.reserved == 0
    assert len(model.asked) == 1, "asking again would cost as much and help as little"


async def test_values_that_the_message_does_not_hold_are_left_out(
    make_evaluator: Any, model: ModelServer, question: Question
) -> None:
    model.next(answer(fields={"error": "503", "json": " down, "}))
    judgement = await make_evaluator().evaluate(question)
    assert judgement.fields == {"json": "down,"}
    model.next(answer(sop="bug-report", fields={"error": "502", "json": None}))
    judgement = await make_evaluator().evaluate(question)
    assert judgement.fields == {}, "this SOP asks for none"


async def test_a_reason_that_quotes_the_message_is_left_out(
    make_evaluator: Any, model: ModelServer, question: Question
) -> None:
    model.next(
        answer(reasoning=f"They say: {OUTAGE}"),
        answer(reasoning="x " * 400),
        answer(reasoning="Pay at <https://evil.example/pay> or www.evil.example."),
    )
    evaluator = make_evaluator()
    assert "left out" in (await evaluator.evaluate(question)).reasoning
    assert len((await evaluator.evaluate(question)).reasoning) == 400
    assert (await evaluator.evaluate(question)).reasoning == "Pay at … or …"


@pytest.mark.parametrize(
    ("behaviour", "error", "why", "asked"),
    [
        (status(401), EvaluatorRefused, "refused the key (401); check OPENAI_API_KEY", 1),
        (status(403), EvaluatorRefused, "does not let this key use gpt-4o-mini (403)", 1),
        (status(404), EvaluatorRefused, "has no model gpt-4o-mini (404)", 1),
        (status(400), QuestionRefused, "does not take the question (400)", 1),
        (status(429), EvaluatorAway, "is away (429 Too Many Requests)", 2),
        (status(429, retry_after="17"), EvaluatorAway, "is away (429 Too Many Requests)", 1),
        (status(429, retry_after_ms="20"), EvaluatorAway, "(429 Too Many Requests)", 2),
        (status(429, "insufficient_quota", retry_after="1"), EvaluatorRefused, "no credit", 1),
        (status(500), EvaluatorAway, "is away (500)", 2),
        (status(503), EvaluatorAway, "is away (503)", 2),
        (status(408), EvaluatorAway, "is away (408)", 2),
        (dropped, EvaluatorAway, "cannot be reached", 2),
        (raw("{"), EvaluatorAway, "something else; check OPENAI_BASE_URL", 2),
        (raw("<p>login</p>", "text/html"), EvaluatorAway, "something else", 2),
        (raw('{"message": "Welcome"}'), EvaluatorAway, "something else", 2),
        (raw('{"choices": []}'), EvaluatorAway, "something else", 2),
        (raw('{"choices": [{"message": null}]}'), AnswerRejected, "gave no answer", 1),
    ],
)  # fmt: skip
async def test_each_failure_of_the_service_has_its_reason_and_costs_nothing(
    make_evaluator: Any,
    model: ModelServer,
    purse: Any,
    question: Question,
    behaviour: Behaviour,
    error: type[Exception],
    why: str,
    asked: int,
) -> None:
    model.always = behaviour
    with pytest.raises(error) as raised:
        await make_evaluator().evaluate(question)
    assert type(raised.value) is error
    assert why in str(raised.value)
    assert len(model.asked) == asked, "a passing fault is tried once more"
    assert purse.reserved == 0
    assert not [used for used in purse.used if why != "gave no answer"]


async def test_the_wait_that_the_service_asks_for_is_passed_on(
    make_evaluator: Any, model: ModelServer, question: Question
) -> None:
    for header, seconds in [("17", 17.0), ("100000", 300.0), ("-1", None), ("soon", None)]:
        model.always = status(429, retry_after=header)
        with pytest.raises(EvaluatorAway) as away:
            await make_evaluator().evaluate(question)
        assert away.value.retry_after == seconds


@pytest.mark.parametrize(
    "behaviour", [status(500), status(429, retry_after="0.01"), dropped], ids=["500", "429", "drop"]
)
async def test_a_passing_fault_is_waited_out(
    make_evaluator: Any, model: ModelServer, question: Question, behaviour: Behaviour
) -> None:
    model.next(behaviour)
    assert (await make_evaluator().evaluate(question)).confidence == 0.95


async def test_the_budget_counts_where_the_service_does_not(
    make_evaluator: Any, model: ModelServer, purse: Any, question: Question
) -> None:
    body = {"choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}]}
    model.next(raw(json.dumps(body)))
    with pytest.raises(AnswerRejected) as rejected:
        await make_evaluator().evaluate(question)
    assert purse.used == [rejected.value.usage]
    assert 1_000 < purse.used[0].prompt_tokens < 3_000


async def test_a_service_that_hangs_is_given_up_within_the_evaluators_own_limit(
    make_evaluator: Any, model: ModelServer, purse: Any, question: Question
) -> None:
    model.always = model.hang
    with pytest.raises(EvaluatorAway, match=r"did not answer within 0\.2 s"):
        await make_evaluator(time_limit=0.2).evaluate(question)
    assert purse.reserved == 0


async def test_a_service_that_is_not_there_is_away(
    make_evaluator: Any, question: Question, model: ModelServer
) -> None:
    await model.stop()
    with pytest.raises(EvaluatorAway, match="cannot be reached"):
        await make_evaluator().evaluate(question)


async def test_a_call_that_is_cut_off_gives_its_tokens_back(
    make_evaluator: Any, model: ModelServer, purse: Any, question: Question
) -> None:
    model.always = model.hang
    task = asyncio.create_task(make_evaluator().evaluate(question))
    await model.arrived.wait()
    assert purse.reserved > 0
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert purse.reserved == 0


async def test_a_long_message_is_read_from_its_beginning(
    make_evaluator: Any, model: ModelServer, question: Question
) -> None:
    long = replace(question, signal=replace(question.signal, text=OUTAGE + " x" * 20_000))
    await make_evaluator().evaluate(long)
    assert len(model.asked[0].message) == 4_000
    model.next(answer(evidence=("x " * 2_000).strip()))
    with pytest.raises(AnswerRejected, match="not in the message"):
        await make_evaluator().evaluate(long)
