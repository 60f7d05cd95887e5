"""Socket Mode: deliveries with their acks, and redelivery.

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

from livesop_bot.sandbox.connection import Connection
from livesop_bot.sandbox.deliveries import Delivery, Dispatch, Outcome
from livesop_bot.sandbox.events import event_callback
from livesop_bot.sandbox.faults import Faults
from livesop_bot.sandbox.sockets import Sockets
from livesop_bot.sandbox.timing import Timing
from livesop_bot.sandbox.wire import JsonObject, new_id
from livesop_bot.sandbox.workspace import Workspace

log = structlog.get_logger()

Choose = Callable[[Sequence[Connection]], Connection]
"""Which of the open sockets (never none) gets the next envelope."""


def at_random(seed: int | None = None) -> Choose:
    """No pattern to rely on, as with Slack; a seed makes it repeat."""
    return random.Random(seed).choice  # noqa: S311  spreads load, hides nothing


def round_robin() -> Choose:
    """Each in turn."""
    turn = iter(range(1 << 62))
    return lambda connections: connections[next(turn) % len(connections)]


class SocketMode(Sockets):
    """Everything that is on its way to the app, over whichever of its sockets."""

    def __init__(
        self,
        workspace: Workspace,
        timing: Timing,
        faults: Faults,
        choose: Choose | None = None,
    ) -> None:
        super().__init__(workspace, timing, faults)
        self._choose = choose or at_random()
        self.deliveries: list[Delivery] = []
        """Every try that was made, oldest first."""
        self.stray_acks = 0
        """Acks for nothing that was waited for: late, doubled or made up."""
        self._dispatches: dict[str, list[Dispatch]] = {}
        self._awaiting: dict[str, Dispatch] = {}
        self._parked: list[Dispatch] = []
        self._timers: set[asyncio.TimerHandle] = set()
        self._held: list[str] | None = None

    async def stop(self) -> None:
        """Close every socket; nothing is sent any more."""
        for timer in self._timers:
            timer.cancel()
        await super().stop()

    def _connected(self, connection: Connection) -> None:
        parked, self._parked = self._parked, []
        for dispatch in parked:
            self._stop_timer(dispatch)
            self._send(dispatch, connection)

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
        self._notify()
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
            self._notify()
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
            self._notify()
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
        self._notify()
