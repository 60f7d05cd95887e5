"""The receiver: what comes out of the sockets, each envelope acked as it deserves."""

import asyncio
import json
import time
from collections.abc import Coroutine
from typing import Any

import structlog
from aiohttp import ClientError
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from livesop_bot.errors import SpoolFull
from livesop_bot.metrics import Metrics
from livesop_bot.slack.client import SocketClient
from livesop_bot.slack.intake import Intake

log = structlog.get_logger()

_MOST_IN_FLIGHT = 20_000
"""Events taken and not yet acked; beyond that Slack is left to deliver again later."""

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
        self._in_flight: set[asyncio.Task[None]] = set()
        self._closing = False

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
        """Take nothing more, and give what was taken `timeout` seconds to be stored and acked."""
        self._closing = True
        if self._in_flight:
            _, late = await asyncio.wait(self._in_flight, timeout=timeout)
            for task in late:
                task.cancel()
            if late:
                log.warning("receiver.undrained", events=len(late))

    def _track(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._in_flight.add(task)
        task.add_done_callback(self._in_flight.discard)
        return task

    async def _event(self, client: SocketClient, envelope: dict[str, Any], arrived: float) -> None:
        payload = envelope.get("payload")
        if not isinstance(payload, dict):
            payload = {}
        reason = envelope.get("retry_reason") or None
        try:
            await self._intake.take(payload, retry_reason=str(reason) if reason else None)
        except SpoolFull:
            return  # counted and logged by the intake; unacked, Slack delivers it again
        except Exception:
            log.exception("event.not_taken", event_id=payload.get("event_id"))
            return
        await _ack(client, envelope)
        self._metrics.ack_seconds.observe(time.perf_counter() - arrived)
        event = payload.get("event")
        if isinstance(event, dict) and event.get("type") in _BOLT_EVENTS:
            request = SocketModeRequest.from_dict(envelope)
            if request is not None:
                await run_async_bolt_app(self._app, request)

    async def _request(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        started = time.time()
        try:
            response = await run_async_bolt_app(self._app, request)
            await send_async_response(client, request, response, started)
        except Exception:
            log.exception("request.failed", type=request.type, envelope_id=request.envelope_id)
        else:
            self._metrics.events.labels(request.type, str(response.status)).inc()


async def _ack(client: SocketClient, envelope: dict[str, Any]) -> None:
    envelope_id = envelope.get("envelope_id")
    try:
        await client.send_message(json.dumps({"envelope_id": envelope_id}))
    except (ClientError, ConnectionError, AttributeError) as error:
        # The socket is gone. What was stored stays; Slack's redelivery will be a duplicate.
        log.info("event.ack_lost", envelope_id=envelope_id, error=type(error).__name__)
