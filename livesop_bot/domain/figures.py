"""Figures: what happened in some days, of a team and of its SOPs.

Days are UTC's, and every view says so: one count for everybody, so that Home, commands and reports
agree, whoever looks. Single times are shown by Slack in each reader's own zone.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFigures:
    """What happened in a team on one day (UTC). `saved_min`: minutes of work that steps saved."""

    day: date
    signals: int = 0
    started: int = 0
    actions: int = 0
    saved_min: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SopFigures:
    """What happened with one SOP in some days.

    `matched`: messages that it fitted, each counted once; `started` by Auto-Pilot or by people,
    `approved`: by people; `dismissed`: proposals that people said do not fit.
    """

    matched: int = 0
    started: int = 0
    approved: int = 0
    dismissed: int = 0
    actions: int = 0
    saved_min: int = 0

    @property
    def precision(self) -> float | None:
        """The share of proposals that people started, of those they decided on; None: of none."""
        decided = self.approved + self.dismissed
        return self.approved / decided if decided else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Strain:
    """What weighs on a team: evaluations of the last 24 hours that ended without a judgement (of
    these at most MOST_UNJUDGED are counted), and the tokens of a model that today (UTC) took, of
    those that a day may take (0: no model is asked)."""

    unjudged: int = 0
    tokens: int = 0
    token_budget: int = 0


MOST_UNJUDGED = 100
