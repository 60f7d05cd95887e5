"""The receiver: what comes out of the sockets, each envelope acked as it deserves."""

import asyncio
import json
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import structlog
from aiohttp import ClientError
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.listener.async_listener_start_handler import AsyncListenerStartHandler
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from livesop_bot.errors import SpoolFull
from livesop_bot.metrics import Metrics
from livesop_bot.slack.client import SocketClient
from livesop_bot.slack.ingest import counted_as
from livesop_bot.slack.intake import Intake

log = structlog.get_logger()

_MOST_IN_FLIGHT = 20_000
"""Events taken and not yet acked; beyond that Slack is left to deliver again later."""

_CANCELLED = 0.5
"""Seconds that what is cancelled at the end has to stop."""

_BOLT_EVENTS = frozenset({"app_home_opened"})
"""Events that ask for a view and carry nothing to keep: acked, then answered by a listener."""


class Receiver:
    """Takes envelopes from any number of sockets; `drain` ends that without losing one.

    Events are made durable first and acked then; a failure leaves them unacked, so that Slack
    delivers them again. Commands, buttons and modals go to Bolt's listeners.
    """

    def __init__(self, *, app: AsyncApp, intake: Intake, metrics: Metrics) -> None:
        self._app = app
        self._intake = intake
        self._metrics = metrics
        self._in_flight: set[asyncio.Task[Any]] = set()
        self._closing = False
        app.listener_runner.listener_start_handler = _Following(self._follow)

    def on_event(self, client: SocketClient, envelope: dict[str, Any]) -> None:
        """Start on an events_api envelope; does not wait for it."""
        if self._closing or len(self._in_flight) >= _MOST_IN_FLIGHT:
            self._metrics.events.labels("any", "left_to_slack").inc()
            return
        self._track(self._event(client, envelope, time.perf_counter()))

    async def on_request(
        self, client: AsyncBaseSocketModeClient, request: SocketModeRequest
    ) -> None:
        """Answer a command, a button or a modal; the signature is slack_sdk's for listeners."""
        if not self._closing:
            task = self._track(self._request(client, request))
            await asyncio.shield(task)

    async def drain(self, timeout: float) -> None:
        """Take nothing more, and give what was taken `timeout` seconds to be done and answered."""
        self._closing = True
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while self._in_flight:  # a request that ends may leave its listener
                    await asyncio.wait(self._in_flight)
        if late := tuple(self._in_flight):
            log.warning("receiver.undrained", events=len(late))
            for task in late:
                task.cancel()
            await asyncio.wait(late, timeout=_CANCELLED)

    def _track(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._follow(task)
        return task

    def _follow(self, task: asyncio.Task[Any]) -> None:
        self._in_flight.add(task)
        task.add_done_callback(self._in_flight.discard)

    async def _event(self, client: SocketClient, envelope: dict[str, Any], arrived: float) -> None:
        payload = envelope.get("payload")
        if not isinstance(payload, dict):
            payload = {}
        reason = envelope.get("retry_reason")
        try:
            await self._intake.take(payload, retry_reason=counted_as(reason) if reason else None)
        except SpoolFull:
            return  # counted and logged by the intake; unacked, Slack delivers it again
        except Exception:
            log.exception("event.not_taken", event_id=payload.get("event_id"))
            return
        await _ack(client, envelope)
        self._metrics.ack_seconds.observe(time.perf_counter() - arrived)
        event = payload.get("event")
        if isinstance(event, dict) and event.get("type") in _BOLT_EVENTS:
            await self._show(envelope)

    async def _show(self, envelope: dict[str, Any]) -> None:
        try:
            request = SocketModeRequest.from_dict(envelope)
            if request is not None:
                await run_async_bolt_app(self._app, request)
        except Exception:
            log.exception("request.failed", type="events_api")

    async def _request(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        started = time.time()
        try:
            response = await run_async_bolt_app(self._app, request)
            await send_async_response(client, request, response, started)
        except Exception:
            log.exception("request.failed", type=request.type, envelope_id=request.envelope_id)
        else:
            self._metrics.events.labels(request.type, str(response.status)).inc()


class _Following(AsyncListenerStartHandler):
    """Tells of the task that each listener runs in: Bolt lets it go on after its ack, unwatched."""

    def __init__(self, follow: Callable[[asyncio.Task[Any]], None]) -> None:
        self._follow = follow

    async def handle(self, request: AsyncBoltRequest, response: BoltResponse | None) -> None:
        task = asyncio.current_task()
        assert task is not None, "Bolt starts listeners in tasks"
        self._follow(task)


async def _ack(client: SocketClient, envelope: dict[str, Any]) -> None:
    envelope_id = envelope.get("envelope_id")
    try:
        await client.send_message(json.dumps({"envelope_id": envelope_id}))
    except (ClientError, ConnectionError, AttributeError) as error:
        # The socket is gone. What was stored stays; Slack's redelivery will be a duplicate.
        log.info("event.ack_lost", envelope_id=envelope_id, error=type(error).__name__)
