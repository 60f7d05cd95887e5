"""Group commit: what arrives while one write is under way is written together by the next."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Generic, Self, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


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
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._writer: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        """How many items wait for a batch to take them."""
        return len(self._waiting)

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
            while self._waiting:
                batch, self._waiting = (
                    self._waiting[: self._limit],
                    self._waiting[self._limit :],
                )
                try:
                    results = await self._commit([item for item, _ in batch])
                except Exception as error:  # noqa: BLE001  handed on to each submitter
                    for _, future in batch:
                        if not future.done():
                            future.set_exception(error)
                else:
                    for (_, future), result in zip(batch, results, strict=True):
                        if not future.done():
                            future.set_result(result)
        finally:
            self._writer = None
