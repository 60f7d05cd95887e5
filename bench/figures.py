"""Figures: what a side was measured to do, and the table that shows both."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0..1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A stretch of load: times in seconds. `duration` from the first sending to the last ack."""

    duration: float
    acks: Sequence[float]

    @property
    def per_second(self) -> float:
        """Acked events a second."""
        return len(self.acks) / self.duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One start of one side. What only LiveSOP has is empty on the other."""

    ready: float
    burst: Load
    steady: Load
    resident: int
    stores: Sequence[float] = ()
    answers: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: a figure a round and side, and what is to be reached."""

    name: str
    unit: str
    empty: Sequence[float]
    livesop: Sequence[float]
    goal: str = ""

    def __str__(self) -> str:
        ours = median(self.livesop)
        theirs = f"{median(self.empty):>10,.1f}" if self.empty else f"{'–':>10}"
        ratio = f"{ours / median(self.empty):>7.2f}" if self.empty else f"{'–':>7}"
        spread = f"{min(self.livesop):,.1f}…{max(self.livesop):,.1f}"
        return (
            f"{self.name:<34}{self.unit:>7}{theirs}{ours:>10,.1f}{ratio}  {spread:<20}{self.goal}"
        )


HEADINGS = (
    f"{'':34}{'':>7}{'empty Bolt':>10}{'LiveSOP':>10}{'ratio':>7}  {'LiveSOP, min…max':<20}goal"
)


def rows(empty: Sequence[Round], livesop: Sequence[Round]) -> list[Row]:
    """All figures of all rounds, milliseconds and MB where people think in them."""

    def acks(side: Sequence[Round], share: float) -> list[float]:
        return [percentile(one.steady.acks, share) * 1000 for one in side]

    def ours(name: str, share: float) -> list[float]:
        return [percentile(getattr(one, name), share) * 1000 for one in livesop]

    return [
        Row(
            "burst of 2,000: acked",
            "1/s",
            [one.burst.per_second for one in empty],
            [one.burst.per_second for one in livesop],
            "ratio ≥ 1.0",
        ),
        Row("steady 200/s: ack p50", "ms", acks(empty, 0.5), acks(livesop, 0.5)),
        Row("steady 200/s: ack p99", "ms", acks(empty, 0.99), acks(livesop, 0.99), "≤ 25"),
        Row("steady 200/s: stored p50", "ms", [], ours("stores", 0.5)),
        Row("steady 200/s: stored p99", "ms", [], ours("stores", 0.99)),
        Row("message → answer p50", "ms", [], ours("answers", 0.5), "≤ 150"),
        Row("message → answer p99", "ms", [], ours("answers", 0.99)),
        Row(
            "process start → ready",
            "s",
            [one.ready for one in empty],
            [one.ready for one in livesop],
            "≤ 3",
        ),
        Row(
            "resident memory at the end",
            "MB",
            [one.resident / 1e6 for one in empty],
            [one.resident / 1e6 for one in livesop],
            "≤ 350",
        ),
    ]
