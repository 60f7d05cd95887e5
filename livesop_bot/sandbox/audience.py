"""Who hears of changes: the bot's events, the pages, and tests that wait for something."""

import asyncio
from collections.abc import Callable

from livesop_bot.sandbox.changes import Change


class Audience:
    """Whoever listens is called for every change, in order."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[Change], None]] = []

    def listen(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Call `listener` for every change from now on; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _announce(self, change: Change) -> None:
        for listener in tuple(self._listeners):
            listener(change)

    async def wait_for_change(
        self,
        predicate: Callable[[Change], bool],
        timeout: float = 20.0,
    ) -> Change:
        """The next change that `predicate` accepts. Raises TimeoutError."""
        found: asyncio.Future[Change] = asyncio.get_running_loop().create_future()

        def look(change: Change) -> None:
            if not found.done() and predicate(change):
                found.set_result(change)

        stop = self.listen(look)
        try:
            async with asyncio.timeout(timeout):
                return await found
        finally:
            stop()
