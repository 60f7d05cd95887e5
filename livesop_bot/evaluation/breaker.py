"""A circuit breaker: while a service is away, its time-out is not paid for every message."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from livesop_bot.errors import EvaluatorAway, EvaluatorBroken, EvaluatorRefused, QuestionRefused

log = structlog.get_logger()

_PAUSE = 30.0
_FORGOTTEN = 600.0
_MOST_FAILURES = 3


class Breaker:
    """Lets calls through until `most_failures` in a row found the service away.

    Then it holds them back for `pause` seconds, or for as long as the service asked, and lets a
    single one through after that to see. A service that refuses us (key, model, credit) is not
    asked for as long either. Times are in seconds of `clock`.
    """

    def __init__(
        self,
        *,
        most_failures: int = _MOST_FAILURES,
        pause: float = _PAUSE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most_failures = most_failures
        self._pause = pause
        self._clock = clock
        self._failures = 0
        self._open_until = 0.0
        self._error: EvaluatorAway | EvaluatorRefused | None = None

    @property
    def problem(self) -> str:
        """Why calls are held back, for people, until one goes through; empty where none are.

        It is forgotten after a while without any call: what nobody tried is not known to fail.
        """
        if self._error is None or self._clock() > self._open_until + _FORGOTTEN:
            return ""
        return str(self._error)

    def check(self) -> None:
        """Raise what the last call raised where calls are held back; lets nothing through."""
        left = self._open_until - self._clock()
        if self._error is None or left <= 0:
            return
        if isinstance(self._error, EvaluatorRefused):
            raise EvaluatorRefused(str(self._error))
        raise EvaluatorAway(str(self._error), retry_after=left)

    @contextmanager
    def call(self) -> Iterator[None]:
        """Enclose a call. Raises as check() does."""
        self.check()
        probing = self._error is not None
        if probing:
            self._open_until = self._clock() + self._pause  # others wait for what this one finds
        try:
            yield
        except QuestionRefused:
            self._close()  # nobody's message may silence the model for others
            raise
        except EvaluatorRefused as error:
            self._hold(error, self._pause)
            raise
        except EvaluatorAway as error:
            self._failures += 1
            if probing or self._failures >= self._most_failures or error.retry_after is not None:
                self._hold(error, error.retry_after or self._pause)
            raise
        except EvaluatorBroken:
            self._close()  # it answered, if badly
            raise
        except BaseException:
            # Cut off, or a fault of ours: it says nothing about the service.
            if probing:
                self._open_until = self._clock()
            raise
        self._close()

    def _close(self) -> None:
        if self._error is not None:
            log.info("model.back")
        self._failures, self._error = 0, None

    def _hold(self, error: EvaluatorAway | EvaluatorRefused, seconds: float) -> None:
        if self._error is None:
            log.warning("model.held_back", reason=str(error), seconds=round(seconds, 1))
        self._error = error
        self._open_until = self._clock() + seconds
