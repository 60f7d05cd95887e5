"""App Home, Workflows: a card for each of the team's SOPs, a page at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from livesop_bot.domain.drafts import DraftLine
from livesop_bot.domain.figures import SopFigures
from livesop_bot.domain.workflows import StepMode, Workflow
from livesop_bot.views import inputs
from livesop_bot.views.blocks import (
    Block,
    actions,
    bar,
    button,
    context,
    counted,
    date,
    divider,
    header,
    line,
    percent,
    person,
    section,
)
from livesop_bot.views.ids import ActionId, BlockId

PAGE = 8
"""Cards on a page."""
ARCHIVED = 20
"""Archived SOPs on a page."""
_NEW_DRAFTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """An SOP with its switches as they are, its figures of 30 days, and whether it has a draft."""

    workflow: Workflow
    figures: SopFigures = SopFigures()  # noqa: RUF009  frozen
    is_on: bool = False
    steps_on: int = 0
    draft: DraftLine | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A page of cards; `words`: what was looked for; `new`: drafts of SOPs that never were."""

    cards: Sequence[Card]
    page: int
    pages: int
    found: int
    total: int
    team_on: bool
    words: str = ""
    new: Sequence[DraftLine] = ()


def listing(shown: Listing) -> list[Block]:
    """Show the page."""
    return list(_listing(shown))


def archived(workflows: Sequence[Workflow], page: int = 0) -> list[Block]:
    """Show a page of what is archived, each with a button that takes it back.

    Where there is one more than fits, there is a page behind it.
    """
    blocks: list[Block] = [header("Archived SOPs")]
    blocks.append(actions(BlockId.SOP, button(ActionId.SOP_LIST, "← All SOPs"), of="back"))
    if not workflows:
        blocks.append(section("Nothing more is archived." if page else "Nothing is archived."))
    for number, workflow in enumerate(workflows[:ARCHIVED]):
        definition = workflow.definition
        text = f"*{line(definition.title, 100)}*  ·  v{workflow.version}\n"
        text += line(definition.summary or definition.trigger.description, 160)
        back = button(
            ActionId.SOP_TAKE_BACK,
            "Restore",
            number=number,
            value=workflow.slug,
            spoken=f"Restore {definition.title}",
        )
        blocks.append(section(text) | {"accessory": back})
    if buttons := _pager(page, is_last=len(workflows) <= ARCHIVED):
        blocks.append(actions(BlockId.SOP, *buttons, of="page"))
    if workflows:
        blocks.append(context("A restored SOP is as it was before, with its switches off."))
    return blocks


def autopilot_words(card: Card, *, team_on: bool) -> str:
    """Say how far Auto-Pilot may go in an SOP."""
    acting = card.workflow.definition.acting_steps
    if card.workflow.paused:
        return "⏸️ Paused: it matches nothing"
    if not card.is_on:
        return "⚪ Auto-Pilot off"
    able = sum(step.mode is StepMode.AUTO for step in acting)
    alone = f", {card.steps_on} of {able} automatic steps on" if able else ""
    return f"{'🟢' if team_on else '🟡'} Auto-Pilot on{alone}" + (
        "" if team_on else " (but off for the team)"
    )


def figures_line(figures: SopFigures) -> str:
    """Say what happened in 30 days."""
    if not figures.matched:
        return "30 days: no message matched"
    parts = [
        f"30 days: *{figures.matched:,}* matched",
        f"*{figures.started:,}* started",
        f"*{figures.approved:,}* approved",
        f"*{figures.dismissed:,}* dismissed",
    ]
    if figures.precision is not None:
        parts.append(f"precision *{percent(figures.precision)}*  {bar(figures.precision)}")
    return "  ·  ".join(parts)


def _listing(shown: Listing) -> Iterator[Block]:
    yield header("Workflows")
    new = button(ActionId.SOP_NEW, "New SOP", style="primary")
    old = button(ActionId.SOP_ARCHIVED, "Archived")
    yield actions(BlockId.SOP, new, old, of="list")
    if shown.total > PAGE or shown.words:
        yield _search(shown.words)
    for number, draft in enumerate(shown.new[:_NEW_DRAFTS]):
        text = f"✏️  *{line(draft.title, 100)}*  ·  not published yet\n{changed_line(draft)}"
        edit = button(
            ActionId.SOP_EDIT,
            "Edit",
            number=number,
            value=draft.slug,
            spoken=f"Edit {draft.title}",
        )
        yield section(text) | {"accessory": edit}
    if more := len(shown.new[_NEW_DRAFTS:]):
        drafts = counted(more, "more draft of a new SOP", "more drafts of new SOPs")
        yield context(f"… and {drafts}.")
    if not shown.cards:
        yield section(_nothing(shown))
    for number, card in enumerate(shown.cards):
        yield divider()
        yield from _card(card, number, team_on=shown.team_on)
    if shown.pages > 1:
        yield divider()
        buttons = _pager(shown.page, is_last=shown.page + 1 >= shown.pages)
        yield actions(BlockId.SOP, *buttons, of="page")
        yield context(f"Page {shown.page + 1} of {shown.pages}  ·  {counted(shown.found, 'SOP')}")


def _nothing(shown: Listing) -> str:
    if shown.words:
        return f"No SOP has “{line(shown.words, 60)}” in its name, title or trigger."
    return (
        "There are no SOPs yet. *New SOP* begins one; whoever runs LiveSOP can bring in documents "
        "with `livesop workflows import`."
    )


def _search(words: str) -> Block:
    field = inputs.typed(
        "find", "Find an SOP", words, most=60, optional=True, placeholder="refund, outage …"
    )
    field["element"]["action_id"] = ActionId.SOP_FIND.value
    field["element"]["dispatch_action_config"] = {"trigger_actions_on": ["on_enter_pressed"]}
    return field | {"dispatch_action": True}


def _card(card: Card, number: int, *, team_on: bool) -> Iterator[Block]:
    workflow, definition = card.workflow, card.workflow.definition
    title = f"*{line(definition.title, 100)}*  ·  v{workflow.version}"
    if card.draft:
        title += "  ·  ✏️ draft"
    lines = (title, line(definition.trigger.description, 200))
    open_ = button(
        ActionId.SOP_OPEN,
        "Open",
        number=number,
        value=workflow.slug,
        spoken=f"Open {definition.title}",
    )
    yield section("\n".join(lines)) | {"accessory": open_}
    state = autopilot_words(card, team_on=team_on)
    yield context(f"{state}  ·  {figures_line(card.figures)}")


def _pager(page: int, *, is_last: bool) -> list[Block]:
    buttons = []
    if page > 0:
        buttons.append(button(ActionId.SOP_PAGE, "← Back", number=0, value=str(page - 1)))
    if not is_last:
        buttons.append(button(ActionId.SOP_PAGE, "More →", number=1, value=str(page + 1)))
    return buttons


def changed_line(draft: DraftLine) -> str:
    """Say who changed a draft last, and when."""
    return f"changed by {person(draft.changed_by)}, {date(draft.changed_at)}"
