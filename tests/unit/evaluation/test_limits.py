"""Limits, by hand on a few messages, and against trying every confidence on any."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.domain.evaluations import Usage
from livesop_bot.domain.verdicts import Labelled
from livesop_bot.evaluation.figures import Outcome, figures
from livesop_bot.evaluation.limits import limit_at_precision, limit_for_silence


def outcome(expected: str | None, named: str, confidence: float) -> Outcome:
    return Outcome(
        case=Labelled(name="line 1", text="x", expected=expected),
        named=named,
        nearest=named,
        confidence=confidence,
        evaluator="e",
        usage=Usage(),
        latency_ms=1,
    )


FIVE = [
    outcome("a", "a", 0.9),
    outcome("a", "b", 0.6),
    outcome("b", "b", 0.4),
    outcome(None, "a", 0.7),
    outcome(None, "b", 0.1),
]


def test_silence_is_best_where_it_is_right_most_often() -> None:
    assert limit_for_silence(FIVE) == 0.4
    assert limit_for_silence([]) == 0.0


def test_the_limit_at_a_precision_is_the_lowest_that_keeps_it() -> None:
    assert limit_at_precision(FIVE, 0.98) == 0.9
    assert limit_at_precision(FIVE, 0.5) == 0.4
    assert limit_at_precision(FIVE[3:], 0.5) is None
    tied = [outcome("a", "a", 0.9), outcome(None, "a", 0.9)]
    assert limit_at_precision(tied, 0.98) is None, "both or none are above it"


some = st.lists(
    st.builds(
        outcome,
        st.sampled_from(["a", "b", None]),
        st.sampled_from("ab"),
        st.sampled_from([0.1, 0.35, 0.5, 0.8, 1.0]),
    ),
    min_size=1,
)


@given(some)
def test_no_other_confidence_makes_silence_better(outcomes: list[Outcome]) -> None:
    def f1(limit: float) -> float:
        return figures(outcomes, propose=limit, auto=1).nothing.f1

    best = max(f1(each.confidence) for each in outcomes)
    assert f1(limit_for_silence(outcomes)) == pytest.approx(best)


@given(some)
def test_from_the_limit_on_the_precision_holds(outcomes: list[Outcome]) -> None:
    limit = limit_at_precision(outcomes, 0.75)
    if limit is not None:
        found = figures(outcomes, propose=limit, auto=limit)
        assert found.started_right >= 0.75 * found.started
