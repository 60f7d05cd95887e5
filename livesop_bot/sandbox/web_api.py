"""The Web API over HTTP: tokens, scopes, argument forms, rate limits, faults; then the method."""

import asyncio
import json
import math
import time
from collections.abc import Callable

import structlog
from aiohttp import web

from livesop_bot.sandbox import (
    chat_methods,
    conversation_methods,
    directory_methods,
    shared_files,
    view_methods,
)
from livesop_bot.sandbox.faults import (
    AnswerError,
    AnswerStatus,
    Faults,
    HandledUnanswered,
    NeverHandled,
    RateLimited,
)
from livesop_bot.sandbox.method import Method
from livesop_bot.sandbox.timing import Timing
from livesop_bot.sandbox.view_stack import Triggers
from livesop_bot.sandbox.wire import ApiError, JsonObject
from livesop_bot.sandbox.workspace import Workspace

log = structlog.get_logger()

BOT_SCOPES = (
    "app_mentions:read",
    "channels:history",
    "channels:join",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:write",
    "reactions:read",
    "team:read",
    "usergroups:read",
    "users:read",
)
"""What the app's manifest asks for."""


class WebApi:
    """All methods under `/api/`."""

    def __init__(
        self,
        workspace: Workspace,
        faults: Faults,
        timing: Timing,
        *,
        bot_token: str,
        app_token: str,
        triggers: Triggers,
        socket_url: Callable[[], str],
    ) -> None:
        self._faults, self._timing = faults, timing
        self._bot_token, self._app_token = bot_token, app_token
        self.scopes = set(BOT_SCOPES)
        self._workspace = workspace
        self._stopped = asyncio.Event()
        self._posts: dict[str, tuple[float, float]] = {}
        self._methods: dict[str, Method] = {
            "apps.connections.open": Method(lambda _: {"url": socket_url()}, app=True),
            **directory_methods.methods(workspace),
            **conversation_methods.methods(workspace),
            **chat_methods.methods(workspace),
            **view_methods.methods(workspace.views, triggers, workspace),
            **shared_files.methods(workspace),
        }

    def register(self, app: web.Application) -> None:
        """Serve the methods."""
        app.router.add_route("*", "/api/{method}", self._handle)
        app.router.add_get("/files-pri/{file}/{rest:.*}", self._download)

    def stop(self) -> None:
        """Let go of the calls that were never to be answered."""
        self._stopped.set()

    async def _handle(self, request: web.Request) -> web.Response:
        name = request.match_info["method"]
        fault = self._faults.take(name)
        match fault:
            case AnswerError(code):
                return self._json({"ok": False, "error": code})
            case AnswerStatus(status):
                return web.Response(status=status, text="fault", content_type="text/html")
            case RateLimited(seconds):
                return self._rate_limited(seconds)
            case NeverHandled():
                return await self._never(request)
        try:
            body = self._call(name, request, await _arguments(request))
        except ApiError as error:
            log.debug("sandbox.refused", method=name, error=error.code)
            if error.code == "ratelimited":
                return self._rate_limited(error.fields["retry_after"])
            return self._json(error.body())
        if isinstance(fault, HandledUnanswered):
            return await self._never(request)
        return self._json(body)

    async def _download(self, request: web.Request) -> web.Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        allowed = token == self._bot_token and "files:read" in self.scopes
        file = self._workspace.files.get(request.match_info["file"])
        return shared_files.download(file, allowed=allowed)

    def _call(self, name: str, request: web.Request, args: JsonObject) -> JsonObject:
        method = self._methods.get(name)
        if method is None:
            raise ApiError("unknown_method", req_method=name)
        given = args.pop("token", None)
        header = request.headers.get("Authorization", "")
        token = header.removeprefix("Bearer ").strip() if header else given
        if not token:
            raise ApiError("not_authed")
        if token not in (self._bot_token, self._app_token):
            raise ApiError("invalid_auth")
        if (token == self._app_token) is not method.app:
            raise ApiError("not_allowed_token_type")
        if method.scope is not None and method.scope not in self.scopes:
            raise ApiError(
                "missing_scope", needed=method.scope, provided=",".join(sorted(self.scopes))
            )
        if name == "chat.postMessage":
            self._take_turn(str(args.get("channel")))
        return {"ok": True} | method.call(args)

    def _take_turn(self, channel: str) -> None:
        """One post from the channel's token bucket; refuses with ratelimited."""
        rate = self._timing.posts_per_second
        if rate is None:
            return
        now = time.monotonic()
        burst = float(self._timing.posts_burst)
        left, since = self._posts.get(channel, (burst, now))
        left = min(burst, left + (now - since) * rate)
        if left < 1:
            raise ApiError("ratelimited", retry_after=math.ceil((1 - left) / rate))
        self._posts[channel] = (left - 1, now)

    def _json(self, body: JsonObject) -> web.Response:
        headers = {"x-oauth-scopes": ",".join(sorted(self.scopes))}
        return web.json_response(body, headers=headers)

    def _rate_limited(self, seconds: int) -> web.Response:
        body = {"ok": False, "error": "ratelimited"}
        return web.json_response(body, status=429, headers={"Retry-After": str(seconds)})

    async def _never(self, request: web.Request) -> web.Response:
        await self._stopped.wait()
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=503)


async def _arguments(request: web.Request) -> JsonObject:
    """Query, form and JSON body in one; refuses with invalid_json or json_not_object."""
    args: JsonObject = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.read() or b"{}")
        except ValueError:
            raise ApiError("invalid_json") from None
        if not isinstance(body, dict):
            raise ApiError("json_not_object")
        return args | {key: value for key, value in body.items() if value is not None}
    return args | dict(await request.post())
