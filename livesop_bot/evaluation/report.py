"""Reports: the figures of a trial as text, at most 100 columns wide, and as plain data."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from livesop_bot.evaluation.figures import NOTHING, Comparison, Figures, Outcome

WIDTH = 100
_SLUG = 40
_MOST_SOPS, _MOST_CONFUSIONS, _MOST_CHANGES = 10, 10, 8


def report(name: str, figures: Figures, *, propose: float, auto: float) -> list[str]:
    """Say all of it in lines."""
    return [
        name,
        "",
        *_headlines(figures, propose, auto),
        *_calibration(figures),
        *_sops(figures),
        *_confusions(figures),
    ]


def comparison_report(
    names: tuple[str, str], figures: tuple[Figures, Figures], comparison: Comparison, propose: float
) -> list[str]:
    """Say what two trials of the same messages have in common, and what not."""
    first, second = figures
    rows = [
        ("accuracy", _percent(first.accuracy), _percent(second.accuracy)),
        ("right SOP", _percent(first.nearest), _percent(second.nearest)),
        ("nothing fits, F1", _percent(first.nothing.f1), _percent(second.nothing.f1)),
        ("AUROC", _percent(first.auroc), _percent(second.auroc)),
        ("would start", f"{first.started:,}", f"{second.started:,}"),
        (
            "of them right",
            _percent_of(first.started_right, first.started),
            _percent_of(second.started_right, second.started),
        ),
        ("calibration error", _number(first.ece), _number(second.ece)),
        ("cost", f"${first.cost_usd:.4f}", f"${second.cost_usd:.4f}"),
        ("latency p50", f"{first.latency_p50_ms:,.1f} ms", f"{second.latency_p50_ms:,.1f} ms"),
        ("latency p95", f"{first.latency_p95_ms:,.1f} ms", f"{second.latency_p95_ms:,.1f} ms"),
    ]
    a, b = (_cut(name, 34) for name in names)
    lost, won = len(comparison.only_first), len(comparison.only_second)
    chance = "< 0.001" if comparison.p_value < 0.001 else f"= {comparison.p_value:.3f}"
    sure = "hardly chance" if comparison.p_value < 0.05 else "may be chance"
    return [
        f"  {'':<18} {a:>34} {b:>34}",
        *(f"  {label:<18} {left:>34} {right:>34}" for label, left, right in rows),
        "",
        (
            f"  right only with the second: {won:,}; only with the first: {lost:,}; "
            f"with neither, but differently: {comparison.otherwise_wrong:,}"
        ),
        f"  McNemar's exact test: p {chance}, {sure}",
        *_changes("only right with the second", comparison.only_second, propose),
        *_changes("only right with the first", comparison.only_first, propose),
    ]


def plain(name: str, figures: Figures, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """All figures, and what was said of each message, without its text."""
    data = asdict(figures)
    for sop, each in zip(data["sops"], figures.sops, strict=True):
        sop |= {"precision": each.precision, "recall": each.recall, "f1": each.f1}
    data["nothing"] |= {
        "precision": figures.nothing.precision,
        "recall": figures.nothing.recall,
        "f1": figures.nothing.f1,
    }
    data["cases"] = [
        {
            "name": outcome.case.name,
            "expected": outcome.case.expected,
            "is_answered": outcome.case.is_answered,
            "named": outcome.named,
            "confidence": outcome.confidence,
            "problem": outcome.problem,
        }
        for outcome in outcomes
    ]
    return {"name": name} | data


def _headlines(figures: Figures, propose: float, auto: float) -> Iterable[str]:
    nothing = figures.nothing
    low, high = figures.accuracy_range or (0, 0)
    yield (
        f"  accuracy      {_percent(figures.accuracy)}   {figures.right:,} of "
        f"{figures.messages:,} right, SOP or nothing, proposed from {propose:.0%} "
        f"(95% range {low * 100:.1f} to {high * 100:.1f})"
    )
    yield (
        f"  right SOP     {_percent(figures.nearest)}   of {figures.calling:,} messages that call "
        "for one: the nearest, named or not"
    )
    yield (
        f"  nothing fits  {_percent(nothing.recall)}   of {nothing.expected:,} kept silent on; "
        f"precision {_percent(nothing.precision).strip()}, F1 {nothing.f1 * 100:.1f}%, "
        f"AUROC {_percent(figures.auroc).strip()}"
    )
    yield (
        f"  would start   {_percent_of(figures.started_right, figures.started)}   right, of "
        f"{figures.started:,} messages from {auto:.0%}; "
        f"{_percent_of(figures.started_right, figures.calling).strip()} of all that call for an SOP"
    )
    if figures.refused:
        yield (
            f"  refused       {_percent_of(figures.refused_again, figures.refused)}   of "
            f"{figures.refused:,} messages marked wrong still get an SOP that people refused"
        )
    yield f"  calibration   {_number(figures.ece)}   expected calibration error (0 is best)"
    each = figures.cost_usd / max(1, figures.messages + figures.refused)
    if not figures.tokens:
        yield "  cost            none   no model was asked"
    elif not figures.cost_usd:
        yield f"  cost         unknown   {figures.tokens:,} tokens, at a price that is not known"
    else:
        yield (
            f"  cost         ${figures.cost_usd:6.4f}   {figures.tokens:,} tokens, "
            f"${each * 1000:.2f} a thousand messages"
        )
    yield (
        f"  latency       {figures.latency_p50_ms:6.1f} ms at p50, "
        f"{figures.latency_p95_ms:,.1f} ms at p95"
    )
    if figures.evaluators[1:]:
        shares = ", ".join(f"{name} {count:,}" for name, count in figures.evaluators)
        yield _cut(f"  judged by     {shares}", WIDTH)
    if figures.failed:
        yield f"  failed        {figures.failed:,} messages got no judgement:"
        yield from (_cut(f"    {count:,} x {why}", WIDTH) for why, count in figures.problems[:5])


def _calibration(figures: Figures) -> Iterable[str]:
    if not figures.bins:
        return
    yield ""
    yield "  confidence  messages    said   right"
    for each in figures.bins:
        bar = "▰" * round(each.right * 20)
        yield (
            f"  {each.start * 100:3.0f} to {each.start * 100 + 10:3.0f}  {each.messages:8,}  "
            f"{_percent(each.confidence)}  {_percent(each.right)}  {bar}"
        )


def _sops(figures: Figures) -> Iterable[str]:
    if not figures.sops:
        return
    shown = figures.sops[:_MOST_SOPS]
    which = f"the worst of {len(figures.sops)} SOPs" if figures.sops[_MOST_SOPS:] else "SOP"
    yield ""
    yield f"  {which:<{_SLUG}}  messages  proposed  precision  recall"
    for each in shown:
        yield (
            f"  {_cut(each.slug, _SLUG):<{_SLUG}}  {each.expected:8,}  {each.proposed:8,}  "
            f"{_percent(each.precision):>9}  {_percent(each.recall)}"
        )


def _confusions(figures: Figures) -> Iterable[str]:
    if not figures.confusions:
        return
    left = len(figures.confusions) - _MOST_CONFUSIONS
    yield ""
    yield f"  {'calls for':<{_SLUG}}  times  but got"
    for expected, said, count in figures.confusions[:_MOST_CONFUSIONS]:
        yield f"  {_cut(expected, _SLUG):<{_SLUG}}  {count:5,}  {_cut(said, _SLUG)}"
    if left > 0:
        yield f"  … and {left} other pairs"


def _changes(title: str, pairs: Sequence[tuple[Outcome, Outcome]], propose: float) -> Iterable[str]:
    if not pairs:
        return
    yield ""
    yield f"  {title}:"
    for first, second in pairs[:_MOST_CHANGES]:
        yield _cut(f"    {first.case.name}: {_printable(first.case.text)}", WIDTH)
        yield _cut(
            f"      {_said(first, propose)} → {_said(second, propose)} "
            f"(calls for {first.case.expected or NOTHING})",
            WIDTH,
        )
    if left := len(pairs[_MOST_CHANGES:]):
        yield f"    … and {left} more (--json lists them all)"


def _printable(text: str) -> str:
    """One line that does nothing to a terminal."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _said(outcome: Outcome, propose: float) -> str:
    return f"{outcome.answer(propose) or NOTHING} {outcome.confidence:.0%}"


def _percent(share: float | None) -> str:
    return "     -" if share is None else f"{share * 100:5.1f}%"


def _percent_of(part: int, whole: int) -> str:
    return _percent(part / whole if whole else None)


def _number(value: float | None) -> str:
    return "     -" if value is None else f"{value:6.3f}"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
