"""What evaluators may do wrong, and what is stored then."""

import asyncio
from collections.abc import Callable, MutableMapping
from typing import Any

import pytest
import stamina
from pgqueuer import RetryRequested

from livesop_bot.db.ended import Concluded
from livesop_bot.db.jobs import EvaluateJob
from livesop_bot.db.signals import store_batch
from livesop_bot.db.teams import Teams
from livesop_bot.domain.evaluations import Cause, Judgement, Usage
from livesop_bot.domain.signals import TeamId, UserId
from livesop_bot.domain.verdicts import Lesson, NewVerdict
from livesop_bot.domain.workflows import WorkflowId
from livesop_bot.errors import DatabaseAway, EvaluatorAway, EvaluatorBroken, InvalidWorkflow
from livesop_bot.evaluation.evaluator import AnswerRejected, Question
from livesop_bot.worker.evaluate import MOST_ATTEMPTS
from livesop_bot.worker.faults import MOST_BREAKS
from tests.signals import a_signal


class Doing:
    """An evaluator that does what it is told."""

    name = "doing"

    def __init__(self, do: Callable[[Question], Judgement]) -> None:
        self.do = do
        self.questions: list[Question] = []

    async def evaluate(self, question: Question) -> Judgement:
        """Do it."""
        self.questions.append(question)
        return self.do(question)


class Hanging:
    """Never answers."""

    name = "hanging"

    async def evaluate(self, question: Question) -> Judgement:
        """Wait for ever."""
        await asyncio.Event().wait()
        raise AssertionError


def raising(error: Exception) -> Doing:
    """An evaluator that fails."""

    def fail(_: Question) -> Judgement:
        raise error

    return Doing(fail)


def answering(**answer: Any) -> Doing:
    """An evaluator that names the first SOP it was given, unless told otherwise."""
    return Doing(
        lambda question: Judgement(
            **{
                "workflow": question.workflows[0].id,
                "confidence": 0.8,
                "reasoning": "because",
                "evaluator": "doing",
                **answer,
            }
        )
    )


@pytest.mark.parametrize(
    ("evaluator", "said"),
    [
        (raising(EvaluatorBroken("it answered in verse")), "it answered in verse"),
        (raising(KeyError("x")), "KeyError"),
        (answering(workflow=WorkflowId(999_999)), "not given"),
        (answering(evidence="words nobody wrote"), "not in the message"),
    ],
    ids=["broken", "crash", "unknown SOP", "made-up evidence"],
)
async def test_an_answer_that_cannot_be_used_is_stored_as_failed_and_starts_nothing(
    tools: Any, evaluator: Doing, said: str
) -> None:
    signal = await tools.store("Payments are down")
    concluded = await tools.evaluating(evaluator)(EvaluateJob(signal, 1), attempts=0)
    assert concluded.decision.reason == "failed"
    assert said in concluded.decision.detail
    assert await tools.pool.fetchval("SELECT state FROM raw_signals") == "failed"
    assert await tools.pool.fetchval("SELECT count(*) FROM runs") == 0


@pytest.mark.parametrize("error", [EvaluatorAway("overloaded"), TimeoutError()])
async def test_an_evaluator_that_is_away_is_asked_again_then_given_up(
    tools: Any, error: Exception
) -> None:
    signal = await tools.store("Payments are down")
    evaluating = tools.evaluating(raising(error))
    for attempts in range(MOST_ATTEMPTS - 1):
        with pytest.raises(RetryRequested):
            await evaluating(EvaluateJob(signal, 1), attempts=attempts)
    assert await tools.pool.fetchval("SELECT count(*) FROM evaluations") == 0

    concluded = await evaluating(EvaluateJob(signal, 1), attempts=MOST_ATTEMPTS - 1)
    assert concluded.decision.reason == "failed"


async def test_a_fault_of_its_own_rests_and_is_a_dead_letter_with_its_reason_in_the_end(
    tools: Any,
) -> None:
    signal, evaluating = await tools.store("Payments are down"), tools.evaluating(answering())
    await tools.pool.execute("ALTER TABLE workflow_versions DISABLE TRIGGER USER")
    await tools.pool.execute("UPDATE workflow_versions SET definition = '{}'")
    with pytest.raises(InvalidWorkflow):
        await evaluating(EvaluateJob(signal, 1), attempts=MOST_BREAKS - 2)
    assert await tools.pool.fetchval("SELECT state FROM raw_signals") == "pending"
    concluded = await evaluating(EvaluateJob(signal, 1), attempts=MOST_BREAKS - 1)
    assert concluded.decision.reason == "failed"
    assert "LiveSOP broke off (InvalidWorkflow)" in concluded.decision.detail
    assert await tools.pool.fetchval("SELECT state FROM raw_signals") == "failed"


async def test_a_team_whose_sops_cannot_be_read_holds_up_no_other(tools: Any) -> None:
    await Teams(tools.pool).ensure(TeamId("T1"), "Other")
    other = a_signal("1700000000.000100", "Payments are down", team="T1")
    (stored,) = await store_batch(tools.pool, [other], timeout=5)
    signal = await tools.store("Payments are down")
    await tools.pool.execute("ALTER TABLE workflow_versions DISABLE TRIGGER USER")
    await tools.pool.execute("UPDATE workflow_versions SET definition = '{}'")
    nothing = Judgement(workflow=None, confidence=0, reasoning="", evaluator="doing")
    evaluating = tools.evaluating(Doing(lambda _: nothing))
    assert stored.signal is not None
    broken, well = await asyncio.gather(
        *(evaluating(EvaluateJob(one, 1), attempts=0) for one in (signal, stored.signal)),
        return_exceptions=True,
    )
    assert isinstance(broken, InvalidWorkflow)
    assert isinstance(well, Concluded)
    assert well.decision.reason == "no_match"


async def test_a_time_out_is_logged_and_timed(
    tools: Any, log_events: list[MutableMapping[str, Any]]
) -> None:
    signal = await tools.store("the printer is on fire")
    evaluating = tools.evaluating(Hanging(), time_limit=0.05)
    assert (await evaluating(EvaluateJob(signal, 1), 0)).decision.reason == "timed_out"
    assert [one for one in log_events if one["event"] == "evaluation.timeout"] == [
        {
            "event": "evaluation.timeout",
            "log_level": "warning",
            "signal": signal,
            "seconds": 0.05,
        }
    ]
    value = tools.metrics.registry.get_sample_value
    assert value("livesop_evaluation_timeouts_total") == 1
    assert value("livesop_evaluation_seconds_count", {"evaluator": "hanging"}) == 1
    assert value("livesop_evaluation_seconds_sum", {"evaluator": "hanging"}) >= 0.05


async def test_the_wait_that_the_evaluator_asks_for_is_kept(tools: Any) -> None:
    signal = await tools.store("Payments are down")
    evaluating = tools.evaluating(raising(EvaluatorAway("busy", retry_after=17)))
    with pytest.raises(RetryRequested) as retry:
        await evaluating(EvaluateJob(signal, 1), attempts=0)
    assert retry.value.delay.total_seconds() >= 17


async def test_only_sops_that_watch_the_channel_are_asked_about(tools: Any) -> None:
    await tools.pool.execute(
        """UPDATE workflow_versions
        SET definition = jsonb_set(definition, '{trigger,channels}', '["C0OTHER"]')
        WHERE workflow_id = (SELECT id FROM workflows WHERE slug = 'incident')"""
    )
    signal = await tools.store("Payments are down")
    evaluator = answering()
    await tools.evaluating(evaluator)(EvaluateJob(signal, 1), attempts=0)
    (question,) = evaluator.questions
    assert "incident" not in {workflow.slug for workflow in question.workflows}
    assert len(question.workflows) == 4


async def test_the_same_job_twice_makes_one_evaluation(tools: Any) -> None:
    signal = await tools.store("Payments are down")
    evaluator = answering()
    evaluating = tools.evaluating(evaluator)
    assert await evaluating(EvaluateJob(signal, 1), attempts=0) is not None
    assert await evaluating(EvaluateJob(signal, 1), attempts=0) is None
    assert len(evaluator.questions) == 1


async def test_evaluators_get_what_people_said_of_earlier_messages(tools: Any) -> None:
    first = await tools.store("Payments are down")
    evaluator = answering()
    evaluating = tools.evaluating(evaluator)
    await evaluating(EvaluateJob(first, 1), attempts=0)
    said = NewVerdict(
        team=TeamId("T0SANDBOX"),
        signal=first,
        revision=1,
        workflow=None,
        fits=False,
        evaluation=None,
        by=UserId("UADA"),
    )
    assert await tools.verdicts.keep(said)
    await evaluating(EvaluateJob(await tools.store("Payments again"), 1), attempts=0)
    lesson = Lesson(text="Payments are down", workflow=None, fits=False)
    assert [question.lessons for question in evaluator.questions] == [(), (lesson,)]


async def test_a_rejected_answer_is_stored_with_what_it_cost(tools: Any) -> None:
    signal = await tools.store("Payments are down")
    usage = Usage(prompt_tokens=900, completion_tokens=40, cost_usd=0.0002)
    error = AnswerRejected("the model said too much", evaluator="openai/x", usage=usage)
    concluded = await tools.evaluating(raising(error))(EvaluateJob(signal, 1), attempts=0)
    assert concluded.decision.reason == "failed"
    row = await tools.pool.fetchrow("SELECT * FROM evaluations")
    assert (row["evaluator"], row["prompt_tokens"], row["completion_tokens"]) == (
        "openai/x",
        900,
        40,
    )
    assert row["cost_usd"] == pytest.approx(0.0002)
    assert "said too much" in row["detail"]


async def test_a_database_that_stays_away_under_the_evaluator_is_waited_for_then_given_up(
    tools: Any,
) -> None:
    signal = await tools.store("Payments are down")
    with stamina.set_testing(True, attempts=3), pytest.raises(DatabaseAway):  # no minute of waits
        await tools.evaluating(raising(DatabaseAway("gone")))(EvaluateJob(signal, 1), attempts=0)
    assert await tools.pool.fetchval("SELECT count(*) FROM evaluations") == 0


class Interrupted(Doing):
    """An evaluator that takes its time, and whose first try an outage ends."""

    async def evaluate(self, question: Question) -> Judgement:
        await asyncio.sleep(0.6)
        if not self.questions:
            self.questions.append(question)
            raise DatabaseAway("gone")
        return await super().evaluate(question)


@pytest.mark.parametrize(("limit", "reason"), [(1.0, "timed_out"), (10.0, "autopilot_off")])
async def test_the_time_limit_is_for_all_tries_of_an_evaluation(
    tools: Any, limit: float, reason: str
) -> None:
    signal = await tools.store("Payments are down")
    evaluator = Interrupted(answering(confidence=0.95).do)
    await tools.evaluating(evaluator, limit)(EvaluateJob(signal, 1), attempts=0)
    assert await tools.pool.fetchval("SELECT reason FROM evaluations") == reason


async def test_no_secret_reaches_an_evaluator_or_what_is_stored_of_it(tools: Any) -> None:
    secret = "xoxb-1234567890-1234567890-abcdefghijklmnopqrstuvwx"
    signal = await tools.store(f"Payments are down, the token is {secret}")
    evaluator = Doing(
        lambda question: Judgement(
            workflow=question.workflows[0].id,
            confidence=0.8,
            reasoning="because",
            evaluator="doing",
            evidence=question.signal.text,
            fields={"token": question.signal.text[-20:]},
        )
    )
    await tools.evaluating(evaluator)(EvaluateJob(signal, 1), attempts=0)
    (question,) = evaluator.questions
    assert secret not in question.signal.text
    assert "Payments are down, the token is [" in question.signal.text
    row = str(await tools.pool.fetchrow("SELECT * FROM evaluations"))
    assert "Payments are down" in row
    assert secret[-12:] not in row
    assert secret in await tools.pool.fetchval("SELECT text FROM raw_signals"), "as it was written"


@pytest.mark.parametrize("cause", Cause)
async def test_a_replay_asks_for_a_new_judgement(tools: Any, cause: Cause) -> None:
    signal = await tools.store("Payments are down")
    evaluator = answering()
    await tools.evaluating(evaluator)(EvaluateJob(signal, 1, cause, by="U1"), attempts=0)
    assert evaluator.questions[0].fresh is (cause is Cause.REPLAY)
