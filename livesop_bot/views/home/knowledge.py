"""App Home, Knowledge: the documents that LiveSOP may cite, and where it did."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from livesop_bot.domain.knowledge import Shelved
from livesop_bot.views.blocks import (
    Block,
    actions,
    button,
    channel,
    code,
    context,
    counted,
    date,
    divider,
    header,
    line,
    link,
    person,
    plain,
    section,
)
from livesop_bot.views.ids import ActionId, BlockId
from livesop_bot.views.knowledge import linked

PAGE = 10

EDIT, DELETE = "edit", "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A page of documents: those found by `words` (empty: all), from number `page` (0 is first).

    `found`: how many there are on all pages. `by_meaning`: documents get vectors here.
    """

    documents: Sequence[Shelved]
    found: int
    words: str = ""
    page: int = 0
    by_meaning: bool = True


def shelf(shown: Shelf) -> list[Block]:
    """Show a page."""
    return [
        header("Knowledge"),
        context(
            "What LiveSOP may cite when it judges messages and answers questions. Everybody may "
            "add; whoever added a document and admins may edit and delete it."
        ),
        _bar(shown),
        divider(),
        *(_rows(shown) if shown.documents else _nothing(shown)),
        *_pages(shown),
    ]


def _bar(shown: Shelf) -> Block:
    buttons = [
        button(ActionId.KB_ADD, "Add a text", style="primary"),
        button(ActionId.KB_SEARCH, "Search"),
    ]
    if shown.words:
        buttons.append(button(ActionId.KB_CLEAR, "Show all"))
    buttons.append(button(ActionId.HOME_REFRESH, "Refresh"))
    return actions(BlockId.KB_BAR, *buttons)


def _nothing(shown: Shelf) -> Iterator[Block]:
    if shown.words:
        yield section(f"Nothing is found by {code(shown.words, 100)}. *Show all* lists the rest.")
        return
    yield section(
        "*There is no knowledge yet.*\nPress *Add a text*, or choose *Add to knowledge* in the ⋮ "
        "menu of a message: its text, or the files that it shares (Markdown, text, CSV, PDF)."
    )


def _rows(shown: Shelf) -> Iterator[Block]:
    many = counted(shown.found, "document")
    by = f" found by {code(shown.words, 100)}" if shown.words else ", newest first"
    yield context(f"{many}{by}")
    for one in shown.documents[:PAGE]:
        document = one.document
        facts = (
            line(document.source, 80),
            counted(document.chunks, "piece"),
            f"by {_who(document.added_by)}",
            date(document.created_at),
        )
        yield section(f"*{linked(document.title, document.link)}*\n{'  ·  '.join(facts)}") | {
            "accessory": _menu(one)
        }
        yield context(f"{_state(one, shown)}  ·  {_cited(one)}")


def _menu(one: Shelved) -> Block:
    number = one.document.id
    options = [
        {"text": plain("Edit", 75), "value": f"{EDIT}:{number}"},
        {"text": plain("Delete", 75), "value": f"{DELETE}:{number}"},
    ]
    return {
        "type": "overflow",
        "action_id": f"{ActionId.KB_MORE.value}:{number}",
        "options": options,
    }


def _state(one: Shelved, shown: Shelf) -> str:
    if one.document.problem:
        return f"⚠️  Found by its words alone: {line(one.document.problem, 200)}"
    if not shown.by_meaning:
        return "🔤  Found by its words"
    if one.is_waiting:
        return "⏳  Found by its words; by its meaning in a moment"
    return "🟢  Found by its words and its meaning"


def _cited(one: Shelved) -> str:
    if not one.cited:
        return "not cited in 30 days"
    times = "once" if one.cited == 1 else f"{one.cited:,} times"
    last = ", ".join(
        f"{link(each.permalink, 'message')} in {channel(each.channel)} {date(each.at)}"
        for each in one.latest
    )
    return f"cited {times} in 30 days{f'; last: {last}' if last else ''}"


def _who(user: str) -> str:
    return person(user) if user.isalnum() and user[:1] in "UW" else line(user, 40)


def _pages(shown: Shelf) -> Iterator[Block]:
    last = max((shown.found - 1) // PAGE, 0)
    if last == 0:
        return
    buttons = []
    if shown.page > 0:
        buttons.append(button(ActionId.KB_PAGE, "Newer", value=str(shown.page - 1), number=0))
    if shown.page < last:
        buttons.append(button(ActionId.KB_PAGE, "Older", value=str(shown.page + 1), number=1))
    yield actions(BlockId.KB_PAGES, *buttons)
    yield context(f"Page {shown.page + 1} of {last + 1}")
