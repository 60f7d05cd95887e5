"""Reports: what a team's people are told of a week or a day, and what of it is worth a look."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import NewType

from livesop_bot.domain.figures import DayFigures, SopFigures
from livesop_bot.domain.waiting import WaitingCount
from livesop_bot.domain.workflows import WorkflowId

ReportId = NewType("ReportId", int)

_DECIDED = 3
"""Decisions of people from which a precision says something."""
_WEEKS = 4
"""Weeks before, with which a week is compared."""
_CLEAR_PRECISION = 0.15
_CLEAR_MATCHED, _ENOUGH_MATCHED = 2.0, 10


class ReportKind(StrEnum):
    """What is reported, and to whom: to a channel, to each admin."""

    WEEKLY_DIGEST = "weekly_digest"
    DAILY_SUMMARY = "daily_summary"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFailure:
    """A report that Slack did not take; `error`: why, for people."""

    kind: ReportKind
    day: date
    recipient: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Figures of some days together."""

    signals: int = 0
    started: int = 0
    actions: int = 0
    saved_min: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SopReport:
    """How an SOP did in the days that are reported, and in the four weeks before."""

    title: str
    now: SopFigures
    before: SopFigures

    @property
    def precision(self) -> float | None:
        """None: too few decisions to say."""
        return _precision(self.now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that a report says. `first` and `last`: its days (UTC); `before`: as many before."""

    kind: ReportKind
    first: date
    last: date
    now: Totals
    before: Totals
    sops: Sequence[SopReport]
    waiting: WaitingCount

    @property
    def best_and_worst(self) -> tuple[SopReport, SopReport] | None:
        """The SOPs of which people started most and fewest of what was proposed, if they differ."""
        judged = [sop for sop in self.sops if sop.precision is not None]
        if not judged:
            return None
        ordered = sorted(judged, key=lambda sop: (sop.precision or 0.0, sop.now.matched))
        worst, best = ordered[0], ordered[-1]
        return None if worst.precision == best.precision else (best, worst)


def totals(days: Sequence[DayFigures]) -> Totals:
    """Sum up some days."""
    return Totals(
        **{name.name: sum(getattr(day, name.name) for day in days) for name in fields(Totals)}
    )


def less(figures: SopFigures, later: SopFigures) -> SopFigures:
    """Figures without those of the later days among them."""
    return SopFigures(
        **{
            name.name: getattr(figures, name.name) - getattr(later, name.name)
            for name in fields(SopFigures)
        }
    )


def of_days(
    wide: Mapping[WorkflowId, SopFigures], narrow: Mapping[WorkflowId, SopFigures]
) -> dict[WorkflowId, SopFigures]:
    """The figures of the days that the wide span has and the narrow one, at its end, has not."""
    nothing = SopFigures()
    return {sop: less(figures, narrow.get(sop, nothing)) for sop, figures in wide.items()}


def changes(sop: SopReport) -> list[tuple[str, float | int, float | int]]:
    """What changed clearly: `precision` (0..1) or `matched` (a week), as usual and as it is now."""
    found: list[tuple[str, float | int, float | int]] = []
    now, usual = _precision(sop.now), _precision(sop.before)
    if now is not None and usual is not None and abs(now - usual) >= _CLEAR_PRECISION:
        found.append(("precision", usual, now))
    matched, weekly = sop.now.matched, sop.before.matched / _WEEKS
    larger, smaller = max(matched, weekly), min(matched, weekly)
    if sop.before.matched and larger >= _ENOUGH_MATCHED and larger >= _CLEAR_MATCHED * smaller:
        found.append(("matched", round(weekly), matched))
    return found


def _precision(figures: SopFigures) -> float | None:
    return figures.precision if figures.approved + figures.dismissed >= _DECIDED else None
