"""The health port: /health, /health/ready, /health/live and /metrics."""

import errno
import json
import math
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from livesop_bot.errors import ConfigurationError
from livesop_bot.metrics import Metrics
from livesop_bot.ops.checks import Checks, Lookout
from livesop_bot.ops.heartbeat import Heartbeat
from livesop_bot.ops.status import Snapshot, Status

SERVICE = "livesop-bot"
MAX_LAG = 5.0
"""Seconds that the event loop may be late before it counts as stuck."""

_SHUTDOWN = 1.0


class HealthServer:
    """Serves the health port from `async with` on; port 0 takes any free one.

    Raises ConfigurationError naming HEALTH_PORT or HEALTH_HOST where it cannot listen there.
    """

    def __init__(
        self,
        host: str,
        port: int,
        checks: Checks,
        metrics: Metrics,
        version: str,
    ) -> None:
        self._host = host
        self._wanted_port = port
        self._lookout = Lookout(checks)
        self._metrics = metrics
        self._version = version
        self._heartbeat = Heartbeat(metrics.loop_lag_seconds)
        self._stack = AsyncExitStack()
        app = web.Application(middlewares=[_errors_as_json])
        app.router.add_get("/health", self._health)
        app.router.add_get("/health/ready", self._ready)
        app.router.add_get("/health/live", self._live)
        app.router.add_get("/metrics", self._prometheus)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN)

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._heartbeat)
            stack.push_async_callback(self._lookout.close)
            await self._runner.setup()
            stack.push_async_callback(self._runner.cleanup)
            try:
                await web.TCPSite(self._runner, self._host, self._wanted_port).start()
            except OSError as error:
                raise ConfigurationError(self._explain(error)) from error
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._runner.addresses[0][1])

    async def snapshot(self) -> Snapshot:
        """What /health would report now, for views that show it."""
        return await self._lookout.snapshot()

    def _explain(self, error: OSError) -> str:
        if error.errno == errno.EADDRINUSE:
            return (
                f"HEALTH_PORT: {self._wanted_port} on {self._host} is taken by another program; "
                "end that one, or set another port"
            )
        if error.errno == errno.EACCES:
            return f"HEALTH_PORT: {self._wanted_port} is not open to this user; set one above 1023"
        return f"HEALTH_HOST: {self._host} is no address of this machine, as 127.0.0.1 is"

    async def _health(self, _: web.Request) -> web.Response:
        found = await self._lookout.snapshot()
        return self._answer(
            503 if found.status is Status.UNHEALTHY else 200,
            found.status,
            reasons=found.failures + found.shortcomings,
            checks=found.checks(),
        )

    async def _ready(self, _: web.Request) -> web.Response:
        reasons = (await self._lookout.snapshot()).not_ready
        if reasons:
            return self._answer(503, "not_ready", reasons=reasons)
        return self._answer(200, "ready", reasons=[])

    async def _live(self, _: web.Request) -> web.Response:
        lag = self._heartbeat.lag
        status, word = (503, "stuck") if lag > MAX_LAG else (200, "alive")
        return self._answer(status, word, loop_lag_seconds=round(lag, 3))

    async def _prometheus(self, _: web.Request) -> web.Response:
        self._set_gauges(await self._lookout.snapshot())
        body = generate_latest(self._metrics.registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    def _set_gauges(self, found: Snapshot) -> None:
        """What is unknown becomes NaN, so that no old value passes for a new one."""
        metrics, queue = self._metrics, found.queue
        metrics.database_up.set(found.database.problem is None)
        metrics.queue_depth.set(math.nan if queue is None else queue.depth)
        metrics.queue_age_seconds.set(math.nan if queue is None else queue.oldest_age_seconds)
        metrics.queue_failed_jobs.set(math.nan if queue is None else queue.failed)
        metrics.model_usable.set(not found.model.problem if found.model.is_used else math.nan)
        if found.sockets is not None:
            metrics.sockets.set(found.sockets.connected)
            metrics.sockets_wanted.set(found.sockets.wanted)
        if found.spool is not None:
            metrics.spool_events.set(found.spool.events)
            metrics.spool_bytes.set(found.spool.size)
            metrics.spool_stuck.set(found.spool.stuck)

    def _answer(self, http_status: int, status: str, **details: Any) -> web.Response:
        return web.json_response(
            {
                "status": status,
                "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "service": SERVICE,
                "version": self._version,
                **details,
            },
            status=http_status,
            headers={"Cache-Control": "no-store"},
        )


@web.middleware
async def _errors_as_json(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Give 404, 405 and the like a JSON body; `Allow` stays among the headers."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        error.text = json.dumps({"error": error.reason})
        error.content_type = "application/json"
        raise
