"""Block Kit's limits: each at its edge, refused just beyond it."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.sandbox.block_check import check_blocks, check_view
from livesop_bot.sandbox.wire import ApiError

Json = dict[str, Any]


def plain(length: int) -> Json:
    return {"type": "plain_text", "text": "x" * length}


def mrkdwn(length: int) -> Json:
    return {"type": "mrkdwn", "text": "x" * length}


def section(**fields: Any) -> Json:
    return {"type": "section", "text": mrkdwn(1), **fields}


def button(**fields: Any) -> Json:
    return {"type": "button", "text": plain(1), **fields}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def options(count: int, text: int = 1, value: int = 1) -> list[Json]:
    return [{"text": plain(text), "value": "v" * value} for _ in range(count)]


def select(**fields: Any) -> Json:
    return {"type": "static_select", "options": options(1), **fields}


def an_input(element: Json, **fields: Any) -> Json:
    return {"type": "input", "label": plain(1), "element": element, **fields}


def image(**fields: Any) -> Json:
    return {"type": "image", "image_url": "data:,", "alt_text": "x", **fields}


def modal(*blocks: Json, **fields: Any) -> Json:
    return {"type": "modal", "title": plain(1), "blocks": list(blocks), **fields}


AT_THE_EDGE = [
    *[[section()] * 50],
    [section(text=mrkdwn(3000))],
    [{"type": "section", "fields": [plain(2000)] * 10}],
    [{"type": "header", "text": plain(150)}],
    [actions(button(text=plain(75), value="v" * 2000, action_id="a" * 255))],
    [section(block_id="b" * 255)],
    [actions(*[button()] * 25)],
    [{"type": "context", "elements": [plain(1)] * 9 + [image()]}],
    [section(accessory=select(options=options(100, 75, 150)))],
    [section(accessory={"type": "overflow", "options": options(5)})],
    [section(accessory={"type": "radio_buttons", "options": options(10)})],
    [section(accessory={"type": "checkboxes", "options": options(10)})],
    [{"type": "markdown", "text": "m" * 6000}, {"type": "markdown", "text": "m" * 6000}],
    [image(title=plain(2000))],
    [{"type": "divider"}],
    [section(accessory=select(initial_option=options(1)[0]))],
    [
        section(
            accessory={
                "type": "static_select",
                "option_groups": [{"label": plain(75), "options": options(100)}],
            }
        )
    ],
]

BEYOND = {
    "51 blocks": [section()] * 51,
    "section text 3001": [section(text=mrkdwn(3001))],
    "empty text": [section(text=mrkdwn(0))],
    "text of no type": [section(text={"text": "x"})],
    "section with nothing": [{"type": "section"}],
    "11 fields": [{"type": "section", "fields": [plain(1)] * 11}],
    "field 2001": [{"type": "section", "fields": [plain(2001)]}],
    "header 151": [{"type": "header", "text": plain(151)}],
    "header in mrkdwn": [{"type": "header", "text": mrkdwn(1)}],
    "button text 76": [actions(button(text=plain(76)))],
    "button without text": [actions({"type": "button"})],
    "button value 2001": [actions(button(value="v" * 2001))],
    "button in an odd style": [actions(button(style="green"))],
    "action_id 256": [actions(button(action_id="a" * 256))],
    "block_id 256": [section(block_id="b" * 256)],
    "block_id twice": [section(block_id="b"), section(block_id="b")],
    "action_id twice": [actions(button(action_id="a"), button(action_id="a"))],
    "26 elements": [actions(*[button()] * 26)],
    "no elements": [actions()],
    "11 in a context": [{"type": "context", "elements": [plain(1)] * 11}],
    "button in a context": [{"type": "context", "elements": [button()]}],
    "101 options": [section(accessory=select(options=options(101)))],
    "no options": [section(accessory=select(options=[]))],
    "option text 76": [section(accessory=select(options=options(1, text=76)))],
    "option value 151": [section(accessory=select(options=options(1, value=151)))],
    "6 in an overflow": [section(accessory={"type": "overflow", "options": options(6)})],
    "11 radio buttons": [section(accessory={"type": "radio_buttons", "options": options(11)})],
    "11 checkboxes": [section(accessory={"type": "checkboxes", "options": options(11)})],
    "initial option elsewhere": [section(accessory=select(initial_option=options(1, 2)[0]))],
    "long confirm": [actions(button(confirm={"title": plain(101), "text": plain(1)}))],
    "markdown 12001": [{"type": "markdown", "text": "m" * 12_001}],
    "image without URL": [{"type": "image", "alt_text": "x"}],
    "image without words": [{"type": "image", "image_url": "data:,"}],
    "input as accessory": [section(accessory={"type": "plain_text_input"})],
    "button as input": [an_input(button())],
    "unknown block": [{"type": "magic"}],
    "null block type": [{}],
}


@pytest.mark.parametrize("blocks", AT_THE_EDGE)
def test_what_is_at_its_limit_is_taken(blocks: list[Json]) -> None:
    assert check_blocks(blocks, surface="message") is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize("name", BEYOND)
def test_what_is_beyond_its_limit_is_refused(name: str) -> None:
    with pytest.raises(ApiError) as refusal:
        check_blocks(BEYOND[name], surface="message")
    assert refusal.value.code == "invalid_blocks"
    assert refusal.value.messages


@pytest.mark.parametrize("kind", ["markdown", "plan", "task_card", "context_actions", "container"])
@pytest.mark.parametrize("surface", ["home", "modal"])
def test_blocks_of_messages_are_refused_elsewhere(kind: str, surface: str) -> None:
    with pytest.raises(ApiError, match="unsupported type"):
        check_blocks([{"type": kind, "text": "x"}], surface=surface)


@pytest.mark.parametrize("surface", ["home", "modal"])
def test_views_hold_a_hundred_blocks(surface: str) -> None:
    check_blocks([section()] * 100, surface=surface)
    with pytest.raises(ApiError, match="no more than 100"):
        check_blocks([section()] * 101, surface=surface)


@pytest.mark.parametrize(
    ("view", "code"),
    [
        (modal(title=plain(25)), "invalid_arguments"),
        ({"type": "modal", "blocks": []}, "invalid_arguments"),
        (modal(submit=plain(25)), "invalid_arguments"),
        (modal(close=plain(25)), "invalid_arguments"),
        (modal(private_metadata="m" * 3001), "invalid_arguments"),
        (modal(callback_id="c" * 256), "invalid_arguments"),
        (modal(external_id="e" * 256), "invalid_arguments"),
        (modal(an_input({"type": "plain_text_input"})), "invalid_arguments"),
        ({"type": "home", "title": plain(1), "blocks": []}, "invalid_arguments"),
        ({"type": "page", "blocks": []}, "invalid_arguments"),
        ({"type": "home"}, "invalid_blocks_format"),
        (modal(section(text=mrkdwn(3001))), "invalid_blocks"),
        (modal(*[section(text=mrkdwn(3000))] * 100), "view_too_large"),
    ],
)
def test_views_beyond_their_limits_are_refused(view: Json, code: str) -> None:
    with pytest.raises(ApiError) as refusal:
        check_view(view)
    assert refusal.value.code == code


def test_a_view_at_its_limits_is_taken() -> None:
    view = modal(
        an_input({"type": "plain_text_input"}),
        title=plain(24),
        submit=plain(24),
        close=plain(24),
        private_metadata="m" * 3000,
        callback_id="c" * 255,
    )
    assert check_view(view) is None  # type: ignore[func-returns-value]


KEYS = st.sampled_from(
    [
        "type",
        "text",
        "fields",
        "elements",
        "element",
        "accessory",
        "options",
        "option_groups",
        "initial_option",
        "initial_options",
        "confirm",
        "placeholder",
        "block_id",
        "action_id",
        "label",
        "title",
        "image_url",
        "value",
    ]
)
WORDS = st.sampled_from(
    (
        "section actions input context image markdown header rich_text video button static_select "
        "overflow checkboxes plain_text_input number_input plain_text mrkdwn " + "x" * 300
    ).split(" ")
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)


@given(blocks=st.lists(st.dictionaries(KEYS, ANY_JSON, max_size=6), max_size=3))
def test_whatever_comes_is_taken_or_refused_never_a_crash(blocks: list[Json]) -> None:
    for surface in ("message", "modal", "home"):
        with suppress(ApiError):
            check_blocks(blocks, surface=surface)
        with suppress(ApiError):
            check_view({"type": surface, "title": plain(1), "blocks": blocks})
