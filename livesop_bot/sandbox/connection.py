"""One open socket of the bot: a writer of its own, and the ways in which it can end."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from aiohttp import WSMsgType, web

from livesop_bot.sandbox.deliveries import Delivery

GOODBYE_TIMEOUT = 15.0
"""Seconds that a silent socket stays after the other side wanted to close it."""


class Connection:
    """A socket; frames are written in the order in which they were sent."""

    def __init__(self, connection_id: str, request: web.Request, socket: web.WebSocketResponse):
        self.id = connection_id
        self.silent = False
        """Reads, answers and sends nothing while it stays open."""
        self.leaving = False
        """Was told to disconnect; gets no more envelopes."""
        self._transport = request.transport
        self._socket = socket
        self._outbox: deque[tuple[str, Delivery | None]] = deque()
        self._wake = asyncio.Event()
        self._silenced = asyncio.Event()
        self._gone = asyncio.Event()

    @property
    def takes_envelopes(self) -> bool:
        """Whether Slack would choose it; a silent one still looks healthy from outside."""
        return not self.leaving and not self._socket.closed

    def send(self, frame: str, delivery: Delivery | None = None) -> None:
        """Have a frame written; `delivery` gets the time at which it was."""
        self._outbox.append((frame, delivery))
        self._wake.set()

    async def serve(self, on_frame: Callable[[str], None]) -> None:
        """Write and read until the socket is gone."""
        writer = asyncio.create_task(self._write())
        try:
            await self._read(on_frame)
        finally:
            self._gone.set()
            writer.cancel()
            with suppress(asyncio.CancelledError):
                await writer

    async def _read(self, on_frame: Callable[[str], None]) -> None:
        while True:
            message = await self._socket.receive()
            match message.type:
                case WSMsgType.TEXT if not self.silent:
                    on_frame(message.data)
                case WSMsgType.PING if not self.silent:
                    await self._socket.pong(message.data)
                case WSMsgType.CLOSE:
                    self.leaving = True
                    if self.silent:  # the other side waits in vain for a goodbye
                        with suppress(TimeoutError):
                            await asyncio.wait_for(self._gone.wait(), GOODBYE_TIMEOUT)
                        self.cut()
                    else:
                        await self._socket.close()
                    return
                case WSMsgType.CLOSED | WSMsgType.CLOSING | WSMsgType.ERROR:
                    return
                case _:
                    pass

    async def _write(self) -> None:
        with suppress(ConnectionError):  # the reader notices it too and ends the connection
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._outbox:
                    frame, delivery = self._outbox.popleft()
                    if delivery is not None:
                        delivery.sent_at = time.monotonic()
                    if not self.silent:
                        await self._socket.send_str(frame)

    async def close(self) -> None:
        """Say goodbye as WebSocket has it."""
        self.leaving = True
        self._gone.set()
        await self._socket.close()

    def cut(self) -> None:
        """Drop the TCP connection without a word."""
        self.leaving = True
        self._gone.set()
        if self._transport is not None:
            self._transport.abort()
