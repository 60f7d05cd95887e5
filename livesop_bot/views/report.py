"""Reports in Slack: the weekly digest in a channel, the daily summary to each admin."""

from collections.abc import Iterator

from livesop_bot.domain.reports import Report, ReportKind, SopReport, changes
from livesop_bot.views.blocks import (
    Block,
    Message,
    bar,
    context,
    counted,
    divider,
    header,
    hours,
    line,
    message,
    percent,
    section,
)
from livesop_bot.views.waiting import waits

_LISTED = 8
_TITLE = 80


def report(found: Report) -> Message:
    """Say what happened, and what is worth a look."""
    is_digest = found.kind is ReportKind.WEEKLY_DIGEST
    title = "LiveSOP: the week" if is_digest else "LiveSOP: yesterday"
    now = found.now
    summary = (
        f"{title}. {counted(now.signals, 'signal')}, {counted(now.started, 'SOP')} started, "
        f"{counted(now.actions, 'automated action')}."
    )
    return message(summary, [header(title), context(_span(found)), *_body(found)])


def _span(found: Report) -> str:
    if found.first == found.last:
        return f"{found.first:%A, %d %B %Y} (UTC), compared with the day before"
    return f"{found.first:%d %B} to {found.last:%d %B %Y} (UTC), compared with the week before"


def _body(found: Report) -> Iterator[Block]:
    now, before = found.now, found.before
    fields = (
        ("Signals seen", f"{now.signals:,}", _trend(now.signals, before.signals)),
        ("SOPs started", f"{now.started:,}", _trend(now.started, before.started)),
        ("Automated actions", f"{now.actions:,}", _trend(now.actions, before.actions)),
        ("Hours saved", hours(now.saved_min), _trend(now.saved_min, before.saved_min)),
    )
    yield {
        "type": "section",
        "fields": [
            {"type": "mrkdwn", "text": f"*{name}*\n{value}   {trend}", "verbatim": True}
            for name, value, trend in fields
        ],
    }
    yield section(waits(found.waiting))
    yield from _sops(found)
    if hints := [hint for sop in found.sops for hint in _hints(sop)]:
        yield divider()
        yield section("*Worth a look*\n" + "\n".join(f"•  {hint}" for hint in hints[:_LISTED]))
    yield context(
        "Precision: the share of proposals that people started, of those they decided on. "
        "Admins choose where and when this comes, in LiveSOP's Home under Settings."
    )


def _sops(found: Report) -> Iterator[Block]:
    active = [sop for sop in found.sops if sop.now.matched or sop.now.started]
    if not active:
        yield section("No SOP fitted a message.")
        return
    yield divider()
    if extremes := found.best_and_worst:
        best, worst = extremes
        yield section(f"🏆  *Best:* {_judged(best)}\n🔧  *Needs work:* {_judged(worst)}")
    active.sort(key=lambda sop: (-sop.now.matched, sop.title))
    rows = [
        f"*{line(sop.title, _TITLE)}*  {counted(sop.now.matched, 'message')}, "
        f"{sop.now.started:,} started, {sop.now.dismissed:,} dismissed"
        for sop in active[:_LISTED]
    ]
    more = len(active) - _LISTED
    tail = f"\nand {counted(more, 'other SOP')}" if more > 0 else ""
    yield section("\n".join(rows) + tail)


def _judged(sop: SopReport) -> str:
    precision = sop.precision or 0.0
    decided = sop.now.approved + sop.now.dismissed
    return (
        f"{line(sop.title, _TITLE)}  {bar(precision, 5)}  {percent(precision)} "
        f"({sop.now.approved:,} of {decided:,} started)"
    )


def _hints(sop: SopReport) -> Iterator[str]:
    title = line(sop.title, _TITLE)
    for what, usual, now in changes(sop):
        if what == "precision":
            down = now < usual
            advice = "look at its examples, or raise its threshold" if down else "it got better"
            yield f"*{title}*: precision {percent(usual)} → {percent(now)}; {advice}."
        else:
            more = "more often" if now > usual else "less often"
            seen = counted(int(now), "message")
            yield f"*{title}* fits {more}: {seen}, usually {usual:,} in a week."


def _trend(now: int, before: int) -> str:
    if before == 0:
        return "" if now == 0 else "new"
    change = round((now - before) / before * 100)
    if change == 0:
        return "as before"
    return f"{'▲' if change > 0 else '▼'} {abs(change):,}%"
