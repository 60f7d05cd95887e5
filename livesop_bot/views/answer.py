"""The answer to a question, in its thread: an SOP, passages of knowledge, and their sources."""

from collections.abc import Iterator, Sequence

from livesop_bot.domain.knowledge import Passage
from livesop_bot.domain.workflows import Workflow
from livesop_bot.views.blocks import (
    Block,
    Message,
    code,
    context,
    line,
    message,
    quote,
    section,
)
from livesop_bot.views.knowledge import linked
from livesop_bot.views.sop_card import SHOWN_STEPS, sop_card

_SNIPPET = 500


def answer(
    question: str, sop: Workflow | None, passages: Sequence[Passage], *, is_open: bool = False
) -> Message:
    """Say what SOPs and knowledge have on a question, word for word; or that it is nothing.

    `is_open`: a run of the SOP is in this thread, and shows its steps.
    """
    if sop is None and not passages:
        return _nothing(question)
    blocks = [
        *(sop_card(sop, most=0 if is_open else SHOWN_STEPS) if sop is not None else ()),
        *_cited(passages),
    ]
    if sop is not None:
        start, show = (code(f"/livesop {word} {sop.slug}", 100) for word in ("start", "show"))
        begin = "its steps are in this thread" if is_open else f"{start} starts it here"
        blocks.append(context(f"{begin}  ·  {show} shows all of it"))
    named = [*([sop.title] if sop else []), *(passage.title for passage in passages)]
    return message(f"Found: {line(', '.join(named), 300)}", blocks)


def introduction() -> Message:
    """Say what LiveSOP is there for, to whoever greets it or asks for help."""
    text = (
        "I read along in the channels that I am in, and propose the SOP that a message calls for, "
        "in its thread."
    )
    more = (
        "Ask me something, like _what is the refund procedure?_  `/livesop help` lists what you "
        "can type; my *Home* tab shows all there is."
    )
    return message(text, [section(text), context(more)])


def _cited(passages: Sequence[Passage]) -> Iterator[Block]:
    for passage in passages:
        yield section(
            f"*{linked(passage.title, passage.link)}*\n{quote(passage.text, _SNIPPET, 8)}"
        )
        yield context(f"From the knowledge: {line(passage.source, 200)}")


def _nothing(question: str) -> Message:
    text = f"Neither the SOPs nor the knowledge have anything on {code(question, 150)}."
    return message(
        text,
        [
            section(text),
            context(
                "Whoever knows it can add it: `/livesop kb add`, or *Add to knowledge* in a "
                "message's ⋮ menu. `/livesop workflows` lists the SOPs."
            ),
        ],
    )
