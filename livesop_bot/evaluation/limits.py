"""Limits: from which confidence on an evaluator is worth hearing, chosen on labelled messages.

Figures are taken on other messages than those that the limits were chosen on.
"""

from collections.abc import Sequence

from livesop_bot.evaluation.figures import Outcome


def limit_for_silence(outcomes: Sequence[Outcome]) -> float:
    """The confidence from which on to propose, so that silence is right most often (by its F1)."""
    ordered = sorted(outcomes, key=lambda outcome: outcome.confidence)
    silent = sum(outcome.case.expected is None for outcome in outcomes)
    best, limit, right = -1.0, 0.0, 0
    for number, outcome in enumerate(ordered):  # it is the first that is proposed
        # Of equal confidence, only the first is a place to cut.
        if number == 0 or ordered[number - 1].confidence < outcome.confidence:
            f1 = 2 * right / max(1, number + silent)
            if f1 > best:
                best, limit = f1, outcome.confidence
        right += outcome.case.expected is None
    return limit


def limit_at_precision(outcomes: Sequence[Outcome], precision: float) -> float | None:
    """The lowest confidence from which on that share of what is named is right, if there is one."""
    named = sorted((o for o in outcomes if o.named is not None), key=lambda o: -o.confidence)
    found, right = None, 0
    for number, outcome in enumerate(named, start=1):
        right += outcome.is_right(0)
        last = number == len(named) or named[number].confidence < outcome.confidence
        if last and right >= precision * number:
            found = outcome.confidence
    return found
