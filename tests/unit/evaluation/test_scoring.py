"""Scoring: each figure by hand on a few cases, and within its limits on any."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.evaluation import scoring
from livesop_bot.evaluation.scoring import Case, Rates


def case(expected: str | None, nearest: str | None, confidence: float) -> Case[str]:
    judged = nearest if confidence >= 0.5 else None
    return Case(expected=expected, judged=judged, nearest=nearest, confidence=confidence)


CASES = [
    case("a", "a", 0.9),
    case("a", "b", 0.6),
    case("b", "b", 0.4),
    case(None, "a", 0.7),
    case(None, "b", 0.1),
]
cases = st.lists(
    st.builds(case, st.sampled_from(["a", "b", None]), st.sampled_from("ab"), st.floats(0, 1))
)


def test_accuracy_asks_for_the_nearest_of_those_that_call_for_one() -> None:
    assert scoring.accuracy(CASES) == pytest.approx(2 / 3)


def test_auroc_counts_the_pairs_in_order() -> None:
    assert scoring.auroc(CASES) == pytest.approx(4 / 6)
    assert scoring.auroc([case("a", "a", 0.5), case(None, "a", 0.5)]) == 0.5
    assert scoring.auroc([]) == 0.5


def test_what_is_below_the_threshold_is_out_of_scope() -> None:
    assert scoring.out_of_scope(CASES, 0.5) == Rates(precision=0.5, recall=0.5)
    assert scoring.out_of_scope(CASES, 0.0) == Rates(0.0, 0.0)


def test_what_is_from_the_threshold_on_is_named() -> None:
    found = scoring.named(CASES, 0.65)
    assert (found.precision, found.recall) == pytest.approx((1 / 2, 1 / 3))
    assert found.f1 == pytest.approx(0.4)


def test_the_threshold_at_a_precision_is_the_lowest_that_keeps_it() -> None:
    assert scoring.threshold_at_precision(CASES, 0.98) == 0.9
    assert scoring.threshold_at_precision(CASES, 0.5) == 0.4
    assert scoring.threshold_at_precision(CASES[3:], 0.5) is None
    tied = [case("a", "a", 0.9), case(None, "a", 0.9)]
    assert scoring.threshold_at_precision(tied, 0.98) is None, "both or none are above it"


def test_the_best_threshold_is_where_it_is_worth_most() -> None:
    worth = scoring.best_threshold(CASES, lambda one: scoring.out_of_scope(CASES, one).f1)
    assert worth == 0.4


def test_precision_and_recall_of_each_workflow() -> None:
    assert scoring.per_workflow(CASES) == {
        "a": Rates(precision=0.5, recall=0.5),
        "b": Rates(precision=0.0, recall=0.0),
    }


def test_confusion_counts_what_was_taken_for_what() -> None:
    expected = Counter({("a", "a"): 1, ("a", "b"): 1, ("b", None): 1, (None, "a"): 1})
    assert scoring.confusion(CASES) == expected + Counter({(None, None): 1})


@given(cases, st.floats(0, 1))
def test_every_figure_is_within_0_and_1(found: list[Case[str]], threshold: float) -> None:
    figures = [scoring.accuracy(found), scoring.auroc(found), scoring.calibration_error(found)]
    for rates in (
        scoring.out_of_scope(found, threshold),
        scoring.named(found, threshold),
        *scoring.per_workflow(found).values(),
    ):
        figures += [rates.precision, rates.recall, rates.f1]
    assert all(0 <= figure <= 1 for figure in figures)
