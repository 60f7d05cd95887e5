"""The breaker: an outage is paid for a few times, and not by every message."""

from collections.abc import MutableMapping
from typing import Any

import pytest

from livesop_bot.errors import EvaluatorAway, EvaluatorBroken, EvaluatorRefused, QuestionRefused
from livesop_bot.evaluation.breaker import Breaker


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(most_failures=3, pause=30, clock=clock)


def fail(breaker: Breaker, error: BaseException) -> bool:
    """Whether a call was let through, to fail with the error."""
    asked = False
    try:
        with breaker.call():
            asked = True
            raise error
    except type(error):
        return asked


def is_open(breaker: Breaker) -> bool:
    try:
        breaker.check()
    except (EvaluatorAway, EvaluatorRefused):
        return True
    return False


def test_failures_in_a_row_hold_calls_back_for_a_while(
    breaker: Breaker, clock: Clock, log_events: list[MutableMapping[str, Any]]
) -> None:
    away = EvaluatorAway("it is away")
    assert [fail(breaker, away) for _ in range(4)] == [True, True, True, False]
    with pytest.raises(EvaluatorAway, match="it is away") as held, breaker.call():
        pass
    assert held.value.retry_after == 30
    assert breaker.problem == "it is away"
    clock.now += 700
    assert breaker.problem == "", "nobody tried for long"
    clock.now -= 670
    with breaker.call():
        assert not fail(breaker, away), "one looks, the others wait for what it finds"
    assert breaker.problem == ""
    with breaker.call():
        pass
    assert [event["event"] for event in log_events] == ["model.held_back", "model.back"]


def test_a_probe_that_fails_holds_back_at_once(breaker: Breaker, clock: Clock) -> None:
    for _ in range(3):
        fail(breaker, EvaluatorAway("away"))
    clock.now += 30
    assert fail(breaker, EvaluatorAway("still away"))
    assert is_open(breaker)
    assert breaker.problem == "still away"


def test_a_probe_that_is_cut_off_lets_the_next_one_look(breaker: Breaker, clock: Clock) -> None:
    for _ in range(3):
        fail(breaker, EvaluatorAway("away"))
    clock.now += 30
    assert fail(breaker, KeyboardInterrupt())
    with breaker.call():
        pass
    assert not is_open(breaker)


def test_a_question_that_is_refused_holds_back_no_other(breaker: Breaker) -> None:
    for _ in range(5):
        assert fail(breaker, QuestionRefused("not this one"))


def test_an_answer_in_between_counts_anew(breaker: Breaker) -> None:
    for _ in range(2):
        fail(breaker, EvaluatorAway("away"))
    fail(breaker, EvaluatorBroken("an answer, if a bad one"))
    for _ in range(2):
        fail(breaker, EvaluatorAway("away"))
    assert not is_open(breaker)


@pytest.mark.parametrize(
    ("error", "seconds"),
    [(EvaluatorAway("busy", retry_after=7), 7), (EvaluatorRefused("the key was refused"), 30)],
)
def test_who_asks_to_wait_or_refuses_is_left_alone_at_once(
    breaker: Breaker, clock: Clock, error: Exception, seconds: float
) -> None:
    fail(breaker, error)
    with pytest.raises(type(error), match=str(error)):
        breaker.check()
    clock.now += seconds
    assert not is_open(breaker)
