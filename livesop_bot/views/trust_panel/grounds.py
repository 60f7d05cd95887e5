"""What the judgement rests on: words of the message, reasoning, knowledge, and cases like it."""

from collections.abc import Iterator, Sequence

from livesop_bot.domain.knowledge import Passage, PastCase
from livesop_bot.domain.message_text import as_read
from livesop_bot.domain.signals import SignalState
from livesop_bot.views.blocks import Block, context, date, line, link, quote
from livesop_bot.views.trust_panel.more import quoted, told, with_more
from livesop_bot.views.trust_panel.state import Panel, Part

_EVIDENCE, _REASONING, _SNIPPET, _TITLE = 500, 900, 160, 120
"""Characters."""
_ROWS = 4
_PASSAGES, _CASES = 3, 3


def grounds_blocks(panel: Panel) -> Iterator[Block]:
    """Show what it rests on, as far as this person may read it."""
    evaluation = panel.evaluation
    if evaluation is not None:
        if evaluation.evidence.strip() and panel.explanation.signal.state is not (
            SignalState.DELETED
        ):
            yield _evidence(as_read(evaluation.evidence, panel.names), may_read=panel.may_read)
        if reasoning := evaluation.reasoning.strip():
            yield with_more(
                f"*Its reasoning*\n{line(reasoning, _REASONING)}",
                Part.REASONING,
                is_cut=len(reasoning) > _REASONING,
            )
        if evaluation.citations:
            yield _knowledge(evaluation.citations)
    if panel.cases is None:
        yield context("_Looking for similar past cases …_")
    elif panel.cases:
        yield _cases(panel.cases)
    elif evaluation is not None and panel.explanation.signal.state is not SignalState.DELETED:
        yield context("No earlier message that an SOP answered and that you can read is like it.")


def full_evidence(panel: Panel) -> Iterator[str]:
    """All words of the message that it rests on."""
    if panel.evaluation is not None and panel.may_read:
        yield from quoted(as_read(panel.evaluation.evidence, panel.names))


def full_reasoning(panel: Panel) -> Iterator[str]:
    """All of the reasoning."""
    if panel.evaluation is not None:
        yield from told(panel.evaluation.reasoning)


def full_knowledge(panel: Panel) -> Iterator[str]:
    """Every passage that was cited, whole."""
    for passage in () if panel.evaluation is None else panel.evaluation.citations:
        yield _cited(passage)
        yield from quoted(passage.text)


def full_cases(panel: Panel) -> Iterator[str]:
    """Every case that was found, whole."""
    for case in panel.cases or ():
        yield _came_to(case)
        yield from quoted(as_read(case.text))


def _evidence(evidence: str, *, may_read: bool) -> Block:
    if not may_read:
        return context(
            "🔒  It rests on words of the message. Only those who can read its channel see them."
        )
    is_cut = len(evidence) > _EVIDENCE or len(evidence.splitlines()) > _ROWS
    text = f"*It rests on these words*\n{quote(evidence, _EVIDENCE, _ROWS)}"
    return with_more(text, Part.EVIDENCE, is_cut=is_cut)


def _knowledge(found: Sequence[Passage]) -> Block:
    rows = [f"{_cited(each)}\n{quote(each.text, _SNIPPET, rows=2)}" for each in found[:_PASSAGES]]
    is_cut = len(found) > _PASSAGES or any(len(each.text) > _SNIPPET for each in found)
    return with_more("\n".join(("*Knowledge it used*", *rows)), Part.KNOWLEDGE, is_cut=is_cut)


def _cited(passage: Passage) -> str:
    source = f"  ({line(passage.source, 80)})" if passage.source.strip() else ""
    return f"📄  *{_linked(passage.link, passage.title)}*{source}"


def _cases(found: Sequence[PastCase]) -> Block:
    rows = [
        f"{_came_to(each)}\n{quote(as_read(each.text), _SNIPPET, rows=2)}"
        for each in found[:_CASES]
    ]
    is_cut = len(found) > _CASES or any(len(each.text) > _SNIPPET for each in found[:_CASES])
    return with_more("\n".join(("*Similar past cases*", *rows)), Part.CASES, is_cut=is_cut)


def _came_to(case: PastCase) -> str:
    return (
        f"🗂️  *{_linked(case.permalink, case.workflow_title)}*: {line(case.outcome, 60)}"
        f"  ·  {date(case.occurred_at)}"
    )


def _linked(url: str | None, title: str) -> str:
    short = " ".join(title.split())
    return link(url, short if len(short) <= _TITLE else f"{short[: _TITLE - 1].rstrip()}…")
