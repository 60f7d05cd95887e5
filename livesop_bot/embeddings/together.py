"""Calls of many threads, made together: cheaper where one call can do the work of several."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Lock, Semaphore
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting(Generic[Asked, Answer]):
    asked: Sequence[Asked]
    answers: Future[Sequence[Answer]] = field(default_factory=Future)


class Together(Generic[Asked, Answer]):
    """Makes one call for all that wait, first come first served; safe to use from any thread.

    Nobody waits for company: who comes while there is a free turn calls at once, and the next turn
    takes what came meanwhile, up to `most` things or one thread's. `call` gives an answer to each
    thing asked, in order. What it raises, all get whose call it was.
    """

    def __init__(
        self, call: Callable[[Sequence[Asked]], Sequence[Answer]], *, turns: int, most: int
    ) -> None:
        self._call = call
        self._most = most
        self._turns = Semaphore(turns)
        self._lock = Lock()
        self._waiting: list[_Waiting[Asked, Answer]] = []

    @property
    def waiting(self) -> int:
        """How many threads wait for a turn, with nobody at work on what they ask."""
        return len(self._waiting)

    def ask(self, asked: Sequence[Asked]) -> Sequence[Answer]:
        """Give an answer to each; blocks."""
        mine: _Waiting[Asked, Answer] = _Waiting(asked)
        with self._lock:
            self._waiting.append(mine)
        while not self._is_taken(mine):
            with self._turns:
                if not self._is_taken(mine):
                    self._make(self._take())
        return mine.answers.result()

    def _is_taken(self, mine: _Waiting[Asked, Answer]) -> bool:
        with self._lock:
            return mine not in self._waiting

    def _take(self) -> Sequence[_Waiting[Asked, Answer]]:
        with self._lock:
            taken, things = 0, 0
            for each in self._waiting:
                things += len(each.asked)
                if taken and things > self._most:
                    break
                taken += 1
            group, self._waiting = self._waiting[:taken], self._waiting[taken:]
            return group

    def _make(self, group: Sequence[_Waiting[Asked, Answer]]) -> None:
        try:
            answers = self._call([one for each in group for one in each.asked])
        except BaseException as error:  # noqa: BLE001  raised again, where it is waited for
            for each in group:
                each.answers.set_exception(error)
            return
        at = 0
        for each in group:
            each.answers.set_result(answers[at : at + len(each.asked)])
            at += len(each.asked)
