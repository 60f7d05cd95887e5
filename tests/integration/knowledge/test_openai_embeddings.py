"""OpenAI's embeddings, against a server that speaks its API."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import openai
import pytest
from aiohttp import web

from livesop_bot.app.embeddings import BudgetedPurse
from livesop_bot.db.jobs import EmbedJob
from livesop_bot.db.usage import ModelUsage
from livesop_bot.domain.team_settings import UsedToday
from livesop_bot.errors import EmbedderAway, EmbedderBroken
from livesop_bot.evaluation.budget import Budget
from livesop_bot.knowledge.openai_embeddings import OpenAIEmbeddings
from livesop_bot.metrics import Metrics
from tests.integration.knowledge.conftest import OTHER, TEAM, Desk

SECRET = "AKIA" + "Z" * 16
NAME = "text-embedding-3-small"
Make = Callable[..., OpenAIEmbeddings]


class Server:
    """What was asked, and how the next requests are answered."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.answer: Callable[[dict[str, Any]], web.Response] = self.vectors
        self.url = ""
        app = web.Application()
        app.router.add_post("/v1/embeddings", self.handle)
        self.runner = web.AppRunner(app)

    @staticmethod
    def vectors(body: dict[str, Any]) -> web.Response:
        """A vector a text, the last one first."""
        data = [
            {"object": "embedding", "index": at, "embedding": [float(len(text)), 1.0]}
            for at, text in enumerate(body["input"])
        ]
        usage = {"prompt_tokens": 5, "total_tokens": 5}
        return web.json_response(
            {"object": "list", "data": data[::-1], "model": body["model"], "usage": usage}
        )

    async def handle(self, request: web.Request) -> web.Response:
        """Note the request, and answer."""
        body = json.loads(await request.read())
        self.asked.append(body)
        return self.answer(body)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    await server.runner.setup()
    await web.TCPSite(server.runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{server.runner.addresses[0][1]}/v1"
    yield server
    await server.runner.cleanup()


@pytest.fixture
async def make(server: Server, desk: Desk) -> AsyncIterator[Make]:
    """Build embeddings on the server, paid from a budget in the test's database."""
    async with openai.AsyncOpenAI(
        api_key="sk-test", base_url=server.url, max_retries=0, timeout=5
    ) as client:

        def build(budget: int = 10**9, metrics: Metrics | None = None) -> OpenAIEmbeddings:
            paid = Budget(ModelUsage(desk.pool), budget)
            return OpenAIEmbeddings(
                lambda: client,
                NAME,
                lambda text: text.replace(SECRET, "[masked]"),
                BudgetedPurse(paid, metrics or Metrics(), NAME),
            )

        yield build


@pytest.fixture
def embeddings(make: Make) -> OpenAIEmbeddings:
    return make()


async def test_texts_go_masked_and_come_back_in_order(
    server: Server, embeddings: OpenAIEmbeddings
) -> None:
    vectors = await embeddings.embed(TEAM, ["a", f"key {SECRET}", "ccc"])
    assert [round(vector[0] / vector[1]) for vector in vectors] == [1, 12, 3]
    (asked,) = server.asked
    assert asked["input"] == ["a", "key [masked]", "ccc"]
    assert asked["model"] == "text-embedding-3-small"
    assert embeddings.model == "openai:text-embedding-3-small"


async def test_many_texts_go_in_portions(server: Server, embeddings: OpenAIEmbeddings) -> None:
    assert len(await embeddings.embed(TEAM, ["text"] * 130)) == 130
    assert [len(asked["input"]) for asked in server.asked] == [64, 64, 2]


def refusal(status: int, code: str = "", **headers: str) -> Callable[[Any], web.Response]:
    """An answer that says no."""
    body = {"error": {"message": "no", "type": "x", "param": None, "code": code or None}}
    return lambda _: web.json_response(body, status=status, headers=headers)


@pytest.mark.parametrize(
    ("answer", "error", "why", "wait"),
    [
        (refusal(429, **{"Retry-After": "7"}), EmbedderAway, "later", 7.0),
        (refusal(429, "insufficient_quota"), EmbedderAway, "no credit", 600.0),
        (refusal(503), EmbedderAway, "HTTP 503", None),
        (refusal(401, "invalid_api_key"), EmbedderBroken, "OPENAI_API_KEY", None),
        (refusal(404, "model_not_found"), EmbedderBroken, "OPENAI_EMBEDDING_MODEL", None),
        (refusal(400), EmbedderBroken, "HTTP 400", None),
    ],
)
async def test_a_refusal_says_what_to_do(
    server: Server,
    embeddings: OpenAIEmbeddings,
    answer: Any,
    error: type[Exception],
    why: str,
    wait: float | None,
) -> None:
    server.answer = answer
    with pytest.raises(error, match=why) as raised:
        await embeddings.embed(TEAM, ["text"])
    assert getattr(raised.value, "retry_after", None) == wait


def odd(*vectors: list[float]) -> Callable[[Any], web.Response]:
    """An answer with these vectors."""
    data = [{"object": "embedding", "index": at, "embedding": v} for at, v in enumerate(vectors)]
    return lambda _: web.json_response({"object": "list", "data": data, "model": "m", "usage": {}})


@pytest.mark.parametrize(
    "answer",
    [
        odd(),
        odd([1.0, 0.0]),
        odd([1.0, 0.0], [0.0, 0.0]),
        odd([1.0, 0.0], [1.0]),
        lambda _: web.Response(text="no json", content_type="application/json"),
        lambda _: web.Response(text="<html>", content_type="text/html"),
        lambda _: web.json_response({"hello": "there"}),
    ],
)
async def test_an_answer_without_usable_vectors_is_refused(
    server: Server, embeddings: OpenAIEmbeddings, answer: Any
) -> None:
    server.answer = answer
    with pytest.raises(EmbedderBroken):
        await embeddings.embed(TEAM, ["one", "two"])


async def test_nobody_there_is_worth_another_try_and_costs_nothing(
    server: Server, embeddings: OpenAIEmbeddings, desk: Desk
) -> None:
    await server.runner.cleanup()
    with pytest.raises(EmbedderAway):
        await embeddings.embed(TEAM, ["text"])
    assert await ModelUsage(desk.pool).today(TEAM) == UsedToday(), "nothing stays reserved"


async def test_what_vectors_take_is_in_the_teams_budget_cost_and_metrics(
    make: Make, desk: Desk
) -> None:
    metrics = Metrics()
    await make(metrics=metrics).embed(TEAM, ["text"] * 65)
    used = await ModelUsage(desk.pool).today(TEAM)
    assert used.tokens == 10
    assert used.cost_usd == pytest.approx(10 * 0.02 / 1e6)
    assert await ModelUsage(desk.pool).today(OTHER) == UsedToday()
    value = metrics.registry.get_sample_value
    assert value("livesop_model_tokens_total", {"kind": "embedding"}) == 10
    assert value("livesop_model_cost_usd_total") == pytest.approx(used.cost_usd)


async def test_where_the_service_does_not_count_it_is_estimated(
    server: Server, embeddings: OpenAIEmbeddings, desk: Desk
) -> None:
    server.answer = odd([1.0, 0.0])
    await embeddings.embed(TEAM, ["x" * 400])
    assert (await ModelUsage(desk.pool).today(TEAM)).tokens == 100


async def test_a_spent_budget_leaves_full_text_and_is_said(
    server: Server, make: Make, desk: Desk
) -> None:
    document = await desk.add("Refunds are paid back within five days.")
    poor = make(budget=3)
    assert poor.problem == ""
    found = await desk.retrieval(poor).find_passages(TEAM, "When are refunds paid back?", 3)
    assert [passage.title for passage in found] == [document.title], "words find it"
    await desk.embedding(poor).embed(EmbedJob(document.id), 0)
    assert server.asked == []
    assert poor.problem == "the daily token budget is spent"
    kept = await desk.documents.get(TEAM, document.id)
    assert kept is not None
    assert kept.problem == poor.problem

    await desk.embedding(make()).embed(EmbedJob(document.id), 0)
    kept = await desk.documents.get(TEAM, document.id)
    assert kept is not None
    assert kept.problem is None, "made once there is budget again"
