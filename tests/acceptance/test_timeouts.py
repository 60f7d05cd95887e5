"""Evaluators that never come back: stopped in time, told, and nobody else is held up."""

import asyncio
import threading
from typing import Any

import pytest

from livesop_bot.app import open_pool, replay
from livesop_bot.domain.evaluations import Judgement
from livesop_bot.domain.replays import ReplayRequest
from livesop_bot.domain.signals import SignalId, TeamId
from livesop_bot.evaluation.evaluator import Evaluator, Question
from livesop_bot.evaluation.lexical_evaluator import LexicalEvaluator
from livesop_bot.evaluation.threads import InThreads
from livesop_bot.sandbox.demo import GRACE, SUPPORT
from livesop_bot.sandbox.server import SlackServer

OUTAGE = "URGENT: checkout is down, all payments fail with error 502"
UNDER_WAY = "SELECT count(*) FROM pgqueuer WHERE entrypoint = 'evaluate' AND status = 'picked'"


class Awaiting:
    """Awaits for 30 s where the message says so, and judges the others."""

    name = "awaiting"

    def __init__(self) -> None:
        self._local = LexicalEvaluator()

    async def evaluate(self, question: Question) -> Judgement:
        if "slow" in question.signal.text:
            await asyncio.sleep(30)
        return self._local.evaluate(question)


class Blocking:
    """Blocks its thread for 30 s where the message says so, and judges the others."""

    name = "blocking"

    def __init__(self) -> None:
        self._local = LexicalEvaluator()
        self.released = threading.Event()

    def evaluate(self, question: Question) -> Judgement:
        if "slow" in question.signal.text:
            self.released.wait(30)
        return self._local.evaluate(question)


@pytest.fixture(params=["awaits", "blocks"])
def slow_evaluator(request: pytest.FixtureRequest) -> Any:
    """One that awaits and one that blocks."""
    if request.param == "awaits":
        yield Awaiting()
        return
    blocking = Blocking()
    yield InThreads(blocking, workers=4, on_abandoned=lambda _: None)
    blocking.released.set()


async def test_a_time_out_at_25_s_is_stored_and_holds_up_nobody(
    slack: SlackServer, database: str, start_app: Any, facts: Any, slow_evaluator: Evaluator
) -> None:
    app, health = await start_app(database, evaluator=slow_evaluator)
    slow = slack.workspace.post(SUPPORT, GRACE, f"slow {OUTAGE}")
    await facts.until(UNDER_WAY, 1)

    quick = slack.workspace.post(SUPPORT, GRACE, OUTAGE)
    await slack.workspace.wait_for_message(lambda posted: posted.get("thread_ts") == quick["ts"])
    assert await facts.value("SELECT count(*) FROM evaluations") == 1, "the slow one still runs"
    assert (await health.get("/health/live"))[0] == 200

    await facts.until("SELECT count(*) FROM evaluations WHERE reason = 'timed_out'", 1)
    latency = await facts.value("SELECT latency_ms FROM evaluations WHERE reason = 'timed_out'")
    assert 25_000 <= latency < 30_000, "it was not ended before it came to an end by itself"
    await facts.idle()
    assert facts.answers(slow["ts"]) == []
    signal = await facts.value("SELECT id FROM raw_signals WHERE state = 'timed_out'")
    assert await health.metric("livesop_evaluation_timeouts_total") == 1

    request = ReplayRequest(
        team=TeamId("T0SANDBOX"), signal=SignalId(signal), by="U0OPS", dry_run=False
    )
    async with open_pool(database, max_size=2) as pool:
        lines = await replay(app.settings, pool, request)
    assert any("Incident" in line for line in lines)
    assert "  Decision: nothing, it took too long → proposed, for Auto-Pilot is off" in lines
    await facts.until("SELECT count(*) FROM runs WHERE post_state = 'posted'", 2)
    assert len(facts.answers(slow["ts"])) == 1


async def test_what_outlives_its_time_out_can_write_nothing(
    slack: SlackServer, database: str, start_app: Any, facts: Any
) -> None:
    blocking = Blocking()
    evaluator = InThreads(blocking, workers=4, on_abandoned=lambda _: None)
    await start_app(database, evaluator=evaluator, livesop_evaluation_timeout=0.3)
    message = slack.workspace.post(SUPPORT, GRACE, f"slow {OUTAGE}")
    await facts.until("SELECT reason FROM evaluations", "timed_out")

    blocking.released.set()  # the abandoned thread now comes to its judgement

    second = slack.workspace.post(SUPPORT, GRACE, OUTAGE)
    await slack.workspace.wait_for_message(lambda posted: posted.get("thread_ts") == second["ts"])
    await facts.idle()
    assert await facts.value("SELECT count(*) FROM evaluations") == 2
    assert facts.answers(message["ts"]) == []


async def test_many_slow_evaluations_do_not_hold_up_a_quick_one(
    slack: SlackServer, database: str, start_app: Any, facts: Any
) -> None:
    await start_app(database, evaluator=Awaiting())
    for number in range(30):
        slack.workspace.post(SUPPORT, GRACE, f"slow {number}")
    await facts.until(UNDER_WAY, 30)

    quick = slack.workspace.post(SUPPORT, GRACE, OUTAGE)
    await slack.workspace.wait_for_message(lambda posted: posted.get("thread_ts") == quick["ts"])
    assert await facts.value("SELECT count(*) FROM evaluations") == 1
