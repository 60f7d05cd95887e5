"""The guide: the first steps of a team with LiveSOP, known from what happened where that can be."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from livesop_bot.domain.signals import TeamId, UserId


class GuideStep(StrEnum):
    """What a team does first, in this order."""

    CHANNELS = "channels"
    SOPS = "sops"
    TEST = "test"
    SWITCH = "switch"


class Shown(StrEnum):
    """How somebody wants to see the guide: `later` keeps it to one line."""

    WHOLE = "whole"
    LATER = "later"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """How far a team has come, and how one person wants to see it."""

    done: frozenset[GuideStep] = frozenset()
    shown: Shown = Shown.WHOLE
    is_greeted: bool = False

    @property
    def next(self) -> GuideStep | None:
        """The first step that is not done; None: all are."""
        return next((step for step in GuideStep if step not in self.done), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """The message to the person of a team who opened Home first; `key` is in its metadata."""

    team: TeamId
    user: UserId
    key: UUID
    is_sent: bool
    guide: Guide


def number(step: GuideStep) -> int:
    """A step's number, from 1."""
    return list(GuideStep).index(step) + 1
