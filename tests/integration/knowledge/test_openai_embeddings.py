"""OpenAI's embeddings, against a server that speaks its API."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import openai
import pytest
from aiohttp import web

from livesop_bot.errors import EmbedderAway, EmbedderBroken
from livesop_bot.knowledge.openai_embeddings import OpenAIEmbeddings

SECRET = "AKIA" + "Z" * 16


class Server:
    """What was asked, and how the next requests are answered."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.answer: Callable[[dict[str, Any]], web.Response] = self.vectors
        self.url = ""

    @staticmethod
    def vectors(body: dict[str, Any]) -> web.Response:
        """A vector a text, the last one first."""
        data = [
            {"object": "embedding", "index": at, "embedding": [float(len(text)), 1.0]}
            for at, text in enumerate(body["input"])
        ]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
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
    app = web.Application()
    app.router.add_post("/v1/embeddings", server.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    yield server
    await runner.cleanup()


@pytest.fixture
async def embeddings(server: Server) -> AsyncIterator[OpenAIEmbeddings]:
    async with openai.AsyncOpenAI(
        api_key="sk-test", base_url=server.url, max_retries=0, timeout=5
    ) as client:
        yield OpenAIEmbeddings(
            lambda: client,
            "text-embedding-3-small",
            lambda text: text.replace(SECRET, "[masked]"),
        )


async def test_texts_go_masked_and_come_back_in_order(
    server: Server, embeddings: OpenAIEmbeddings
) -> None:
    vectors = await embeddings.embed(["a", f"key {SECRET}", "ccc"])
    assert [round(vector[0] / vector[1]) for vector in vectors] == [1, 12, 3]
    (asked,) = server.asked
    assert asked["input"] == ["a", "key [masked]", "ccc"]
    assert asked["model"] == "text-embedding-3-small"
    assert embeddings.model == "openai:text-embedding-3-small"


async def test_many_texts_go_in_portions(server: Server, embeddings: OpenAIEmbeddings) -> None:
    assert len(await embeddings.embed(["text"] * 130)) == 130
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
        await embeddings.embed(["text"])
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
        await embeddings.embed(["one", "two"])


async def test_nobody_there_is_worth_another_try(embeddings: OpenAIEmbeddings) -> None:
    async with openai.AsyncOpenAI(
        api_key="sk-test", base_url="http://127.0.0.1:1/v1", max_retries=0
    ) as client:
        with pytest.raises(EmbedderAway):
            await OpenAIEmbeddings(lambda: client, "m", str).embed(["text"])
