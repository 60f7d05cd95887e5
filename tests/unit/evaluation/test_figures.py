"""Figures against ones that were worked out by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.domain.evaluations import Usage
from livesop_bot.domain.verdicts import Labelled
from livesop_bot.evaluation.figures import (
    NOTHING,
    Bin,
    Figures,
    Outcome,
    SopFigures,
    compare,
    figures,
    mcnemar,
)


def outcome(
    expected: str | None,
    named: str | None,
    confidence: float,
    *,
    nearest: str | None = None,
    latency: float = 1.0,
    refused: frozenset[str] = frozenset(),
    is_answered: bool = True,
    problem: str = "",
) -> Outcome:
    return Outcome(
        case=Labelled(
            name="line 1", text="x", expected=expected, is_answered=is_answered, refused=refused
        ),
        named=named,
        nearest=named or nearest,
        confidence=confidence,
        evaluator="e",
        usage=Usage(prompt_tokens=10, completion_tokens=2, cost_usd=0.001),
        latency_ms=latency,
        problem=problem,
    )


def of(*outcomes: Outcome) -> Figures:
    return figures(outcomes, propose=0.5, auto=0.9)


TEN = (
    outcome("a", "a", 0.95, latency=10),
    outcome("a", "a", 0.65, latency=9),
    outcome("a", "a", 0.40, latency=8),  # right, but below the limit: silent
    outcome("a", "b", 0.62, latency=7),
    outcome("b", "b", 0.91, latency=6),
    outcome("b", None, 0.30, latency=5),
    outcome(None, None, 0.10, latency=4),
    outcome(None, "b", 0.93, latency=3),
    outcome(None, "a", 0.45, latency=2),  # wrong, but below the limit: silent
    outcome(None, None, 0.40, latency=1),
)


def test_accuracy_counts_what_people_would_see() -> None:
    found = of(*TEN)
    assert (found.messages, found.right, found.accuracy) == (10, 6, 0.6)
    # Wilson: (0.6 + 0.19208) / 1.38416 ± 1.96 * sqrt(0.024 + 0.0096040) / 1.38416
    assert found.accuracy_range == pytest.approx((0.3127, 0.8318), abs=0.0002)
    assert (found.calling, found.nearest) == (6, 4 / 6)


def test_an_sop_has_precision_and_recall_and_the_worst_comes_first() -> None:
    found = of(*TEN)
    assert found.sops == (
        SopFigures(slug="b", expected=2, proposed=3, right=1),
        SopFigures(slug="a", expected=4, proposed=2, right=2),
    )
    a = found.sops[1]
    assert (a.precision, a.recall) == (1.0, 0.5)
    assert a.f1 == pytest.approx(2 / 3)
    assert found.nothing == SopFigures(slug=NOTHING, expected=4, proposed=5, right=3)


def test_auroc_is_the_chance_that_what_calls_for_an_sop_has_the_higher_confidence() -> None:
    # Of 24 pairs: .95 beats 4; .65 3; .40 1, one tie, so 1.5; .62 3; .91 3; .30 1.
    assert of(*TEN).auroc == pytest.approx((4 + 3 + 1.5 + 3 + 3 + 1) / 24)
    assert of(*TEN[:6]).auroc is None


def test_confusions_come_most_often_first() -> None:
    assert of(*TEN, outcome("b", None, 0)).confusions == (
        ("b", NOTHING, 2),
        (NOTHING, "b", 1),
        ("a", NOTHING, 1),
        ("a", "b", 1),
    )


def test_the_nearest_sop_counts_also_where_it_is_not_near_enough_to_be_named() -> None:
    found = of(
        outcome("a", None, 0.3, nearest="a"),
        outcome("a", None, 0.2, nearest="b"),
        outcome(None, None, 0.1, nearest="a"),
    )
    assert (found.nearest, found.right) == (0.5, 1)
    assert [(each.start, each.right) for each in found.bins] == [(0.1, 0), (0.2, 0), (0.3, 1)]
    assert found.ece == pytest.approx((0.1 + 0.2 + 0.7) / 3)


def test_calibration_is_about_messages_that_come_close_to_an_sop() -> None:
    found = of(*TEN)
    assert [(each.start, each.messages, each.right) for each in found.bins] == [
        (0.4, 2, 0.5),
        (0.6, 2, 0.5),
        (0.9, 3, 2 / 3),
    ]
    gaps = 2 * abs(0.5 - 0.425) + 2 * abs(0.5 - 0.635) + 3 * abs(2 / 3 - (0.95 + 0.91 + 0.93) / 3)
    assert found.ece == pytest.approx(gaps / 7)
    assert of(outcome("a", "a", 1.0)).bins == (
        Bin(start=0.9, messages=1, confidence=1.0, right=1.0),
    )


def test_what_would_start_is_counted_from_the_other_limit() -> None:
    found = of(*TEN)
    assert (found.started, found.started_right) == (3, 2)


def test_cost_and_latency_are_of_all_messages() -> None:
    found = of(*TEN)
    assert found.tokens == 120
    assert found.cost_usd == pytest.approx(0.01)
    latencies = (found.latency_mean_ms, found.latency_p50_ms, found.latency_p95_ms)
    assert latencies == (5.5, 5, 10)


def test_messages_that_were_only_marked_wrong_are_a_figure_of_their_own() -> None:
    marked = frozenset({"a"})
    found = of(
        outcome("a", "a", 0.9),
        outcome(None, "a", 0.9, refused=marked, is_answered=False),
        outcome(None, "b", 0.9, refused=marked, is_answered=False),
        outcome(None, "a", 0.3, refused=marked, is_answered=False),
        outcome("b", "a", 0.9, refused=marked),
    )
    assert (found.messages, found.accuracy) == (2, 0.5)
    assert (found.refused, found.refused_again) == (3, 1)


def test_what_failed_is_told_and_counts_as_silence() -> None:
    found = of(outcome("a", None, 0, problem="away"), outcome(None, None, 0, problem="away"))
    assert (found.failed, found.problems, found.accuracy) == (2, (("away", 2),), 0.5)


def test_of_nothing_there_are_no_shares() -> None:
    found = of()
    shares = (found.accuracy, found.accuracy_range, found.nearest, found.auroc, found.ece)
    assert shares == (None,) * 5
    assert (found.nothing.precision, found.nothing.recall, found.nothing.f1) == (None, None, 0)


@pytest.mark.parametrize(
    ("only_first", "only_second", "p"),
    [
        (0, 0, 1.0),
        (1, 1, 1.0),
        (0, 5, 2 / 32),
        (1, 9, 2 * 11 / 1024),
        (9, 1, 2 * 11 / 1024),
        (0, 2000, 0.0),
    ],
)
def test_mcnemars_exact_test(only_first: int, only_second: int, p: float) -> None:
    assert mcnemar(only_first, only_second) == pytest.approx(p)


def test_a_comparison_names_what_only_one_gets_right() -> None:
    first = [outcome("a", "a", 0.9), outcome("a", "b", 0.9), outcome(None, None, 0), TEN[3]]
    second = [outcome("a", "b", 0.9), outcome("a", None, 0), outcome(None, None, 0), TEN[0]]
    found = compare(first, second, propose=0.5)
    assert found.only_first == ((first[0], second[0]),)
    assert found.only_second == ((first[3], second[3]),)
    assert (found.otherwise_wrong, found.p_value) == (1, 1.0)


slugs = st.none() | st.sampled_from("abc")


@given(st.lists(st.builds(outcome, slugs, slugs, st.floats(0, 1))))
def test_shares_are_shares_whatever_was_said(outcomes: list[Outcome]) -> None:
    found = of(*outcomes)
    shares = [found.accuracy, found.nearest, found.auroc, found.ece, *(found.accuracy_range or ())]
    shares += [share for sop in found.sops for share in (sop.precision, sop.recall, sop.f1)]
    assert all(share is None or -1e-9 <= share <= 1 + 1e-9 for share in shares)
    assert sum(sop.expected for sop in (*found.sops, found.nothing)) == len(outcomes)
    assert math.isclose(
        sum(each.messages for each in found.bins), sum(o.named is not None for o in outcomes)
    )
