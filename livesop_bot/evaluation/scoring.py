"""How good judgements are, against what they should have been. Pure; knows no evaluator."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from livesop_bot.evaluation.calibration import expected_calibration_error

Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case(Generic[Name]):
    """One judged message.

    `expected` is the workflow that it calls for, None for none; `judged` the one that was named;
    `nearest` the one that came closest, named or not; `confidence` is that `nearest` is right.
    """

    expected: Name | None
    judged: Name | None
    nearest: Name | None
    confidence: float

    @property
    def is_right(self) -> bool:
        """Whether the nearest workflow is the expected one."""
        return self.expected is not None and self.nearest == self.expected


@dataclass(frozen=True, slots=True)
class Rates:
    """Precision, recall and their harmonic mean, each 0..1; 0 where there is nothing to divide."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def accuracy(cases: Sequence[Case[Name]]) -> float:
    """Of the messages that call for a workflow: the share whose nearest workflow it is."""
    wanted = [case for case in cases if case.expected is not None]
    return _share(sum(case.is_right for case in wanted), len(wanted))


def auroc(cases: Sequence[Case[Name]]) -> float:
    """The chance that a message that calls for a workflow gets more confidence than one that
    calls for none; ties count half. 0.5 where one of the two is missing.
    """
    inside = sorted(case.confidence for case in cases if case.expected is not None)
    outside = [case.confidence for case in cases if case.expected is None]
    if not inside or not outside:
        return 0.5
    wins = sum(
        2 * len(inside) - bisect_left(inside, one) - bisect_right(inside, one) for one in outside
    )
    return wins / (2 * len(inside) * len(outside))


def out_of_scope(cases: Sequence[Case[Name]], threshold: float) -> Rates:
    """How well confidence below the threshold tells messages that call for none."""
    below = [case for case in cases if case.confidence < threshold]
    found = sum(case.expected is None for case in below)
    return Rates(
        _share(found, len(below)), _share(found, sum(case.expected is None for case in cases))
    )


def named(cases: Sequence[Case[Name]], threshold: float) -> Rates:
    """How right the nearest workflow is from the threshold on, and how many it finds."""
    above = [case for case in cases if case.confidence >= threshold]
    right = sum(case.is_right for case in above)
    return Rates(
        _share(right, len(above)), _share(right, sum(case.expected is not None for case in cases))
    )


def best_threshold(cases: Sequence[Case[Name]], worth: Callable[[float], float]) -> float:
    """The confidence of some case at which `worth` is greatest; the lowest of those."""
    thresholds = sorted({case.confidence for case in cases})
    return max(thresholds, key=lambda threshold: (worth(threshold), -threshold), default=0.0)


def threshold_at_precision(cases: Sequence[Case[Name]], precision: float) -> float | None:
    """The lowest confidence from which the nearest workflow is that often right, if any."""
    ordered = sorted(cases, key=lambda case: -case.confidence)
    found, right = None, 0
    for number, case in enumerate(ordered, start=1):
        right += case.is_right
        last = number == len(ordered) or ordered[number].confidence < case.confidence
        if last and right >= precision * number:
            found = case.confidence
    return found


def calibration_error(cases: Sequence[Case[Name]]) -> float:
    """How far confidence and the share that is right are apart on average, 0..1."""
    return expected_calibration_error(
        [case.confidence for case in cases], [case.is_right for case in cases]
    )


def per_workflow(cases: Sequence[Case[Name]]) -> dict[Name, Rates]:
    """Precision and recall of each workflow that was expected or judged, as it was judged."""
    expected = Counter(case.expected for case in cases)
    judged = Counter(case.judged for case in cases)
    right = Counter(case.judged for case in cases if case.judged == case.expected)
    return {
        name: Rates(_share(right[name], judged[name]), _share(right[name], expected[name]))
        for name in [*expected, *(name for name in judged if name not in expected)]
        if name is not None
    }


def confusion(cases: Sequence[Case[Name]]) -> Counter[tuple[Name | None, Name | None]]:
    """How often each (expected, judged) came up."""
    return Counter((case.expected, case.judged) for case in cases)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
