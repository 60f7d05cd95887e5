"""The app's sockets: tickets, handshakes, and the ways in which a socket ends."""

import asyncio
import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from uuid import uuid4

from aiohttp import web

from livesop_bot.sandbox.connection import Connection
from livesop_bot.sandbox.faults import Faults
from livesop_bot.sandbox.timing import Timing
from livesop_bot.sandbox.wire import new_id
from livesop_bot.sandbox.workspace import Workspace

MAX_CONNECTIONS = 10


class Sockets(ABC):
    """All sockets of the app; what travels over them is the subclass's affair."""

    def __init__(self, workspace: Workspace, timing: Timing, faults: Faults) -> None:
        self._workspace, self._timing, self._faults = workspace, timing, faults
        self.connections: dict[str, Connection] = {}
        """Those that are there, whether they still get envelopes or not."""
        self.opened = 0
        """How many were opened so far."""
        self.on_connections: list[Callable[[int], None]] = []
        """Called with the number of open sockets whenever it may have changed."""
        self._tickets: dict[str, float] = {}
        self._waiters: dict[asyncio.Future[None], Callable[[], bool]] = {}
        self._closing: set[asyncio.Task[None]] = set()

    @abstractmethod
    def _connected(self, connection: Connection) -> None:
        """A socket was opened and greeted."""

    @abstractmethod
    def _received(self, frame: str) -> None:
        """The app sent a frame."""

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
        connection.silent = self._faults.silent_sockets
        if len(self.open) >= MAX_CONNECTIONS:
            connection.leaving = True
            await socket.send_str(_disconnect_frame("too_many_websockets"))
            await socket.close()
            return socket
        self.connections[connection.id] = connection
        self.opened += 1
        connection.send(self._hello())
        self._connections_changed()
        self._connected(connection)
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

    async def until(self, condition: Callable[[], bool], timeout: float = 10.0) -> None:
        """Until the condition holds; asked again after each delivery, ack and socket event.

        Raises TimeoutError.
        """
        if condition():
            return
        held: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters[held] = condition
        try:
            async with asyncio.timeout(timeout):
                await held
        finally:
            del self._waiters[held]

    async def wait_for_connections(self, count: int, timeout: float = 10.0) -> None:
        """Until at least so many sockets are open; for 0, until none is. Raises TimeoutError."""
        await self.until(
            lambda: len(self.open) >= count if count else not self.open,
            timeout,
        )

    def _notify(self) -> None:
        for held, condition in self._waiters.items():
            if not held.done() and condition():
                held.set_result(None)

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
        self._notify()
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
        """Close every socket."""
        for task in self._closing:
            task.cancel()
        await asyncio.gather(*self._closing, return_exceptions=True)
        for connection in tuple(self.connections.values()):
            if connection.silent:
                connection.cut()
            else:
                await connection.close()


def _disconnect_frame(reason: str) -> str:
    return json.dumps({"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}})
