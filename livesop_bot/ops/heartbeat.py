"""The heartbeat: how late the event loop runs what it was asked to run."""

import asyncio
from types import TracebackType
from typing import Self

from prometheus_client import Gauge

_PERIOD = 0.5


class Heartbeat:
    """Beats twice a second on the running loop and sets `gauge` to the lag in seconds."""

    def __init__(self, gauge: Gauge) -> None:
        self._gauge = gauge
        self._last = 0.0
        self._due = 0.0
        self._next: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        self._schedule(asyncio.get_running_loop())
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._next is not None:
            self._next.cancel()

    @property
    def lag(self) -> float:
        """Seconds that the last beat came late, or that the next one is late by now."""
        overdue = asyncio.get_running_loop().time() - self._due
        return max(self._last, overdue, 0.0)

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        self._due = loop.time() + _PERIOD
        self._next = loop.call_at(self._due, self._beat, loop)

    def _beat(self, loop: asyncio.AbstractEventLoop) -> None:
        self._last = max(0.0, loop.time() - self._due)
        self._gauge.set(self._last)
        self._schedule(loop)
