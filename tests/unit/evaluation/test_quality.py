"""How well meaning judges 75 intents, known by ten phrases each: floors, on half of the set.

`make bench` prints the figures on all of it. Limits are chosen on other messages. The floors are
just below what is reached (ADR 9), so that what makes it worse is seen.
"""

import asyncio

import pytest

from bench.judging import intents, judged, recall
from livesop_bot.app.measure import EvaluatorName
from livesop_bot.evaluation.figures import Figures


@pytest.fixture(scope="module")
def found() -> Figures:
    return asyncio.run(judged(EvaluatorName.LOCAL, intents("val")[::2], intents("test")[::2]))


def test_it_finds_what_is_meant(found: Figures) -> None:
    assert found.nearest is not None
    assert found.nearest >= 0.905
    assert found.auroc is not None
    assert found.auroc >= 0.968
    assert found.nothing.f1 >= 0.815
    assert recall(found) >= 0.6


def test_its_confidence_means_what_it_says(found: Figures) -> None:
    assert found.ece is not None
    assert found.ece <= 0.05
