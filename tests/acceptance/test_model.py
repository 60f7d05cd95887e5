"""A model that judges: answered in the thread, with it, without it, and never beyond it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from pydantic import SecretStr

from livesop_bot.app import open_pool, replay
from livesop_bot.domain.replays import ReplayRequest
from livesop_bot.domain.signals import SignalId, TeamId
from livesop_bot.sandbox.demo import GRACE, INCIDENTS, SUPPORT
from livesop_bot.sandbox.server import SlackServer
from tests.model_server import KEY, ModelServer, answer, raw, status
from tests.switches import ALL_ON

OUTAGE = (
    "URGENT: checkout is down, all payments fail with error 502 since 10 minutes. "
    "Several enterprise customers are affected."
)


@pytest_asyncio.fixture
async def model() -> AsyncIterator[ModelServer]:
    """The model's server."""
    async with ModelServer() as server:
        yield server


def settings(model: ModelServer, **more: Any) -> dict[str, Any]:
    return {"openai_api_key": SecretStr(KEY), "openai_base_url": model.base_url, **more}


async def test_a_message_is_judged_by_the_model_and_answered_in_its_thread(
    slack: SlackServer, database: str, start_app: Any, facts: Any, model: ModelServer
) -> None:
    app, health = await start_app(database, **settings(model))
    message = slack.workspace.post(INCIDENTS, GRACE, OUTAGE)
    slack.workspace.post(SUPPORT, GRACE, "thanks, have a nice weekend!")
    found = await slack.workspace.wait_for_message(lambda m: m.get("thread_ts") == message["ts"])
    assert "Incident" in found["text"]
    assert "95%" in found["text"]
    await facts.until("SELECT count(*) FROM evaluations", 2)
    assert [asked.message for asked in model.asked] == [OUTAGE], "small talk stays here"
    used = "SELECT prompt_tokens > 100 AND completion_tokens > 10 AND cost_usd > 0 FROM evaluations"
    assert await facts.value(f"{used} WHERE evaluator = 'openai/gpt-4o-mini'")
    await facts.idle()
    paid = await facts.value(
        "SELECT prompt_tokens + completion_tokens FROM model_usage WHERE reserved_tokens = 0"
    )
    assert paid == await health.metric("livesop_model_tokens_total")
    judged = "SELECT sum(prompt_tokens + completion_tokens) FROM evaluations"
    assert paid > await facts.value(judged), "the message's vector is paid for, too"
    _, body = await health.get()
    assert body["checks"]["openai"] == {"status": "configured"}
    assert body["checks"]["evaluator"] == {
        "status": "ok",
        "name": "openai/gpt-4o-mini",
        "model_share": 0.5,
    }
    assert await health.metric("livesop_model_usable") == 1

    signal = await facts.value("SELECT min(id) FROM raw_signals")
    request = ReplayRequest(team=TeamId("T0SANDBOX"), signal=SignalId(signal), by="test")
    async with open_pool(database, max_size=2) as pool:
        lines = await replay(app.settings, pool, request)
    assert "openai/gpt-4o-mini" in lines[0]
    assert any("by list price" in line for line in lines)
    assert "Nothing would differ from what is stored." in lines
    assert len(model.asked) == 2, "a replay is judged anew"


async def test_the_local_evaluator_stands_in_while_the_model_is_away(
    slack: SlackServer, database: str, start_app: Any, facts: Any, model: ModelServer
) -> None:
    _, health = await start_app(database, **settings(model))
    for statement in ALL_ON:
        await facts.value(statement)
    with_model = slack.workspace.post(INCIDENTS, GRACE, OUTAGE)
    await slack.workspace.wait_for_message(lambda m: m.get("thread_ts") == with_model["ts"])
    assert await facts.value("SELECT reason FROM evaluations") == "started"

    await model.stop()
    without = slack.workspace.post(INCIDENTS, GRACE, f"{OUTAGE} Again!")
    found = await slack.workspace.wait_for_message(lambda m: m.get("thread_ts") == without["ts"])
    assert "proposed" in found["text"]
    stood_in = "SELECT {} FROM evaluations WHERE stand_in <> ''"
    assert await facts.value(stood_in.format("stand_in")) == "OpenAI cannot be reached"
    assert await facts.value(stood_in.format("reason")) == "stand_in"
    assert await facts.value(stood_in.format("evaluator LIKE 'local%'"))

    for number in range(2):
        slack.workspace.post(INCIDENTS, GRACE, f"{OUTAGE} {number}")
    await facts.until("SELECT count(*) FROM evaluations WHERE stand_in <> ''", 3)
    _, body = await health.get()
    assert body["status"] == "degraded"
    assert body["checks"]["openai"] == {"status": "away"}
    assert body["reasons"] == ["OpenAI cannot be reached"]
    assert await health.metric("livesop_model_usable") == 0


async def test_a_page_in_the_models_place_is_a_model_that_is_away(
    slack: SlackServer, database: str, start_app: Any, facts: Any, model: ModelServer
) -> None:
    """As a wrong OPENAI_BASE_URL or a hotel's network has it: 200, and no answer of a model."""
    model.always = raw("<p>Please log in</p>", "text/html")
    _, health = await start_app(database, **settings(model))
    message = slack.workspace.post(INCIDENTS, GRACE, OUTAGE)
    found = await slack.workspace.wait_for_message(lambda m: m.get("thread_ts") == message["ts"])
    assert "proposed" in found["text"]
    for number in range(2):
        slack.workspace.post(INCIDENTS, GRACE, f"{OUTAGE} {number}")
    await facts.until("SELECT count(*) FROM evaluations WHERE stand_in <> ''", 3)
    _, body = await health.get()
    assert body["checks"]["openai"] == {"status": "away"}
    assert "OPENAI_BASE_URL" in body["reasons"][0]


async def test_a_model_that_hangs_leaves_time_for_a_stand_in(
    slack: SlackServer, database: str, start_app: Any, facts: Any, model: ModelServer
) -> None:
    model.always = model.hang
    await start_app(database, **settings(model, livesop_evaluation_timeout=8))
    # The first message waits for the local model to be loaded; how long is not what is tested.
    slack.workspace.post(INCIDENTS, GRACE, "Who takes the minutes tomorrow?")
    await facts.until("SELECT count(*) FROM evaluations", 1)
    message = slack.workspace.post(INCIDENTS, GRACE, OUTAGE)

    def answered(m: Any) -> bool:
        return bool(m.get("thread_ts") == message["ts"])

    await slack.workspace.wait_for_message(answered, timeout=20)
    stand_in = await facts.value("SELECT stand_in FROM evaluations ORDER BY id DESC LIMIT 1")
    assert stand_in == "OpenAI did not answer within 4.8 s"


async def test_nobody_stands_in_where_only_the_model_is_to_judge(
    slack: SlackServer, database: str, start_app: Any, facts: Any, model: ModelServer
) -> None:
    model.next(status(429, retry_after="0.3"), status(429, retry_after="0.3"))
    await start_app(database, **settings(model, livesop_evaluator="openai"))
    message = slack.workspace.post(INCIDENTS, GRACE, OUTAGE)
    await slack.workspace.wait_for_message(lambda m: m.get("thread_ts") == message["ts"])
    assert await facts.value("SELECT stand_in || evaluator FROM evaluations") == (
        "openai/gpt-4o-mini"
    )
    assert len(model.asked) == 3, "the queue waited, and asked again"


async def test_an_answer_that_must_not_be_used_is_stored_and_starts_nothing(
    slack: SlackServer, database: str, start_app: Any, facts: Any, model: ModelServer
) -> None:
    model.next(answer(evidence="words nobody wrote"))
    await start_app(database, **settings(model))
    for statement in ALL_ON:
        await facts.value(statement)
    message = slack.workspace.post(INCIDENTS, GRACE, OUTAGE)
    await facts.until("SELECT state FROM raw_signals", "failed")
    await facts.idle()
    detail = await facts.value("SELECT detail FROM evaluations")
    assert "the model quoted words that are not in the message" in detail
    assert await facts.value("SELECT prompt_tokens > 0 FROM evaluations")
    assert facts.answers(message["ts"]) == []
    assert await facts.value("SELECT count(*) FROM runs") == 0


async def test_a_spent_budget_is_said_everywhere_and_nothing_is_asked(
    slack: SlackServer, database: str, start_app: Any, facts: Any, model: ModelServer
) -> None:
    _, health = await start_app(database, **settings(model, livesop_daily_token_budget=100))
    message = slack.workspace.post(INCIDENTS, GRACE, OUTAGE)
    await slack.workspace.wait_for_message(lambda m: m.get("thread_ts") == message["ts"])
    stand_in = await facts.value("SELECT stand_in FROM evaluations")
    assert stand_in == "the daily token budget is spent"
    assert model.asked == []
    _, body = await health.get()
    assert body["checks"]["openai"] == {"status": "budget_spent"}
    assert body["reasons"] == ["the daily token budget is spent"]


async def test_the_same_alarm_many_times_is_paid_for_once(
    slack: SlackServer, database: str, start_app: Any, facts: Any, model: ModelServer
) -> None:
    _, health = await start_app(database, **settings(model))
    for _ in range(8):
        slack.workspace.post(INCIDENTS, GRACE, OUTAGE)
    await facts.until("SELECT count(*) FROM evaluations", 8)
    assert len(model.asked) == 1
    assert await facts.value("SELECT count(*) FROM evaluations WHERE prompt_tokens > 0") == 1
    assert await facts.value("SELECT count(DISTINCT reasoning) FROM evaluations") == 1
    assert await health.metric("livesop_reused_judgements_total") == 7
