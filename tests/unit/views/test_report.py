"""Reports as people read them, and as Slack takes them, whatever the week was like."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from livesop_bot.domain.figures import SopFigures
from livesop_bot.domain.reports import Report, ReportKind, SopReport, Totals
from livesop_bot.domain.waiting import WaitingCount
from livesop_bot.views.blocks import Block
from livesop_bot.views.lint import violations
from livesop_bot.views.report import report

WEEK = Report(
    kind=ReportKind.WEEKLY_DIGEST,
    first=date(2026, 11, 16),
    last=date(2026, 11, 22),
    now=Totals(signals=1200, started=24, actions=60, saved_min=410),
    before=Totals(signals=1000, started=30, actions=60),
    sops=(
        SopReport(
            title="Refund request",
            now=SopFigures(matched=30, started=12, approved=11, dismissed=1),
            before=SopFigures(matched=48, approved=40, dismissed=4),
        ),
        SopReport(
            title="Bug report <!channel>",
            now=SopFigures(matched=9, started=3, approved=3, dismissed=5),
            before=SopFigures(matched=36, approved=30, dismissed=3),
        ),
        SopReport(title="Never", now=SopFigures(), before=SopFigures()),
    ),
    waiting=WaitingCount(proposals=3, steps=1),
)


def said(blocks: tuple[Block, ...]) -> str:
    parts = [
        part
        for block in blocks
        for part in block.get("fields") or block.get("elements") or [block.get("text")]
    ]
    return "\n".join(part["text"] for part in parts if part)


def test_a_week_with_its_trends_best_worst_and_hints() -> None:
    found = report(WEEK)
    assert found.text == (
        "LiveSOP: the week. 1,200 signals, 24 SOPs started, 60 automated actions."
    )
    text = said(found.blocks)
    assert "16 November to 22 November 2026 (UTC)" in text
    assert "*Signals seen*\n1,200   ▲ 20%" in text
    assert "*SOPs started*\n24   ▼ 20%" in text
    assert "*Automated actions*\n60   as before" in text
    assert "*Hours saved*\n6.8   new" in text
    assert "⏳  *3 proposals and 1 step* wait for people." in text
    assert "*Best:* Refund request  ▰▰▰▰▱  91% (11 of 12 started)" in text
    assert "*Needs work:* Bug report &lt;!channel&gt;" in text
    assert "precision 90% → 37%; look at its examples" in text
    assert "*Refund request* fits more often: 30 messages, usually 12 in a week." in text
    assert "Never" not in text


def test_a_quiet_day_says_so() -> None:
    day = date(2026, 11, 22)
    quiet = Report(
        kind=ReportKind.DAILY_SUMMARY,
        first=day,
        last=day,
        now=Totals(),
        before=Totals(),
        sops=(),
        waiting=WaitingCount(),
    )
    text = said(report(quiet).blocks)
    assert "LiveSOP: yesterday" in text
    assert "Sunday, 22 November 2026" in text
    assert "Nothing waits for people." in text
    assert "No SOP fitted a message." in text


_FIGURES = st.builds(
    SopFigures,
    matched=st.integers(0, 10**9),
    started=st.integers(0, 10**9),
    approved=st.integers(0, 10**9),
    dismissed=st.integers(0, 10**9),
)
_TOTALS = st.builds(Totals, signals=st.integers(0, 10**12), saved_min=st.integers(0, 10**12))


@settings(max_examples=50)
@given(
    kind=st.sampled_from(ReportKind),
    now=_TOTALS,
    before=_TOTALS,
    titles=st.lists(st.text(max_size=300) | st.just("<!channel> <@U1>" * 20), max_size=20),
    figures=_FIGURES,
    usual=_FIGURES,
    times=st.integers(0, 50),
)
def test_slack_takes_any_report(
    kind: ReportKind,
    now: Totals,
    before: Totals,
    titles: list[str],
    figures: SopFigures,
    usual: SopFigures,
    times: int,
) -> None:
    sops = [SopReport(title=title, now=figures, before=usual) for title in titles * times]
    found = report(
        Report(
            kind=kind,
            first=date(2026, 1, 1),
            last=date(2026, 1, 7),
            now=now,
            before=before,
            sops=sops,
            waiting=WaitingCount(proposals=times, steps=times),
        )
    )
    assert violations(found.payload()) == []
    assert "<!channel>" not in str(found.blocks)
