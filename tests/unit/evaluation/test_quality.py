"""How well meaning judges 75 intents, known by ten phrases each: floors, on a third of the set.

`make bench` prints the figures on all of it. Thresholds are chosen on other messages.
"""

import pytest

from bench.judging import Quality, judged, lines, quality, workflows
from livesop_bot.evaluation.semantic_evaluator import SemanticEvaluator


@pytest.fixture(scope="module")
def figures() -> Quality:
    evaluator, intents = SemanticEvaluator(), workflows(lines("train"))
    chosen_on = judged(evaluator, intents, lines("val")[::3])
    return quality(chosen_on, judged(evaluator, intents, lines("test")[::3]))


@pytest.mark.parametrize(
    ("figure", "least"),
    [("accuracy", 0.88), ("auroc", 0.955), ("out_of_scope_f1", 0.77), ("recall", 0.45)],
)
def test_it_finds_what_is_meant(figures: Quality, figure: str, least: float) -> None:
    assert getattr(figures, figure) >= least, figures


def test_its_confidence_means_what_it_says(figures: Quality) -> None:
    assert figures.calibration_error <= 0.05
