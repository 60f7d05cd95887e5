"""What servers that stand in for outside services share: start, stop, and faults on demand."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from aiohttp import web

from livesop_bot.sandbox.faults import (
    AnswerError,
    AnswerStatus,
    Faults,
    HandledUnanswered,
    NeverHandled,
    RateLimited,
)

Handler = Callable[[web.Request], Awaitable[web.Response]]


class Loopback:
    """Serves on a free port of this machine while it is entered.

    `faults.add(name, fault)` lets the next call of that name go wrong, as the sandbox's Slack does.
    """

    def __init__(self) -> None:
        self.faults = Faults()
        self.url = ""
        self._app = web.Application(client_max_size=10_000_000)
        self._stopped = asyncio.Event()

    def route(self, method: str, path: str, name: str, handler: Handler) -> None:
        """Serve a path; `name` is what its faults are added under."""

        async def faulty(request: web.Request) -> web.Response:
            match fault := self.faults.take(name):
                case AnswerStatus(status):
                    return web.Response(status=status, text="fault")
                case AnswerError(code):
                    return web.json_response({"errorMessages": [code]}, status=400)
                case RateLimited(seconds):
                    return web.Response(status=429, headers={"Retry-After": str(seconds)})
                case NeverHandled():
                    return await self._never(request)
            answer = await handler(request)
            return await self._never(request) if fault == HandledUnanswered() else answer

        self._app.router.add_route(method, path, faulty)

    async def _never(self, request: web.Request) -> web.Response:
        await self._stopped.wait()
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=503)

    async def __aenter__(self) -> Self:
        self._runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port: int = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stopped.set()
        await self._runner.cleanup()
