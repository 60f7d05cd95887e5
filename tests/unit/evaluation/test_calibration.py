"""Calibration: never falls, stays within 0..1, follows many outcomes, and keeps a prior."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.evaluation.calibration import Calibration, fit

numbers = st.floats(-1e6, 1e6)
outcomes = st.lists(st.tuples(st.floats(-30, 30), st.booleans()), max_size=60)


@given(outcomes, numbers, numbers)
def test_more_score_is_never_less_confidence(
    found: list[tuple[float, bool]], one: float, other: float
) -> None:
    calibration = fit([score for score, _ in found], [right for _, right in found])
    low, high = sorted((one, other))
    assert 0 <= calibration.confidence(low) <= calibration.confidence(high) <= 1


def test_without_outcomes_the_prior_stays() -> None:
    prior = Calibration(2.0, -1.0)
    assert fit([], [], prior) == prior


def test_with_many_outcomes_it_means_what_it_says() -> None:
    chance = random.Random(7)  # noqa: S311
    scores = [chance.uniform(-6, 6) for _ in range(4000)]
    right = [chance.random() < 1 / (1 + math.exp(-(0.5 * score - 1))) for score in scores]
    calibration = fit(scores, right)
    assert (calibration.slope, calibration.offset) == pytest.approx((0.5, -1), abs=0.15)


def test_a_few_outcomes_move_it_a_little() -> None:
    prior = Calibration(1.0, 0.0)
    assert 0.5 < fit([2.0] * 3, [False] * 3, prior).confidence(2.0) < prior.confidence(2.0)


def test_a_slope_that_falls_is_refused() -> None:
    with pytest.raises(ValueError, match="slope"):
        Calibration(slope=0.0)
