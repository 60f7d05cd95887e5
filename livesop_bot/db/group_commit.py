"""Group commit: what arrives while one write is under way is written together by the next."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Generic, Self, TypeAlias, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_Batch: TypeAlias = list[tuple[Item, asyncio.Future[Result]]]

_AT_A_TIME = 50
"""Submitters that go on in one turn of the loop, so that a large batch does not take it whole."""


class GroupCommit(Generic[Item, Result]):
    """Turns single submits into batches, one batch at a time, in the order of arrival.

    `commit` gets at most `limit` items and answers one result an item. What it raises is raised
    to every submitter of that batch. A submitter that is cancelled does not stop the batch.
    """

    def __init__(
        self, commit: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]], *, limit: int
    ) -> None:
        self._commit = commit
        self._limit = limit
        self._waiting: _Batch[Item, Result] = []
        self._writer: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    def __len__(self) -> int:
        """How many items wait for a batch to take them."""
        return len(self._waiting)

    async def idle(self, timeout: float) -> None:
        """Wait until nothing is being written, for at most `timeout` seconds.

        Whoever waits goes on one at a time, a turn of the event loop each: items that come
        meanwhile hold up the others again.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout), self._turn:
                if self._writer is not None:
                    await asyncio.wait({self._writer})
                await asyncio.sleep(0)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._writer is not None:
            await self._writer

    def submit(self, item: Item) -> asyncio.Future[Result]:
        """Queue an item for the next batch; the future resolves once that batch is durable."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._writer is None:
            # A task starts on the loop's next turn, so all that arrived in this turn is in it.
            self._writer = asyncio.create_task(self._write())
        return future

    async def _write(self) -> None:
        try:
            written: tuple[_Batch[Item, Result], Sequence[Result] | Exception] | None = None
            while self._waiting or written:
                # The next write begins before the submitters of the last one go on.
                batch, self._waiting = self._waiting[: self._limit], self._waiting[self._limit :]
                writing = asyncio.create_task(self._outcome(batch)) if batch else None
                if written:
                    await _resolve(*written)
                written = (batch, await writing) if writing else None
        finally:
            self._writer = None

    async def _outcome(self, batch: _Batch[Item, Result]) -> Sequence[Result] | Exception:
        try:
            return await self._commit([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001  handed on to each submitter
            return error


async def _resolve(batch: _Batch[Item, Result], outcome: Sequence[Result] | Exception) -> None:
    for number, (_, future) in enumerate(batch):
        if number and number % _AT_A_TIME == 0:
            await asyncio.sleep(0)
        if future.done():  # cancelled
            continue
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome[number])
