"""The frame of App Home: tabs, the state that travels with the view, and what stands in."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.views.blocks import Block, divider, section
from livesop_bot.views.home import tabs
from livesop_bot.views.home.tabs import HomeState, HomeTab
from livesop_bot.views.lint import violations

STATE = HomeState(tab=HomeTab.KNOWLEDGE, filters={"b": "2", "a": "ü"}, page="9", opened="x")
STAND_INS = (tabs.loading, tabs.database_away, tabs.not_confirmed, tabs.went_wrong)


def _buttons(view: dict[str, Any]) -> list[str]:
    rows = [block["elements"] for block in view["blocks"] if block["type"] == "actions"]
    return [element["text"]["text"] for row in rows for element in row]


def test_the_tab_one_sees_stands_out_to_eyes_and_ears() -> None:
    row = tabs.home(STATE, [])["blocks"][0]["elements"]
    assert [(button["text"]["text"], button.get("style")) for button in row] == [
        ("Overview", None),
        ("Workflows", None),
        ("Knowledge", "primary"),
        ("Settings", None),
    ]
    assert [button["accessibility_label"] for button in row[1:3]] == [
        "Go to Workflows",
        "Knowledge, the tab you see",
    ]
    assert [button["value"] for button in row] == list(HomeTab)


def test_the_state_travels_with_the_view() -> None:
    assert HomeState.read(tabs.home(STATE, [])["private_metadata"]) == STATE


def test_equal_states_are_written_alike() -> None:
    twin = HomeState(tab=HomeTab.KNOWLEDGE, filters={"a": "ü", "b": "2"}, page="9", opened="x")
    assert twin.write() == STATE.write()


@given(st.text() | st.sampled_from(["[]", "{}", '{"tab":"x"}', '{"tab":"overview"}', "null", "1"]))
def test_whatever_else_is_in_a_view_means_the_first_tab(metadata: str) -> None:
    assert HomeState.read(metadata) == HomeState()


@pytest.mark.parametrize("view", STAND_INS)
def test_what_stands_in_keeps_the_state_and_the_tabs(view: Any) -> None:
    shown = view(STATE)
    assert violations(shown) == []
    assert HomeState.read(shown["private_metadata"]) == STATE
    assert _buttons(shown)[:4] == ["Overview", "Workflows", "Knowledge", "Settings"]


def test_trouble_offers_another_try() -> None:
    for view in STAND_INS[1:]:
        assert _buttons(view(STATE))[4:] == ["Try again"]


@pytest.mark.parametrize(
    ("block", "times", "is_whole"),
    [
        (divider(), 98, True),
        (divider(), 99, False),
        (section("é" * 3000), 9, True),
        (section("é" * 3000), 99, False),
    ],
    ids=["most", "too_many", "long", "too_long"],
)
def test_what_is_more_than_slack_takes_is_left_out_and_said(
    block: Block, times: int, is_whole: bool
) -> None:
    view = tabs.home(STATE, [block] * times)
    assert violations(view) == []
    assert (len(view["blocks"]) == times + 2) == is_whole
    assert ("There is more" in str(view["blocks"][-1])) != is_whole
