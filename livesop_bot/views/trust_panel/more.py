"""“… more”: what is too long for the panel, on pages of its own that lie over it."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from livesop_bot.views.blocks import (
    TEXT,
    Block,
    View,
    actions,
    button,
    context,
    line,
    section,
)
from livesop_bot.views.ids import ActionId, BlockId, CallbackId
from livesop_bot.views.modal import modal
from livesop_bot.views.trust_panel.state import Part

_SECTIONS = 6
"""Of a page: more of Slack's longest sections, in letters that take twelve bytes, is too much."""
_ROW = 480
"""Characters of people's text in a row: escaped, five times as many still fit a section."""

TITLES = {
    Part.TEXT: "The message",
    Part.EVIDENCE: "What it rests on",
    Part.REASONING: "Its reasoning",
    Part.KNOWLEDGE: "Knowledge it used",
    Part.CASES: "Similar past cases",
    Part.STEPS: "What was done",
    Part.HISTORY: "Every evaluation",
}


def more(part: Part) -> Block:
    """The button that leads there."""
    return button(ActionId.WHY_MORE, "… more", value=_value(part, 0), spoken=f"All: {TITLES[part]}")


def with_more(text: str, part: Part, *, is_cut: bool) -> Block:
    """A paragraph, with the way to all of it where it was cut."""
    block = section(text, expand=True)
    return block | {"accessory": more(part)} if is_cut else block


def asked(value: str) -> tuple[Part, int]:
    """Read what such a button stands for: a part, and its page from 0. Raises ValueError."""
    part, _, number = value.partition(":")
    return Part(part), int(number)


def page(part: Part, rows: Iterable[str], number: int, metadata: str) -> View:
    """Show one page of rows of mrkdwn, none longer than a section."""
    sections = list(_packed(rows)) or ["There is nothing to show."]
    pages = [sections[at : at + _SECTIONS] for at in range(0, len(sections), _SECTIONS)]
    number = min(max(number, 0), len(pages) - 1)
    blocks: list[Block] = [section(text, expand=True) for text in pages[number]]
    if len(pages) > 1:
        blocks.append(context(f"Page {number + 1} of {len(pages)}"))
        blocks.append(actions(BlockId.WHY_MORE, *_turns(part, number, len(pages))))
    return modal(
        TITLES[part], blocks, callback=CallbackId.TRUST_PAGE, close="Back", metadata=metadata
    )


def quoted(text: str) -> Iterator[str]:
    """People's text as rows of a quotation, all of it."""
    for paragraph in text.splitlines():
        for row in textwrap.wrap(" ".join(paragraph.split()), _ROW):
            yield f"> {line(row)}"


def told(text: str) -> Iterator[str]:
    """A text as rows, all of it."""
    return (row.removeprefix("> ") for row in quoted(text))


def _packed(rows: Iterable[str]) -> Iterator[str]:
    """As many rows in a section as fit."""
    kept: list[str] = []
    size = 0
    for row in rows:
        if kept and size + len(row) + 1 > TEXT:
            yield "\n".join(kept)
            kept, size = [], 0
        kept.append(row)
        size += len(row) + 1
    if kept:
        yield "\n".join(kept)


def _turns(part: Part, number: int, pages: int) -> Sequence[Block]:
    turns = []
    if number:
        turns.append(button(ActionId.WHY_MORE, "← Back", value=_value(part, number - 1), number=0))
    if number + 1 < pages:
        turns.append(button(ActionId.WHY_MORE, "Next →", value=_value(part, number + 1), number=1))
    return turns


def _value(part: Part, number: int) -> str:
    return f"{part}:{number}"
