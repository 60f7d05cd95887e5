"""The lint finds what Slack would refuse, and lets pass what Slack takes."""

from typing import Any

import pytest

from livesop_bot.views.lint import violations

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def message(*blocks: Json) -> Json:
    return {"text": "fallback", "blocks": list(blocks)}


def home(*blocks: Json) -> Json:
    return {"type": "home", "blocks": list(blocks)}


def modal(*blocks: Json, **more: Any) -> Json:
    return {"type": "modal", "title": plain("Title"), "blocks": list(blocks)} | more


def section(**more: Any) -> Json:
    return {"type": "section", "text": mrkdwn("text")} | more


def button(**more: Any) -> Json:
    return {"type": "button", "action_id": "a", "text": plain("Press")} | more


def row(*elements: Json, **more: Any) -> Json:
    return {"type": "actions", "elements": list(elements)} | more


def question(element: Json) -> Json:
    return {"type": "input", "label": plain("Label"), "element": element}


def options(count: int, **more: Any) -> list[Json]:
    return [{"text": plain("o"), "value": str(n)} | more for n in range(count)]


def select(count: int, **more: Any) -> Json:
    return {"type": "static_select", "action_id": "a", "options": options(count)} | more


DIVIDER: Json = {"type": "divider"}
IMAGE: Json = {"type": "image", "image_url": "https://x.example/a.png", "alt_text": "a"}
ENTRY = question({"type": "plain_text_input", "action_id": "a"})
CONFIRM: Json = {
    "title": plain("t" * 100),
    "text": mrkdwn("t" * 300),
    "confirm": plain("c" * 30),
    "deny": plain("d" * 30),
}


@pytest.mark.parametrize(
    "view",
    [
        message(*[DIVIDER] * 50),
        home(*[DIVIDER] * 100),
        modal(*[DIVIDER] * 100),
        message(section(text=mrkdwn("x" * 3000), expand=True)),
        home({"type": "section", "fields": [mrkdwn("x" * 2000)] * 10}),
        message({"type": "header", "text": plain("x" * 150)}),
        home({"type": "context", "elements": [mrkdwn("x" * 3000), IMAGE] * 5}),
        message(*[section(text=mrkdwn("x" * 2500))] * 5),
        message(row(*[button(action_id=str(n)) for n in range(25)])),
        message(row(button(text=plain("x" * 75), value="v" * 2000, confirm=CONFIRM))),
        message({"type": "markdown", "text": "x" * 12_000}),
        message(section(block_id="b" * 255), section(block_id="c")),
        message(section(), section()),
        modal(ENTRY, submit=plain("x" * 24), close=plain("x" * 24), private_metadata="x" * 3000),
        modal(question(select(100)), submit=plain("Go")),
        home(row({"type": "overflow", "action_id": "a", "options": options(5)})),
        home(row({"type": "checkboxes", "action_id": "a", "options": options(10)})),
        home(row({"type": "radio_buttons", "action_id": "a", "options": options(10)})),
        message(section(accessory=IMAGE)),
        message({"type": "image", "slack_file": {"id": "F1"}, "alt_text": "a"}),
        {"text": "no blocks at all"},
    ],
)
def test_what_slack_takes_passes(view: Json) -> None:
    assert violations(view) == []


@pytest.mark.parametrize(
    ("view", "found"),
    [
        (message(*[DIVIDER] * 51), "blocks: 51, at most 50"),
        (home(*[DIVIDER] * 101), "blocks: 101, at most 100"),
        (modal(*[DIVIDER] * 101), "blocks: 101, at most 100"),
        ({"blocks": [DIVIDER]}, "text: missing; notifications and screen readers show it"),
        ({"text": "x", "blocks": "no"}, "blocks: not a list"),
        ({"type": "popup", "blocks": []}, "type: 'popup' is no surface"),
        (
            message(section(text=mrkdwn("x" * 3001))),
            "blocks[0].text: 3001 characters, at most 3000",
        ),
        (message(section(text=mrkdwn(" "))), "blocks[0].text: empty"),
        (message({"type": "section"}), "blocks[0]: neither text nor fields"),
        (message(section(fields=[mrkdwn("x")] * 11)), "blocks[0].fields: 11, at most 10"),
        (
            message(section(fields=[mrkdwn("x" * 2001)])),
            "blocks[0].fields[0]: 2001 characters, at most 2000",
        ),
        (
            message({"type": "header", "text": plain("x" * 151)}),
            "blocks[0].text: 151 characters, at most 150",
        ),
        (
            message({"type": "header", "text": mrkdwn("x")}),
            "blocks[0].text: 'mrkdwn' is not allowed here",
        ),
        (message({"type": "context", "elements": []}), "blocks[0].elements: 0, from 1 to 10"),
        (
            message({"type": "context", "elements": [mrkdwn("x")] * 11}),
            "blocks[0].elements: 11, from 1 to 10",
        ),
        (message(row()), "blocks[0].elements: 0, from 1 to 25"),
        (
            message(row(*[button(action_id=str(n)) for n in range(26)])),
            "blocks[0].elements: 26, from 1 to 25",
        ),
        (message(row(button(), button())), "blocks[0]: action_id 'a' is used twice"),
        (
            message(section(block_id="b"), section(block_id="b")),
            "blocks: block_id 'b' is used twice",
        ),
        (message(section(block_id="b" * 256)), "blocks[0].block_id: 256 characters, at most 255"),
        (
            message(row(button(text=plain("x" * 76)))),
            "blocks[0].elements[0].text: 76 characters, at most 75",
        ),
        (
            message(row(button(value="x" * 2001))),
            "blocks[0].elements[0].value: 2001 characters, at most 2000",
        ),
        (
            message(row(button(action_id="x" * 256))),
            "blocks[0].elements[0].action_id: 256 characters, at most 255",
        ),
        (
            message(row(button(style="loud"))),
            "blocks[0].elements[0].style: 'loud', must be primary or danger",
        ),
        (
            message(row(button(confirm=CONFIRM | {"text": plain("x" * 301)}))),
            "blocks[0].elements[0].confirm.text: 301 characters, at most 300",
        ),
        (
            message(row(button(confirm=CONFIRM | {"confirm": plain("x" * 31)}))),
            "blocks[0].elements[0].confirm.confirm: 31 characters, at most 30",
        ),
        (message(row(IMAGE)), "blocks[0].elements[0]: 'image' is no element of actions"),
        (message(row(select(101))), "blocks[0].elements[0].options: 101, from 1 to 100"),
        (message(row(select(0))), "blocks[0].elements[0].options: 0, from 1 to 100"),
        (
            message(row(select(1, options=options(1, text=plain("x" * 76))))),
            "blocks[0].elements[0].options[0].text: 76 characters, at most 75",
        ),
        (
            message(row(select(1, options=options(1, value="x" * 151)))),
            "blocks[0].elements[0].options[0].value: 151 characters, at most 150",
        ),
        (
            message(row(select(1, option_groups=[{"label": plain("l"), "options": options(101)}]))),
            "blocks[0].elements[0].option_groups[0].options: 101, from 1 to 100",
        ),
        (
            message(row({"type": "overflow", "options": options(6)})),
            "blocks[0].elements[0].options: 6, from 1 to 5",
        ),
        (
            home(row({"type": "radio_buttons", "options": options(11)})),
            "blocks[0].elements[0].options: 11, from 1 to 10",
        ),
        (
            home(row({"type": "checkboxes", "options": options(11)})),
            "blocks[0].elements[0].options: 11, from 1 to 10",
        ),
        (message(IMAGE | {"image_url": ""}), "blocks[0]: neither image_url nor slack_file"),
        (message(IMAGE | {"alt_text": ""}), "blocks[0]: no alt_text"),
        (modal(ENTRY), "submit: missing, though the modal has inputs"),
        ({"type": "modal", "blocks": []}, "title: missing, or no text object"),
        (modal(title=plain("x" * 25)), "title: 25 characters, at most 24"),
        (modal(submit=plain("x" * 25)), "submit: 25 characters, at most 24"),
        (modal(close=plain("x" * 25)), "close: 25 characters, at most 24"),
        (modal(private_metadata="x" * 3001), "private_metadata: 3001 characters, at most 3000"),
        (modal(external_id="x" * 256), "external_id: 256 characters, at most 255"),
        (home({"type": "markdown", "text": "x"}), "blocks[0]: markdown is not shown in a home"),
        (home({"type": "plan"}), "blocks[0]: plan is not shown in a home"),
        (
            modal({"type": "context_actions"}),
            "blocks[0]: context_actions is not shown in a modal",
        ),
        (message({"type": "carousel3d"}), "blocks[0]: 'carousel3d' is no known block"),
        ({"text": "x", "blocks": [None]}, "blocks[0]: not a block"),
        (
            message(*[{"type": "markdown", "text": "x" * 6001}] * 2),
            "blocks: 12002 characters of markdown, at most 12000",
        ),
        (
            message(*[section(text=mrkdwn("x" * 2501))] * 5),
            "blocks: 13005 characters in all, at most 13000",
        ),
        (
            home(section(text=mrkdwn("x") | {"emoji": True})),
            "blocks[0].text: emoji belongs to plain_text",
        ),
    ],
)
def test_what_slack_refuses_is_named_with_its_place(view: Json, found: str) -> None:
    assert violations(view) == [found]


def test_a_hundred_full_sections_are_too_many_bytes_for_a_view() -> None:
    view = home(*[section(text=mrkdwn("x" * 3000))] * 100)
    assert [found for found in violations(view) if found.startswith("view: ")]
