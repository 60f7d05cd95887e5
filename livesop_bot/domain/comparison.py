"""What a new version of an SOP would have done with messages of late that the old one does not."""

from dataclasses import dataclass

from livesop_bot.domain.signals import Signal


@dataclass(frozen=True, slots=True)
class Hit:
    """A signal that an SOP fires on, or would fire on, and how sure that is.

    `other`: the title of the SOP that fires instead, on the other side of the comparison; empty:
    none does.
    """

    signal: Signal
    confidence: float
    other: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What the new version does that the old one does not, and the other way round.

    `looked_at` of `given` signals were compared; fewer where the time was up. `same`: on how many
    both fire.
    """

    starts: tuple[Hit, ...] = ()
    stops: tuple[Hit, ...] = ()
    same: int = 0
    looked_at: int = 0
    given: int = 0
