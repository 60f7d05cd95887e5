"""The sockets: so many connections to Slack, kept up, and replaced where the SDK's client hangs."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

import structlog
from aiohttp import ClientWebSocketResponse

from livesop_bot.metrics import Metrics
from livesop_bot.slack.client import SocketClient
from livesop_bot.stopping import pause

log = structlog.get_logger()

_GOODBYE = 2.0
"""Seconds that Slack has to answer a socket's close."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How the sockets are watched, in seconds.

    `replace_after`: the SDK's client recovers from most losses within a few ping intervals, but
    can also wedge for good (it asks for no new URL while it retries an expired one). Replacing
    it too early leaves connection attempts behind.
    """

    ping_interval: float = 5.0
    look_every: float = 1.0
    replace_after: float = 45.0


class Sockets:
    """Runs `wanted` clients until told to stop."""

    def __init__(
        self,
        make_client: Callable[[], SocketClient],
        *,
        wanted: int,
        metrics: Metrics,
        patience: Patience = Patience(),
    ) -> None:
        self._make_client = make_client
        self._metrics = metrics
        self._patience = patience
        self._connected = [False] * wanted

    @property
    def wanted(self) -> int:
        """How many connections there should be."""
        return len(self._connected)

    @property
    def connected(self) -> int:
        """How many there were at the last look."""
        return sum(self._connected)

    async def run(self, stop: asyncio.Event) -> None:
        """Keep the connections until `stop`, then close them."""
        async with asyncio.TaskGroup() as group:
            for place in range(self.wanted):
                group.create_task(self._keep(place, stop))

    async def _keep(self, place: int, stop: asyncio.Event) -> None:
        while not stop.is_set():
            client = self._make_client()
            # Never ends by itself while Slack refuses: it retries for ever.
            connecting = asyncio.create_task(client.connect())  # type: ignore[no-untyped-call]
            try:
                await self._watch(client, place, stop)
            finally:
                connecting.cancel()
                self._note(place, up=False)
                await _close(client)
                await asyncio.wait({connecting})
            if not stop.is_set():
                self._metrics.reconnects.labels("wedged").inc()
                log.warning("socket.replaced", place=place)

    async def _watch(self, client: SocketClient, place: int, stop: asyncio.Event) -> None:
        """Return when `stop` is set, or when the client was down for too long."""
        last_up = monotonic()
        session: ClientWebSocketResponse | None = None
        refreshes = 0
        while not stop.is_set():
            up = await client.is_connected()
            if up:
                last_up = monotonic()
                if client.current_session is not session:
                    if session is not None:  # it may have been down between two looks
                        cause = "lost" if client.refreshes == refreshes else "refresh"
                        self._metrics.reconnects.labels(cause).inc()
                    session, refreshes = client.current_session, client.refreshes
            elif monotonic() - last_up > self._patience.replace_after:
                return
            self._note(place, up=up)
            await pause(stop, self._patience.look_every if up else self._patience.look_every / 10)

    def _note(self, place: int, *, up: bool) -> None:
        if self._connected[place] == up:
            return
        self._connected[place] = up
        self._metrics.sockets.set(self.connected)
        if up:
            log.info("socket.connected", place=place, connected=self.connected)
        else:
            log.info("socket.down", place=place, connected=self.connected)


async def _close(client: SocketClient) -> None:
    """Say goodbye, and hang up where that is not answered: a dead line must not hold up the end."""
    for limit in (_GOODBYE, None):  # the second time there is nothing to wait for
        try:
            async with asyncio.timeout(limit):
                await client.close()  # type: ignore[no-untyped-call]
            return
        except TimeoutError:
            log.info("socket.hung_up")
        except Exception:  # another takes its place, or it is the end
            log.exception("socket.not_closed")
