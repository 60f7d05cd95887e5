"""The editor's forms, menus and buttons through the socket: what each does to the draft."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import pytest_asyncio

from livesop_bot.sandbox.demo import INCIDENTS, LINUS
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.sandbox.wire import JsonObject
from tests.acceptance.hands import Hands

STEPS = "jsonb_path_query_array(definition, '$.steps[*].id') #>> '{}'"
WAYS = "jsonb_path_query_array(definition, '$.edges[*] ? (@.source == \"%s\")') #>> '{}'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A button, or a menu and what is chosen in it; the form that it opens (none: it is done at
    once), what is typed, and then a part of the draft."""

    button: str = ""
    menu: tuple[str, str] = ("", "")
    form: str = ""
    typed: Mapping[str, Any] = field(default_factory=dict)
    part: str
    is_: str


EDITS = (
    Edit(
        button="Edit when it fires",
        form="It fires when somebody",
        typed={"description": "Something is down", "channels": [INCIDENTS], "auto_from": "97"}
        | {"trust_local": ["yes"]},
        part="concat_ws(' ', definition #>> '{trigger,description}', "
        "definition #>> '{trigger,channels,0}', definition #> '{trigger,auto_from}', "
        "definition #> '{trigger,trust_local}')",
        is_=f"Something is down {INCIDENTS} 97 true",
    ),
    Edit(
        button="Edit what is found in the message",
        form="Name: what it is",
        typed={"extract": "affected: What fails.\nsince: Since when."},
        part="definition #>> '{extract,affected}'",
        is_="What fails.",
    ),
    Edit(
        menu=("edit_step:5", "up/review"),
        part=STEPS,
        is_='["severity", "declare", "record", "contain", "review", "update-customers"]',
    ),
    Edit(
        menu=("edit_step:5", "remove/update-customers"),
        part=STEPS,
        is_='["severity", "declare", "record", "contain", "review"]',
    ),
    Edit(
        menu=("edit_step:0", "ways/severity"),
        form="Write the answer that leads to a step",
        typed={"to declare": "critical", "to record": " ", "to contain": "harmless"},
        part=WAYS % "severity",
        is_='[{"label": "critical", "source": "severity", "target": "declare"}, '
        '{"label": "harmless", "source": "severity", "target": "contain"}]',
    ),
    Edit(
        menu=("edit_step:1", "ways/declare"),
        form="Next steps",
        typed={"next": ["contain"]},
        part=WAYS % "declare",
        is_='[{"label": "", "source": "declare", "target": "contain"}]',
    ),
)


async def open_editor(hands: Hands) -> None:
    """Open the editor on the SOP for incidents."""
    await hands.workflows()
    await hands.edit()


async def test_each_form_and_menu_changes_the_draft_which_can_be_thrown_away(
    database: str, start_app: Any, facts: Any, ada: Hands
) -> None:
    await start_app(database)
    await open_editor(ada)
    for revision, edit in enumerate(EDITS, 1):
        if edit.button:
            await ada.click(edit.button)
        else:
            await ada.choose(*edit.menu)
        if edit.form:
            await ada.until(edit.form)
            assert await ada.send(**edit.typed) == {}
        await ada.until(f'"sop":["incident",1,{revision},"","",0]')
        assert await facts.value(f"SELECT {edit.part} FROM drafts") == edit.is_
    await ada.click("Discard draft")
    await ada.until("The draft was thrown away")
    assert await facts.value("SELECT count(*) FROM drafts") == 0


@pytest.mark.parametrize(
    ("button", "form", "typed", "error"),
    [
        (
            "Edit when it fires",
            "It fires when somebody",
            {"propose_from": "98", "auto_from": "97"},
            "auto_from",
        ),
        ("Edit what is found in the message", "Name: what it is", {"extract": "x"}, "extract"),
    ],
)
async def test_what_cannot_be_is_refused_at_its_field(
    database: str,
    start_app: Any,
    facts: Any,
    ada: Hands,
    button: str,
    form: str,
    typed: dict[str, str],
    error: str,
) -> None:
    await start_app(database)
    await open_editor(ada)
    await ada.click(button)
    await ada.until(form)
    assert list(await ada.send(**typed)) == [f"sop_field:{error}"]
    assert await facts.value("SELECT count(*) FROM drafts") == 0


async def test_another_action_asks_for_its_fields_and_shows_what_it_would_send(
    database: str, start_app: Any, facts: Any, ada: Hands
) -> None:
    await start_app(database)
    await open_editor(ada)
    await ada.choose("edit_step:5", "edit/review")
    await ada.until("What is to be done")
    await ada.pick("does", "slack_message", title="Say that it is over")
    form = await ada.until("Minutes that it saves a person")
    assert "Say that it is over" in str(form), "what was typed stays"
    text = {"with text": "It is over: {{ message.text }}"}
    await ada.click("Preview what it would send", typed=text)
    await ada.until("Nothing was sent.")
    assert "> It is over: " in str(ada.top)
    await ada.close()
    assert await ada.send(**text, cap="3", saves="7") == {}
    await ada.until("Say that it is over")
    names = ("action", "cap", "saves_min")
    parts = ", ".join(f"definition #>> '{{steps,5,{name}}}'" for name in names)
    assert await facts.value(f"SELECT concat_ws(' ', {parts}) FROM drafts") == "slack_message 3 7"


@pytest.fixture
def guest(slack: SlackServer) -> Hands:
    """Somebody who was asked in."""
    slack.workspace.people[LINUS] = replace(slack.workspace.person(LINUS), is_guest=True)
    return Hands(slack, LINUS)


async def test_a_guest_neither_edits_nor_throws_away(
    slack: SlackServer, database: str, start_app: Any, facts: Any, ada: Hands, guest: Hands
) -> None:
    await start_app(database)
    await open_editor(ada)
    await ada.click("Edit name and purpose")
    await ada.until("What it is for")
    about = ada.top
    assert await ada.send(title="Outage") == {}
    await ada.until("last changed by you")
    refused = "are no guests can edit an SOP"

    await guest.workflows()
    for action, value in (("sop_edit", "incident"), ("sop_new", "")):
        await guest.press(action, value, guest.home)
        await guest.until(refused)
        await guest.close()
    for view in (ada.top, about):  # as if they had been no guest when they opened it
        shown = slack.workspace.views.open(LINUS, _opened(view))
        if view is about:
            await guest.send(title="Mine")
        else:
            await guest.press("edit_discard", "incident", shown)
        await guest.until(refused)
    assert await facts.value("SELECT definition ->> 'title' FROM drafts") == "Outage"
    assert await facts.value("SELECT count(*) FROM audit_log WHERE kind = 'refusal'") == 4


def _opened(view: JsonObject) -> JsonObject:
    """A view as an app gives it."""
    kept = ("type", "title", "blocks", "callback_id", "private_metadata", "submit", "close")
    return {name: view[name] for name in kept if view[name] is not None}


@pytest_asyncio.fixture
async def frozen(private_postgres: Any, start_app: Any, ada: Hands) -> AsyncIterator[Any]:
    """Ada in the editor, with a draft; the database goes away when a test says so."""
    await start_app(private_postgres.dsn)
    await open_editor(ada)
    await ada.choose("edit_step:1", "down/declare")
    await ada.until("Discard draft")
    yield private_postgres
    private_postgres.thaw()


@pytest.mark.parametrize("menu", ["up/review", "remove/review", None])
async def test_with_the_database_away_a_press_is_not_confirmed(
    frozen: Any, ada: Hands, menu: str | None
) -> None:
    frozen.freeze()
    await (ada.choose("edit_step:5", menu) if menu else ada.click("Discard draft"))
    await ada.until("The database did not answer")


@pytest.mark.parametrize(
    ("button", "form"),
    [
        ("Edit name and purpose", "What it is for"),
        ("Review and publish …", "none yet to compare on"),
    ],
)
async def test_with_the_database_away_what_is_sent_is_not_confirmed(
    frozen: Any, ada: Hands, button: str, form: str
) -> None:
    await ada.click(button)
    await ada.until(form)
    frozen.freeze()
    errors = await ada.send()
    assert "database did not answer" in f"{errors} {ada.top}"
