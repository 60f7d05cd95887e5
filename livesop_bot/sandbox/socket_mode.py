"""Socket Mode: tickets, open sockets, deliveries with their acks, and redelivery.

Tries are made as Slack makes them: an event that is not acked within the deadline comes again,
near-immediately, after a minute and after five. A first try while no socket is open fails at
once; a retry waits one ack deadline for a socket.
"""

import asyncio
import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from uuid import uuid4

import structlog
from aiohttp import web

from livesop_bot.sandbox.connection import Connection
from livesop_bot.sandbox.deliveries import Delivery, Dispatch, Outcome
from livesop_bot.sandbox.events import event_callback
from livesop_bot.sandbox.faults import Faults
from livesop_bot.sandbox.timing import Timing
from livesop_bot.sandbox.wire import JsonObject, new_id
from livesop_bot.sandbox.workspace import Workspace

log = structlog.get_logger()

MAX_CONNECTIONS = 10

Choose = Callable[[Sequence[Connection]], Connection]
"""Which of the open sockets (never none) gets the next envelope."""


def at_random(seed: int | None = None) -> Choose:
    """No pattern to rely on, as with Slack; a seed makes it repeat."""
    return random.Random(seed).choice  # noqa: S311  spreads load, hides nothing


def round_robin() -> Choose:
    """Each in turn."""
    turn = iter(range(1 << 62))
    return lambda connections: connections[next(turn) % len(connections)]


class SocketMode:
    """All sockets of the app, and everything that is on its way to them."""

    def __init__(
        self,
        workspace: Workspace,
        timing: Timing,
        faults: Faults,
        choose: Choose | None = None,
    ) -> None:
        self._workspace, self._timing, self._faults = workspace, timing, faults
        self._choose = choose or at_random()
        self.connections: dict[str, Connection] = {}
        self.deliveries: list[Delivery] = []
        """Every try that was made, oldest first."""
        self.opened = 0
        """Sockets that were opened so far."""
        self.stray_acks = 0
        """Acks for nothing that was waited for: late, doubled or made up."""
        self.on_connections: list[Callable[[int], None]] = []
        self._tickets: dict[str, float] = {}
        self._dispatches: dict[str, list[Dispatch]] = {}
        self._awaiting: dict[str, Dispatch] = {}
        self._parked: list[Dispatch] = []
        self._timers: set[asyncio.TimerHandle] = set()
        self._held: list[str] | None = None
        self._changed = asyncio.Event()
        self._closing: set[asyncio.Task[None]] = set()

    # -- sockets

    def new_ticket(self) -> str:
        """Permission to open one socket, once, for a short while."""
        ticket = uuid4().hex
        self._tickets[ticket] = time.monotonic() + self._timing.ticket_life
        return ticket

    async def handshake(self, request: web.Request) -> web.StreamResponse:
        """GET with a ticket: becomes a socket, or is refused."""
        if self._faults.refuse_handshakes:
            return web.Response(status=503, text="service unavailable")
        deadline = self._tickets.pop(request.query.get("ticket", ""), 0.0)
        if time.monotonic() > deadline:
            return web.Response(status=404, text="ticket unknown, used or expired")
        socket = web.WebSocketResponse(autoping=False, autoclose=False, compress=False, timeout=1)
        await socket.prepare(request)
        connection = Connection(new_id("S"), request, socket)
        if len(self.open) >= MAX_CONNECTIONS:
            connection.leaving = True
            await socket.send_str(_disconnect_frame("too_many_websockets"))
            await socket.close()
            return socket
        self.connections[connection.id] = connection
        self.opened += 1
        connection.send(self._hello())
        self._connections_changed()
        parked, self._parked = self._parked, []
        for dispatch in parked:
            self._stop_timer(dispatch)
            self._send(dispatch, connection)
        try:
            await connection.serve(self._received)
        finally:
            self.connections.pop(connection.id, None)
            self._connections_changed()
        return socket

    @property
    def open(self) -> list[Connection]:
        """The sockets that envelopes may go to."""
        return [c for c in self.connections.values() if c.takes_envelopes]

    async def wait_for_connections(
        self,
        count: int,
        timeout: float = 10.0,
    ) -> None:
        """Until at least so many sockets are open; for 0, until none is. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            while (len(self.open) > 0) if count == 0 else (len(self.open) < count):
                await self._changed.wait()

    def disconnect(
        self, reason: str = "refresh_requested", connection_id: str | None = None
    ) -> None:
        """Tell one socket, or all, to go, as Slack does; each is closed a little later."""
        for connection in self._chosen(connection_id):
            connection.send(_disconnect_frame(reason))
            connection.leaving = reason != "warning"
            task = asyncio.create_task(self._close_later(connection))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        self._connections_changed()

    async def _close_later(self, connection: Connection) -> None:
        await asyncio.sleep(self._timing.disconnect_grace)
        await connection.close()

    def cut(self, connection_id: str | None = None) -> None:
        """Abort the TCP connection of one socket, or all, without a word."""
        for connection in self._chosen(connection_id):
            connection.cut()
        self._connections_changed()

    def silence(self, connection_id: str | None = None) -> None:
        """Let one socket, or all, stay open but dead: nothing read, answered or sent."""
        for connection in self._chosen(connection_id):
            connection.silent = True

    def _chosen(self, connection_id: str | None) -> list[Connection]:
        return self.open if connection_id is None else [self.connections[connection_id]]

    def _connections_changed(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
        for listener in self.on_connections:
            listener(len(self.open))

    def _hello(self) -> str:
        return json.dumps(
            {
                "type": "hello",
                "num_connections": len(self.open),
                "debug_info": {
                    "host": "sandbox",
                    "build_number": 1,
                    "approximate_connection_time": 18060,
                },
                "connection_info": {"app_id": self._workspace.bot.app_id},
            }
        )

    async def stop(self) -> None:
        """Close every socket; nothing is sent any more."""
        for timer in self._timers:
            timer.cancel()
        for task in self._closing:
            task.cancel()
        await asyncio.gather(*self._closing, return_exceptions=True)
        for connection in tuple(self.connections.values()):
            if connection.silent:
                connection.cut()
            else:
                await connection.close()

    # -- what goes to the bot

    def deliver(self, event: JsonObject, event_id: str | None = None, **outer: object) -> str:
        """Send an event (the inner object) in an event_callback; returns its event_id.

        `outer` replaces fields of the callback, such as `is_ext_shared_channel` or `team_id`.
        """
        event_id = event_id or new_id("Ev")
        payload = event_callback(self._workspace, event, event_id) | outer
        dispatch = Dispatch(
            id=event_id, kind="events_api", payload=json.dumps(payload), retries=True
        )
        self._dispatches.setdefault(event_id, []).append(dispatch)
        self._try(dispatch)
        return event_id

    def deliver_raw(self, envelope: Mapping[str, object]) -> str:
        """Send a frame exactly as given, once; `acked` takes its envelope_id."""
        key = str(envelope.get("envelope_id") or new_id("Raw"))
        dispatch = Dispatch(id=key, kind="raw", payload="", retries=False, envelope_id=key)
        self._dispatches.setdefault(key, []).append(dispatch)
        connections = self.open
        if connections:
            self._send(dispatch, self._choose(connections), json.dumps(envelope))
        else:
            self._failed(dispatch, "connection_failed")
        return key

    async def request(self, kind: str, payload: JsonObject) -> Outcome:
        """Send an interaction or a command and wait for its ack: one try, no redelivery.

        `attempts` 0 in the outcome: no socket was open.
        """
        dispatch = Dispatch(id=new_id("Rq"), kind=kind, payload=json.dumps(payload), retries=False)
        self._try(dispatch)
        return await dispatch.outcome

    async def acked(
        self,
        event_id: str,
        timeout: float = 10.0,
    ) -> Outcome:
        """What became of an event, once that is certain; of one delivered often, the last.

        Raises TimeoutError while tries are still to come, KeyError for an event never sent.
        """
        async with asyncio.timeout(timeout):
            for dispatch in self._dispatches[event_id]:
                outcome = await asyncio.shield(dispatch.outcome)
        return outcome

    def tries(self, event_id: str) -> list[Delivery]:
        """The deliveries of one event, oldest first."""
        return [delivery for delivery in self.deliveries if delivery.event_id == event_id]

    def _try(self, dispatch: Dispatch) -> None:
        connections = self.open
        if connections:
            self._send(dispatch, self._choose(connections))
        elif dispatch.attempt == 0:
            self.deliveries.append(
                Delivery(event_id=dispatch.id, envelope_id="", attempt=0, connection=None)
            )
            self._failed(dispatch, "connection_failed")
        else:
            self._parked.append(dispatch)
            self._start_timer(dispatch, self._timing.ack_deadline, self._unparked)

    def _send(self, dispatch: Dispatch, connection: Connection, frame: str | None = None) -> None:
        if frame is None:
            dispatch.envelope_id = str(uuid4())
            frame = dispatch.frame()
        for copy in range(1 + (self._faults.copies if dispatch.retries else 0)):
            if copy > 0:
                connection = self._choose(self.open or [connection])
            delivery = Delivery(
                event_id=dispatch.id,
                envelope_id=dispatch.envelope_id,
                attempt=dispatch.attempt,
                connection=connection.id,
            )
            self.deliveries.append(delivery)
            if copy == 0:
                dispatch.delivery = delivery
            connection.send(frame, delivery)
        self._awaiting[dispatch.envelope_id] = dispatch
        self._start_timer(dispatch, self._timing.ack_deadline, self._unacked)

    def _unparked(self, dispatch: Dispatch) -> None:
        self._parked.remove(dispatch)
        self._failed(dispatch, "connection_failed")

    def _unacked(self, dispatch: Dispatch) -> None:
        del self._awaiting[dispatch.envelope_id]
        self._failed(dispatch, "timeout")

    def _failed(self, dispatch: Dispatch, reason: str) -> None:
        log.debug("sandbox.unacked", event_id=dispatch.id, attempt=dispatch.attempt, reason=reason)
        if not dispatch.retries or dispatch.attempt >= len(self._timing.retry_delays):
            tries = dispatch.attempt + 1 if dispatch.delivery else 0
            dispatch.outcome.set_result(Outcome(event_id=dispatch.id, acked=False, attempts=tries))
            return
        delay = self._timing.retry_delays[dispatch.attempt]
        dispatch.attempt += 1
        dispatch.retry_reason = reason
        self._start_timer(dispatch, delay, self._try)

    def _start_timer(
        self, dispatch: Dispatch, delay: float, then: Callable[[Dispatch], None]
    ) -> None:
        def due() -> None:
            self._timers.discard(timer)
            then(dispatch)

        timer = asyncio.get_running_loop().call_later(delay, due)
        dispatch.timer = timer
        self._timers.add(timer)

    def _stop_timer(self, dispatch: Dispatch) -> None:
        if dispatch.timer is not None:
            dispatch.timer.cancel()
            self._timers.discard(dispatch.timer)
            dispatch.timer = None

    # -- what comes back

    def hold_acks(self) -> None:
        """Let acks lie unread from now on; their deadlines pass all the same."""
        if self._held is None:
            self._held = []

    def release_acks(self) -> None:
        """Read what was held, and everything from now on."""
        held, self._held = self._held or [], None
        for frame in held:
            self._received(frame)

    def _received(self, frame: str) -> None:
        if self._held is not None:
            self._held.append(frame)
            return
        if self._faults.drop_acks:
            return
        try:
            ack = json.loads(frame)
            dispatch = self._awaiting.pop(ack["envelope_id"], None)
        except (ValueError, KeyError, TypeError):
            log.warning("sandbox.frame_not_understood", length=len(frame))
            return
        if dispatch is None or dispatch.delivery is None:
            self.stray_acks += 1
            return
        self._stop_timer(dispatch)
        delivery = dispatch.delivery
        delivery.acked_at = time.monotonic()
        dispatch.outcome.set_result(
            Outcome(
                event_id=dispatch.id,
                acked=True,
                attempts=dispatch.attempt + 1,
                latency=delivery.acked_at - (delivery.sent_at or delivery.acked_at),
                response=ack.get("payload"),
            )
        )


def _disconnect_frame(reason: str) -> str:
    return json.dumps({"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}})
