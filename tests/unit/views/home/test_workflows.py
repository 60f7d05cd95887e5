"""The Workflows tab: a page of cards, and an SOP with all of it, however many there are."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from livesop_bot.domain.drafts import DraftLine
from livesop_bot.domain.figures import SopFigures
from livesop_bot.domain.signals import UserId
from livesop_bot.domain.workflows import Workflow
from livesop_bot.views.home import sop, workflows
from livesop_bot.views.home.tabs import HomeState, HomeTab, home
from livesop_bot.views.home.workflows import PAGE, Card, Listing
from livesop_bot.views.lint import violations

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
STATE = HomeState(tab=HomeTab.WORKFLOWS)
DRAFT = DraftLine(
    slug="x", title="<!channel> " * 9, base=0, changed_by=UserId("U1"), changed_at=NOON
)
FIGURES = SopFigures(matched=14, started=9, approved=7, dismissed=1)


def named(workflow: Workflow) -> Workflow:
    """The same with a slug as long as one may be."""
    return replace(workflow, definition=replace(workflow.definition, slug="x" * 63))


def listing(cards: list[Card], **more: object) -> Listing:
    """A page out of a thousand."""
    known = {"page": 3, "pages": 125, "found": 1000, "total": 1000, "team_on": True}
    return Listing(cards=cards, **(known | more))  # type: ignore[arg-type]


@settings(max_examples=25)
@given(data=st.data(), on=st.booleans())
def test_a_page_is_one_that_slack_takes(
    data: st.DataObject,
    on: bool,
    workflows: st.SearchStrategy[Workflow],
    texts: st.SearchStrategy[str],
    mentions: Callable[[object], list[str]],
) -> None:
    found = [named(one) for one in data.draw(st.lists(workflows, max_size=2))] * (PAGE // 2)
    cards = [
        Card(workflow=one, figures=FIGURES, is_on=on, steps_on=1, draft=DRAFT) for one in found
    ]
    view = home(STATE, _list(listing(cards, words=data.draw(texts)[:60], new=[DRAFT] * 1000)))
    assert violations(view) == []
    assert not [text for text in mentions(view["blocks"]) if "<!channel" in text]


@settings(max_examples=25)
@given(data=st.data(), is_admin=st.booleans())
def test_an_sop_is_one_that_slack_takes(
    data: st.DataObject, is_admin: bool, workflows: st.SearchStrategy[Workflow]
) -> None:
    found = named(data.draw(workflows))
    steps = {step.id for step in found.definition.steps}
    card = Card(workflow=found, figures=FIGURES, is_on=is_admin, draft=DRAFT)
    notice = sop.published(7)
    shown = sop.details(card, team_on=False, steps_on=steps, is_admin=is_admin, notice=notice)
    assert violations(home(STATE, shown)) == []
    assert violations(home(STATE, _archived([found] * 1000))) == []


def test_an_sop_of_fifty_steps_is_shown_whole(workflow: Workflow) -> None:
    card = Card(workflow=workflow)
    shown = sop.details(card, team_on=True, steps_on=(), is_admin=True)
    assert len(shown) + 46 + 30 < 100, "46 more steps, and how they stand with Auto-Pilot"


def test_a_card_says_how_it_does_and_how_far_it_may_go(workflow: Workflow) -> None:
    card = Card(workflow=workflow, figures=FIGURES, is_on=True, steps_on=1)
    text = str(_list(listing([card])))
    assert "30 days: *14* matched  ·  *9* started  ·  *7* approved  ·  *1* dismissed" in text
    assert "precision *87%*" in text
    assert "🟢 Auto-Pilot on, 1 of 1 automatic steps on" in text
    assert "but off for the team" in str(_list(listing([card], team_on=False)))
    assert "Page 4 of 125" in text


def test_a_team_without_sops_is_told_what_to_do() -> None:
    text = str(_list(listing([], total=0, found=0, page=0, pages=1)))
    assert "*New SOP* begins one" in text


def test_only_admins_see_what_only_they_may_press(workflow: Workflow) -> None:
    card = Card(workflow=workflow)
    assert "sop_switch_on" in str(sop.details(card, team_on=True, steps_on=(), is_admin=True))
    text = str(sop.details(card, team_on=True, steps_on=(), is_admin=False))
    assert "sop_switch_on" not in text
    assert "sop_pause" in text, "whatever stops it is open to everybody"


_list, _archived = workflows.listing, workflows.archived
