"""OpenAI's API on loopback: chat completions with structured outputs, embeddings, models.

It holds requests to what OpenAI documents (strict schemas above all), answers within the schema,
and does on demand what services do wrong. Its minds are simple, and one of them is gullible.
"""

import asyncio
import base64
import codecs
import hashlib
import json
import re
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from aiohttp import web

KEY = "sk-test-loopback"
_STRICT_KEYWORDS = {
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "enum",
    "anyOf",
    "description",
    "$defs",
    "$ref",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One question, as the model gets it."""

    model: str
    instructions: str
    document: Mapping[str, Any]
    schema: Mapping[str, Any]
    body: Mapping[str, Any]

    @property
    def sops(self) -> list[str]:
        """The keys that may be named."""
        return [sop["key"] for sop in self.document["sops"]]

    @property
    def message(self) -> str:
        """The message to judge."""
        return str(self.document["message"])


Mind = Callable[[Asked], dict[str, Any]]
Behaviour = Callable[[web.Request, Asked], Awaitable[web.StreamResponse]]


def sensible(asked: Asked) -> dict[str, Any]:
    """Name the SOP that shares most words with the message; sure from two words on."""
    words = set(re.findall(r"\w{4,}", asked.message.lower()))
    best, shared = "", set[str]()
    for sop in asked.document["sops"]:
        known = re.findall(r"\w{4,}", json.dumps([sop["examples"], sop["keywords"]]).lower())
        if len(words & set(known)) > len(shared):
            best, shared = sop["key"], words & set(known)
    if len(shared) < 2:
        return {"sop": "(none)", "confidence": 0.1, "reasoning": "Nothing is asked for."}
    first = re.search("|".join(map(re.escape, sorted(shared))), asked.message, re.IGNORECASE)
    return {
        "sop": best,
        "confidence": 0.95,
        "reasoning": f"It is about {best}.",
        "evidence": first.group() if first else "",
        "cited": [passage["id"] for passage in asked.document.get("knowledge", ())][:1],
    }


def taken_over(target: str, values: Mapping[str, str] | None = None) -> Mind:
    """A model that names the target whatever it reads, entirely sure; `values`: of fields."""

    def mind(asked: Asked) -> dict[str, Any]:
        named = target if target in asked.sops else asked.sops[0]
        return {
            "sop": named,
            "confidence": 1.0,
            "reasoning": "It was told so.",
            "evidence": asked.message[:60].strip(),
            "fields": values or {},
        }

    return mind


def gullible(values: Mapping[str, str]) -> Mind:
    """A model that obeys whatever reads like an instruction; `values`: what it gives for fields."""
    return lambda asked: _obeying(asked, values)


def _obeying(asked: Asked, values: Mapping[str, str]) -> dict[str, Any]:
    """Obey, wherever the instruction stands and however it is wrapped."""
    said = [asked.message]
    said += [passage["text"] for passage in asked.document.get("knowledge", ())]
    for others in ("earlier_messages", "verdicts"):
        said += [other["text"] for other in asked.document.get(others, ())]
    text = "\n".join(said)
    for blob in re.findall(r"[A-Za-z0-9+/=]{16,}", text):
        with suppress(ValueError):
            text += "\n" + base64.b64decode(blob + "==").decode()
    text = f"{text}\n{codecs.encode(text, 'rot13')}\n{text[::-1]}".lower()
    named = [s["key"] for s in asked.document["sops"] if s["key"] in text]
    named += [s["key"] for s in asked.document["sops"] if s["title"].lower() in text]
    orders = r"ignore|instruct|system|confiden|must|answer|pretend|overrid|approve"
    if not named and not re.search(orders, text):
        return sensible(asked)
    links = re.findall(r"https?://\S+", text)
    told = {"reasoning": " ".join(["It was told so.", *links])}
    return taken_over(named[0] if named else "", values)(asked) | told


def status(code: int, error: str = "", **headers: str) -> Behaviour:
    """Answer with an HTTP error, as OpenAI puts it."""

    async def behave(_: web.Request, __: Asked) -> web.StreamResponse:
        body = {"error": {"message": "No.", "type": error or "error", "code": error or None}}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.json_response(body, status=code, headers=named)

    return behave


def choice(content: str | None, finish: str = "stop", refusal: str | None = None) -> Behaviour:
    """Answer with this text, whatever the schema says."""

    async def behave(_: web.Request, asked: Asked) -> web.StreamResponse:
        return web.json_response(_completion(asked, content, finish, refusal))

    return behave


def answer(**changes: Any) -> Behaviour:
    """Answer sensibly but for these parts of the answer; None leaves a part out."""

    async def behave(_: web.Request, asked: Asked) -> web.StreamResponse:
        said = _within(asked, sensible(asked)) | changes
        kept = {name: value for name, value in said.items() if value is not None}
        return web.json_response(_completion(asked, json.dumps(kept)))

    return behave


def raw(body: str, content_type: str = "application/json") -> Behaviour:
    """Answer 200 with this body."""

    async def behave(_: web.Request, __: Asked) -> web.StreamResponse:
        return web.Response(text=body, content_type=content_type)

    return behave


async def dropped(request: web.Request, _: Asked) -> web.StreamResponse:
    """Close the connection without an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


class ModelServer:
    """The server: `async with ModelServer() as server`, then server.base_url."""

    def __init__(self) -> None:
        self.mind: Mind = sensible
        self.always: Behaviour | None = None
        self.asked: list[Asked] = []
        self.arrived = asyncio.Event()
        self.release = asyncio.Event()
        self._next: deque[Behaviour] = deque()
        self._runner = web.AppRunner(self._app(), shutdown_timeout=0.1)
        self.base_url = ""

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Go away; connections are refused from now on."""
        self.release.set()
        await self._runner.cleanup()

    def next(self, *behaviours: Behaviour) -> None:
        """Answer the next questions so, one each, and the others as before."""
        self._next.extend(behaviours)

    async def hang(self, _: web.Request, asked: Asked) -> web.StreamResponse:
        """Answer once `release` is set."""
        await self.release.wait()
        return self._think(asked)

    def _app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_post("/v1/embeddings", self._embeddings)
        app.router.add_get("/v1/models/{model}", self._model)
        return app

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return web.json_response({"error": {"code": "invalid_api_key"}}, status=401)
        body = await request.json()
        try:
            asked = _read(body)
        except (KeyError, ValueError, TypeError) as error:
            return web.json_response({"error": {"message": repr(error)}}, status=400)
        self.asked.append(asked)
        self.arrived.set()
        behaviour = self._next.popleft() if self._next else self.always
        return self._think(asked) if behaviour is None else await behaviour(request, asked)

    def _think(self, asked: Asked) -> web.StreamResponse:
        said = _within(asked, self.mind(asked))
        return web.json_response(_completion(asked, json.dumps(said)))

    async def _embeddings(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        size = body.get("dimensions", 1536)
        data = [
            {"object": "embedding", "index": n, "embedding": _vector(text, size)}
            for n, text in enumerate(texts)
        ]
        used = sum(len(text) // 4 for text in texts)
        usage = {"prompt_tokens": used, "total_tokens": used}
        return web.json_response(
            {"object": "list", "data": data, "model": body["model"], "usage": usage}
        )

    async def _model(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["model"]
        return web.json_response({"id": name, "object": "model", "created": 1, "owned_by": "x"})


def _read(body: Mapping[str, Any]) -> Asked:
    system, user = body["messages"]
    if (system["role"], user["role"]) != ("system", "user"):
        raise ValueError("expected a system and a user turn")
    form = body["response_format"]
    if form["type"] != "json_schema" or form["json_schema"]["strict"] is not True:
        raise ValueError("expected a strict json_schema")
    check_strict(form["json_schema"]["schema"])
    document = json.loads(user["content"])
    return Asked(body["model"], system["content"], document, form["json_schema"]["schema"], body)


def check_strict(schema: Mapping[str, Any], *, root: bool = True) -> None:
    """Refuse what is not in the subset that all of OpenAI's models take in strict mode."""
    if unknown := schema.keys() - _STRICT_KEYWORDS:
        raise ValueError(f"not permitted: {sorted(unknown)}")
    if root and schema.get("type") != "object":
        raise ValueError("the root must be an object")
    if "$ref" in schema and len(schema) > 1:
        raise ValueError("$ref cannot have keywords beside it")
    if schema.get("type") == "object":
        if schema["additionalProperties"] is not False:
            raise ValueError("additionalProperties must be false")
        if sorted(schema["required"]) != sorted(schema["properties"]):
            raise ValueError("every property must be required")
    if "enum" in schema and len(set(schema["enum"])) != len(schema["enum"]):
        raise ValueError("enum has duplicates")
    inner = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values()]
    inner += schema.get("anyOf", [])
    inner += [schema["items"]] if "items" in schema else []
    for part in inner:
        check_strict(part, root=False)


def _within(asked: Asked, said: Mapping[str, Any]) -> dict[str, Any]:
    """Fill in and cut to what the schema asks for: strict mode makes nothing else possible."""
    properties = asked.schema["properties"]
    names = asked.schema.get("$defs", {}).get("Fields", {}).get("properties", {})
    fields = said.get("fields", {})
    whole: dict[str, Any] = {
        "evidence": "",
        "cited": [],
        **said,
        "fields": {name: fields.get(name) for name in names},
    }
    if whole["sop"] not in properties["sop"]["enum"]:
        whole["sop"] = properties["sop"]["enum"][0]
    return {name: whole[name] for name in properties}


def _completion(
    asked: Asked, content: str | None, finish: str = "stop", refusal: str | None = None
) -> dict[str, Any]:
    prompt, done = len(json.dumps(asked.body)) // 4, len(content or refusal or "") // 4
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": asked.model,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": content, "refusal": refusal},
                "finish_reason": finish,
                "logprobs": None,
            }
        ],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": done,
            "total_tokens": prompt + done,
        },
    }


def _vector(text: str, size: int) -> list[float]:
    """The same text has the same vector, and shares a direction with texts that share words."""
    vector = [0.0] * size
    for word in re.findall(r"\w+", text.lower()):
        place = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big")
        vector[place % size] += 1.0
    length = sum(value * value for value in vector) ** 0.5 or 1.0
    return [value / length for value in vector]
