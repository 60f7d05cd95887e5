"""Calls made together: each gets its own answers, in one call for all that waited."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from livesop_bot.embeddings.together import Together


class Slow:
    """Doubles numbers; its first call goes on only once so many others wait for the next."""

    def __init__(self, others: int, most: int = 100) -> None:
        self.calls: list[list[int]] = []
        self.began = Event()
        self._others = others
        self.together = Together[int, int](self._double, turns=1, most=most)

    def _double(self, numbers: Sequence[int]) -> Sequence[int]:
        self.calls.append(list(numbers))
        if len(self.calls) == 1:
            self.began.set()
            self._until(lambda: self.together.waiting == self._others)
        if 13 in numbers:
            raise ValueError("thirteen")
        return [2 * number for number in numbers]

    @staticmethod
    def _until(condition: Callable[[], bool]) -> None:
        never = Event()
        while not condition():
            never.wait(0.001)


def test_a_call_alone_is_made_at_once() -> None:
    slow = Slow(others=0)
    assert slow.together.ask([1, 2]) == [2, 4]
    assert slow.together.ask([]) == []
    assert slow.calls == [[1, 2], []]


def test_what_comes_while_a_call_is_under_way_is_asked_together() -> None:
    slow = Slow(others=3)
    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(slow.together.ask, [1])
        slow.began.wait()
        others = [threads.submit(slow.together.ask, [n, n + 1]) for n in (10, 20, 30)]
    assert first.result() == [2]
    assert [other.result() for other in others] == [[20, 22], [40, 42], [60, 62]]
    assert slow.calls[0] == [1]
    assert sorted(slow.calls[1]) == [10, 11, 20, 21, 30, 31]


def test_no_call_is_longer_than_it_may_be_but_one_threads_own() -> None:
    slow = Slow(others=3, most=3)
    with ThreadPoolExecutor(4) as threads:
        threads.submit(slow.together.ask, [1])
        slow.began.wait()
        others = [threads.submit(slow.together.ask, [n] * 2) for n in (10, 20)]
        others.append(threads.submit(slow.together.ask, [5] * 7))
    assert [other.result() for other in others] == [[20] * 2, [40] * 2, [10] * 7]
    assert all(len(set(call)) == 1 for call in slow.calls)


def test_an_error_goes_to_all_who_asked_and_to_nobody_else() -> None:
    slow = Slow(others=2)
    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(slow.together.ask, [1])
        slow.began.wait()
        others = [threads.submit(slow.together.ask, [n]) for n in (12, 13)]
    assert first.result() == [2]
    for other in others:
        with pytest.raises(ValueError, match="thirteen"):
            other.result()
    assert slow.together.ask([14]) == [28]
