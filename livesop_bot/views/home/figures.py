"""App Home, the figures of a week: each with its trend and its course, in signs and in words."""

from collections.abc import Callable, Sequence

from livesop_bot.domain.figures import DayFigures
from livesop_bot.views.blocks import Block, context, header, hours, mrkdwn

WEEK = 7
_BARS = "▁▂▃▄▅▆▇█"


def figures(days: Sequence[DayFigures]) -> list[Block]:
    """Show the last seven days beside the seven before; `days` are in order, today last."""
    return [
        header("Last 7 days"),
        {
            "type": "section",
            "fields": [
                mrkdwn(_figure(name, [value(day) for day in days], days, shown))
                for name, value, shown in _FIGURES
            ],
        },
        context("Compared with the 7 days before. Days are counted in UTC; today is not over yet."),
    ]


def spark(values: Sequence[int]) -> str:
    """A course as bars; nothing is the lowest, and the most the highest there is."""
    most = max(values, default=0)
    if most == 0:
        return _BARS[0] * len(values)
    top = len(_BARS) - 1
    return "".join(_BARS[max(1, round(value / most * top)) if value else 0] for value in values)


def trend(now: int, before: int, fewer: str = "fewer") -> str:
    """How a figure stands to the one before, in words; `fewer` fits what is counted."""
    if now == before:
        return "as many as before" if now else "none so far"
    if before == 0:
        return "▲ none before"
    sign, word = ("▲", "more") if now > before else ("▼", fewer)
    change = round(abs(now - before) / before * 100)
    return f"{sign} {max(change, 1):,}% {word}"


def _figure(
    name: str, values: Sequence[int], days: Sequence[DayFigures], shown: Callable[[int], str]
) -> str:
    week, before = values[-WEEK:], values[-2 * WEEK : -WEEK]
    fewer = "less" if shown is hours else "fewer"
    lines = [f"*{name}*", f"*{shown(sum(week))}*   {trend(sum(week), sum(before), fewer)}"]
    if most := max(week, default=0):
        day = days[len(days) - len(week) + week.index(most)].day
        lines.append(f"{spark(week)}   most on {day:%a}: {shown(most)}")
    return "\n".join(lines)


def _count(value: int) -> str:
    return f"{value:,}"


_FIGURES: Sequence[tuple[str, Callable[[DayFigures], int], Callable[[int], str]]] = (
    ("Signals seen", lambda day: day.signals, _count),
    ("SOPs started", lambda day: day.started, _count),
    ("Automated actions", lambda day: day.actions, _count),
    ("Hours saved", lambda day: day.saved_min, hours),
)
