"""The figures of a week: trends in words, courses that show most and nothing."""

from datetime import date, timedelta

import pytest

from livesop_bot.domain.figures import DayFigures
from livesop_bot.views.home.figures import figures, spark, trend

MONDAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([0, 0, 0], "▁▁▁"),
        ([0, 1, 1_000_000], "▁▂█"),
        ([7, 7], "██"),
        ([1, 2, 3, 4, 5, 6, 7], "▂▃▄▅▆▇█"),
        ([], ""),
    ],
)
def test_something_never_looks_like_nothing(values: list[int], shown: str) -> None:
    assert spark(values) == shown


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (0, 0, "none so far"),
        (3, 3, "as many as before"),
        (3, 0, "▲ none before"),
        (0, 4, "▼ 100% fewer"),
        (112, 100, "▲ 12% more"),
        (100_000, 99_999, "▲ 1% more"),
        (5_000, 2, "▲ 249,900% more"),
    ],
)
def test_the_trend_is_said_in_words(now: int, before: int, said: str) -> None:
    assert trend(now, before) == said


def test_each_figure_has_its_sum_its_trend_and_its_course() -> None:
    days = [
        DayFigures(day=MONDAY + timedelta(days=n), signals=1_000, started=1, saved_min=30)
        for n in range(13)
    ]
    days.append(DayFigures(day=MONDAY + timedelta(days=13), signals=2_000, saved_min=6_000))
    shown = [field["text"] for field in figures(days)[1]["fields"]]
    assert shown == [
        "*Signals seen*\n*8,000*   ▲ 14% more\n▅▅▅▅▅▅█   most on Sun: 2,000",
        "*SOPs started*\n*6*   ▼ 14% fewer\n██████▁   most on Mon: 1",
        "*Automated actions*\n*0*   none so far",
        "*Hours saved*\n*103*   ▲ 2,843% more\n▂▂▂▂▂▂█   most on Sun: 100",
    ]


@pytest.mark.parametrize(("minutes", "shown"), [(0, "*0*"), (1, "*0.02*"), (7, "*0.1*")])
def test_a_few_minutes_are_neither_whole_hours_nor_nothing(minutes: int, shown: str) -> None:
    days = [DayFigures(day=MONDAY + timedelta(days=n)) for n in range(13)]
    days.append(DayFigures(day=MONDAY + timedelta(days=13), saved_min=minutes))
    assert shown in figures(days)[1]["fields"][3]["text"]
