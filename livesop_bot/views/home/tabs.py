"""The frame of App Home: its tabs, the state that travels with the view, and what stands in."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, assert_never

from livesop_bot.views.blocks import Block, View, actions, button, context, divider, header, section
from livesop_bot.views.ids import ActionId, BlockId, CallbackId

MOST_BLOCKS = 100
MOST_BYTES = 240_000
"""What a view may weigh; Slack takes 250 KB, with what it adds itself."""


class HomeTab(StrEnum):
    """The tabs, in their order."""

    OVERVIEW = "overview"
    WORKFLOWS = "workflows"
    KNOWLEDGE = "knowledge"
    SETTINGS = "settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeState:
    """Where in App Home somebody is: the tab, and its own filters, page and open thing.

    It travels in the view's private_metadata, which Slack hands back with every press; a modal
    that was opened from Home carries it in its own. What the names and values of a tab's filters
    mean is known to that tab alone; no state may be longer than 3,000 characters as JSON.

    `notice`: the word about the press that leads here. It is shown once, and does not travel.
    """

    tab: HomeTab = HomeTab.OVERVIEW
    filters: Mapping[str, str] = field(default_factory=dict)
    page: str = ""
    opened: str = ""
    notice: str = ""

    def write(self) -> str:
        """Write it as private_metadata; equal places give equal texts."""
        content = {"tab": self.tab.value, "filters": dict(self.filters)}
        return json.dumps(
            content | {"page": self.page, "opened": self.opened},
            ensure_ascii=False,
            separators=(",", ":"),
            sort_keys=True,
        )

    @classmethod
    def read(cls, metadata: str) -> "HomeState":
        """Read what `write` wrote; whatever else is there means the first tab."""
        return cls.find(metadata) or cls()

    @classmethod
    def find(cls, metadata: str) -> "HomeState | None":
        """Read what `write` wrote, alone or among what a modal carries; None: it is not there."""
        try:
            found: Any = json.loads(metadata)
            return cls(
                tab=HomeTab(found["tab"]),
                filters={str(name): str(value) for name, value in found["filters"].items()},
                page=str(found["page"]),
                opened=str(found["opened"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            return None


def home(state: HomeState, blocks: Sequence[Block]) -> View:
    """Show a tab below the row of tabs; what is more than Slack takes is left out, and said."""
    view = _view(state, blocks)
    shown = len(blocks)
    while len(view["blocks"]) > MOST_BLOCKS or _size(view) > MOST_BYTES:
        shown = min(shown, MOST_BLOCKS) * 9 // 10
        more = context("There is more than can be shown here.")
        view = _view(state, [*blocks[:shown], more])
    return view


def loading(state: HomeState) -> View:
    """Stand in until the database has answered."""
    return _view(state, [section("One moment, looking things up …")])


def database_away(state: HomeState) -> View:
    """Say that nothing can be shown, and that nothing acts meanwhile."""
    return _trouble(
        state,
        "*The database is away.* Nothing can be shown or changed until it is back. "
        "New messages are kept safe, and no SOP starts meanwhile.",
    )


def not_confirmed(state: HomeState) -> View:
    """Say that a change was asked for and the database did not confirm it."""
    return _trouble(
        state,
        "*Not confirmed:* the database did not answer, so nothing may have been changed. "
        "Please try again in a moment. No SOP starts while the database is away.",
    )


def went_wrong(state: HomeState) -> View:
    """Say that something failed which nobody foresaw."""
    return _trouble(state, "*Something went wrong here.* It has been logged; please try again.")


def _trouble(state: HomeState, text: str) -> View:
    again = actions(BlockId.HOME_RETRY, button(ActionId.HOME_REFRESH, "Try again"))
    return _view(state, [header("LiveSOP"), section(f"⚠️ {text}"), again])


def _view(state: HomeState, blocks: Sequence[Block]) -> View:
    return {
        "type": "home",
        "callback_id": CallbackId.HOME.value,
        "private_metadata": state.write(),
        "blocks": [_row(state.tab), divider(), *blocks],
    }


def _size(view: View) -> int:
    return len(json.dumps(view).encode())


def _row(current: HomeTab) -> Block:
    return actions(BlockId.HOME_TABS, *_buttons(current))


def _buttons(current: HomeTab) -> Iterator[Block]:
    for number, tab in enumerate(HomeTab):
        label = _label(tab)
        here = tab is current
        yield button(
            ActionId.HOME_TAB,
            label,
            number=number,
            value=tab.value,
            style="primary" if here else None,
            spoken=f"{label}, the tab you see" if here else f"Go to {label}",
        )


def _label(tab: HomeTab) -> str:
    match tab:
        case HomeTab.OVERVIEW:
            return "Overview"
        case HomeTab.WORKFLOWS:
            return "Workflows"
        case HomeTab.KNOWLEDGE:
            return "Knowledge"
        case HomeTab.SETTINGS:
            return "Settings"
        case _:
            assert_never(tab)
