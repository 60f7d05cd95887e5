"""Figures: what a side was measured to do, and the table that shows all of them."""

from collections.abc import Callable, Mapping, Sequence
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
    bursts: Sequence[Load]
    steady: Load
    resident: int
    stores: Sequence[float] = ()
    answers: Sequence[float] = ()


Figure = Callable[[Round], float]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: a figure of a round, and what is to be reached.

    The empty app has no figure where `ours_alone`.
    """

    name: str
    unit: str
    figure: Figure
    goal: str = ""
    ours_alone: bool = False


ROWS = (
    Row(
        "bursts of 2,000: acked",
        "1/s",
        lambda one: median(burst.per_second for burst in one.bursts),
        "ratio ≥ 1.0",
    ),
    Row("  the first after a start", "1/s", lambda one: one.bursts[0].per_second),
    Row("steady 200/s: acked", "1/s", lambda one: one.steady.per_second),
    Row("steady 200/s: ack p50", "ms", lambda one: percentile(one.steady.acks, 0.5) * 1000),
    Row(
        "steady 200/s: ack p99", "ms", lambda one: percentile(one.steady.acks, 0.99) * 1000, "≤ 25"
    ),
    Row(
        "steady 200/s: stored p50",
        "ms",
        lambda one: percentile(one.stores, 0.5) * 1000,
        ours_alone=True,
    ),
    Row(
        "steady 200/s: stored p99",
        "ms",
        lambda one: percentile(one.stores, 0.99) * 1000,
        ours_alone=True,
    ),
    Row(
        "message → answer p50",
        "ms",
        lambda one: percentile(one.answers, 0.5) * 1000,
        "≤ 150",
        ours_alone=True,
    ),
    Row(
        "message → answer p99",
        "ms",
        lambda one: percentile(one.answers, 0.99) * 1000,
        ours_alone=True,
    ),
    Row("process start → ready", "s", lambda one: one.ready, "≤ 3"),
    Row("resident memory at the end", "MB", lambda one: one.resident / 1e6, "≤ 150, ≤ 350"),
)


def table(
    empty: Sequence[Round], sides: Mapping[str, Sequence[Round]], rows: Sequence[Row] = ROWS
) -> list[str]:
    """All figures as medians, ours with their spread and their ratio to the empty app's.

    A ratio is of one round, measured within a minute: the machine may be slower in the next. Shown
    is the median of the rounds' ratios, with the least and the greatest.
    """
    titles = "".join(f"{name:>14}{'min…max':>18}{'ratio':>7}{'min…max':>13}" for name in sides)
    lines = [f"{'':27}{'':>4}{'empty Bolt':>12}{titles}  goal"]
    for row in rows:
        theirs = [] if row.ours_alone else [row.figure(one) for one in empty]
        line = f"{row.name:<27}{row.unit:>4}{f'{median(theirs):,.1f}' if theirs else '–':>12}"
        for rounds in sides.values():
            ours = [row.figure(one) for one in rounds]
            line += f"{median(ours):>14,.1f}{f'{min(ours):,.1f}…{max(ours):,.1f}':>18}"
            if theirs:
                ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
                line += f"{median(ratios):>7.2f}{f'{min(ratios):.2f}…{max(ratios):.2f}':>13}"
            else:
                line += f"{'–':>7}{'–':>13}"
        lines.append(f"{line}  {row.goal}".rstrip())
    return lines
