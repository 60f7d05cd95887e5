"""Buttons that look alike are told apart by what screen readers say."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from livesop_bot.domain.drafts import Draft, DraftLine
from livesop_bot.domain.evaluations import Evaluation
from livesop_bot.domain.history import VersionLine
from livesop_bot.domain.signals import SignalId, UserId
from livesop_bot.domain.workflows import Workflow
from livesop_bot.views.blocks import Block
from livesop_bot.views.home import sop, workflows
from livesop_bot.views.home.feed import FeedFilter, feed
from livesop_bot.views.home.workflows import Card, Listing
from livesop_bot.views.sops.editing import Editing
from livesop_bot.views.sops.editor import editor
from livesop_bot.views.sops.history import history

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
ME = UserId("U1")


def named(workflow: Workflow, number: int) -> Workflow:
    definition = replace(workflow.definition, slug=f"sop-{number}", title=f"SOP {number}")
    return replace(workflow, definition=definition)


@pytest.fixture(params=["listing", "archived", "sop", "editor", "history", "feed"])
def shown(
    request: pytest.FixtureRequest, workflow: Workflow, evaluation: Evaluation
) -> list[Block]:
    """Views with several buttons of a kind."""
    many = [named(workflow, number) for number in range(25)]
    drafts = [
        DraftLine(slug=f"d{n}", title=f"Draft {n}", base=0, changed_by=ME, changed_at=NOON)
        for n in range(3)
    ]
    card = Card(workflow=workflow, is_on=True)
    editing = Editing(slug=workflow.slug, base=3)
    match request.param:
        case "listing":
            cards = [Card(workflow=one) for one in many[: workflows.PAGE]]
            page = Listing(
                cards=cards, page=1, pages=3, found=25, total=25, team_on=True, new=drafts
            )
            return workflows.listing(page)
        case "archived":
            return workflows.archived(many, 1)
        case "sop":
            return sop.details(card, team_on=True, steps_on=(), is_admin=True)
        case "editor":
            draft = Draft(definition=workflow.definition, base=3)
            blocks = editor(draft, editing, me=ME)["blocks"]
        case "history":
            lines = [
                VersionLine(version=n, title="x", created_by="U1", created_at=NOON)
                for n in (3, 2, 1)
            ]
            blocks = history("x", lines, 3, 3, editing)["blocks"]
        case _:
            rows = [
                replace(evaluation, signal=replace(evaluation.signal, id=SignalId(n)))
                for n in range(5)
            ]
            blocks = list(feed(FeedFilter(), {}, rows))
    found: list[Block] = blocks
    return found


def test_no_two_buttons_sound_alike(shown: list[Block]) -> None:
    elements = [
        element
        for block in shown
        for element in (*block.get("elements", ()), block.get("accessory", {}))
        if element.get("type") == "button"
    ]
    said = Counter(one.get("accessibility_label", one["text"]["text"]) for one in elements)
    assert len(said) > 1
    assert said.most_common(1)[0][1] == 1, said
