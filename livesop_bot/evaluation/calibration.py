"""Confidence that means what it says: of judgements at 0.9, nine in ten are right."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_LEAST_SLOPE = 0.1
_STEPS = 50
_TRUST = 4.0
"""How strongly the prior holds: a team's own verdicts move it as far as they are many."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A line from a score to the log odds of being right (Platt, 1999); it never falls."""

    slope: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        if not self.slope > 0:
            raise ValueError(f"slope must be above 0, not {self.slope}")

    def confidence(self, score: float) -> float:
        """The share of judgements with such a score that are right, 0..1."""
        return _logistic(self.slope * score + self.offset)


def fit(
    scores: Sequence[float], right: Sequence[bool], prior: Calibration | None = None
) -> Calibration:
    """The calibration that the outcomes make likeliest, given what was believed before.

    The prior is as good as a few outcomes: without any it stays as it is, with many it is gone.
    """
    prior = prior or Calibration()
    slope, offset = prior.slope, prior.offset
    for _ in range(_STEPS):
        # Newton's method on the negative log likelihood, and a normal prior on both numbers.
        first_slope, first_offset = _TRUST * (slope - prior.slope), _TRUST * (offset - prior.offset)
        second_slope, second_offset, mixed = _TRUST, _TRUST, 0.0
        for score, outcome in zip(scores, right, strict=True):
            likely = _logistic(slope * score + offset)
            error, weight = likely - outcome, likely * (1 - likely)
            first_slope += error * score
            first_offset += error
            second_slope += weight * score * score
            second_offset += weight
            mixed += weight * score
        determinant = second_slope * second_offset - mixed * mixed
        step_slope = (second_offset * first_slope - mixed * first_offset) / determinant
        step_offset = (second_slope * first_offset - mixed * first_slope) / determinant
        size = max(1.0, abs(step_slope), abs(step_offset))  # so that no step jumps too far
        slope = max(_LEAST_SLOPE, slope - step_slope / size)
        offset -= step_offset / size
        if max(abs(step_slope), abs(step_offset)) < 1e-9:
            break
    return Calibration(slope, offset)


def _logistic(odds: float) -> float:
    if odds >= 0:
        return 1 / (1 + math.exp(-odds))
    small = math.exp(max(odds, -700.0))
    return small / (1 + small)
