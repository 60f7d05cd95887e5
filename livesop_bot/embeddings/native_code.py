"""Native code in threads: the process does not end under it.

A daemon thread that comes back from C++ into an interpreter that has ended takes the whole process
down (SIGABRT), also where everything was done and well.
"""

import atexit
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

_PATIENCE_S = 10.0
"""How long the end of the process waits at most."""


class ProcessEnding(RuntimeError):
    """There is no call any more: the process is ending."""


class NativeCode:
    """Counts the calls under way. From the end of the process on there are no more."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._under_way = 0
        self._ended = False
        atexit.register(self.end)

    @contextmanager
    def call(self) -> Iterator[None]:
        """Surround a call. Raises ProcessEnding at the end of the process."""
        with self._changed:
            if self._ended:
                raise ProcessEnding("the process is ending")
            self._under_way += 1
        try:
            yield
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()

    def end(self) -> None:
        """Let no more begin, and wait for those under way."""
        with self._changed:
            self._ended = True
            self._changed.wait_for(lambda: not self._under_way, _PATIENCE_S)
