"""What of a week is worth a look: best and worst, and what changed clearly."""

from datetime import date

import pytest

from livesop_bot.domain.figures import DayFigures, SopFigures
from livesop_bot.domain.reports import (
    Report,
    ReportKind,
    SopReport,
    Totals,
    changes,
    of_days,
    totals,
)
from livesop_bot.domain.waiting import WaitingCount
from livesop_bot.domain.workflows import WorkflowId


def sop(title: str, *, approved: int = 0, dismissed: int = 0, matched: int = 0) -> SopReport:
    """An SOP of which nothing is known before this week."""
    now = SopFigures(approved=approved, dismissed=dismissed, matched=matched)
    return SopReport(title=title, now=now, before=SopFigures())


def report(*sops: SopReport) -> Report:
    return Report(
        kind=ReportKind.WEEKLY_DIGEST,
        first=date(2026, 11, 16),
        last=date(2026, 11, 22),
        now=Totals(),
        before=Totals(),
        sops=sops,
        waiting=WaitingCount(),
    )


def test_best_and_worst_are_of_those_on_which_people_decided_often_enough() -> None:
    good, bad = sop("good", approved=9, dismissed=1), sop("bad", approved=1, dismissed=4)
    rare = sop("rare", dismissed=2)
    assert report(bad, rare, good).best_and_worst == (good, bad)


@pytest.mark.parametrize(
    "sops",
    [
        (),
        (sop("only", approved=5),),
        (sop("one", approved=5), sop("two", approved=9)),
        (sop("one", approved=1), sop("two", dismissed=2)),
    ],
)
def test_where_they_do_not_differ_there_is_neither(sops: tuple[SopReport, ...]) -> None:
    assert report(*sops).best_and_worst is None


@pytest.mark.parametrize(
    ("now", "before", "found"),
    [
        (
            SopFigures(approved=6, dismissed=4),
            SopFigures(approved=36, dismissed=4),
            [("precision", 0.9, 0.6)],
        ),
        (SopFigures(approved=8, dismissed=2), SopFigures(approved=36, dismissed=4), []),
        (SopFigures(approved=0, dismissed=2), SopFigures(approved=36, dismissed=4), []),
        (SopFigures(matched=40), SopFigures(matched=48), [("matched", 12, 40)]),
        (SopFigures(matched=0), SopFigures(matched=40), [("matched", 10, 0)]),
        (SopFigures(matched=19), SopFigures(matched=40), []),
        (SopFigures(matched=4), SopFigures(matched=4), []),
        (SopFigures(matched=100), SopFigures(), []),
    ],
)
def test_a_clear_change_is_found_and_a_small_or_a_first_one_is_none(
    now: SopFigures, before: SopFigures, found: list[object]
) -> None:
    assert changes(SopReport(title="x", now=now, before=before)) == found


def test_days_are_summed_up() -> None:
    days = [
        DayFigures(day=date(2026, 11, number), signals=number, saved_min=1) for number in (1, 2, 3)
    ]
    assert totals(days) == Totals(signals=6, saved_min=3)


def test_the_days_at_the_end_are_taken_out() -> None:
    one, two = WorkflowId(1), WorkflowId(2)
    wide = {one: SopFigures(matched=9, approved=3), two: SopFigures(matched=2)}
    assert of_days(wide, {one: SopFigures(matched=4, approved=3)}) == {
        one: SopFigures(matched=5),
        two: SopFigures(matched=2),
    }
