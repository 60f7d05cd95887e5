"""App Home, Overview: Auto-Pilot for those who may, what waits, and any team's data."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.domain.evaluations import Evaluation, Outcome
from livesop_bot.domain.figures import DayFigures, Strain
from livesop_bot.domain.rights import Role
from livesop_bot.domain.signals import ChannelId
from livesop_bot.domain.waiting import WaitingCount
from livesop_bot.views.blocks import Block
from livesop_bot.views.health import HomeHealth
from livesop_bot.views.home.feed import FeedFilter
from livesop_bot.views.home.overview import Overview, overview
from livesop_bot.views.home.tabs import HomeState, home
from livesop_bot.views.lint import violations

DAYS = [DayFigures(day=date(2026, 3, 4) + timedelta(days=n)) for n in range(14)]


@pytest.fixture
def quiet(health: HomeHealth) -> Overview:
    """A team in which nothing happened yet, as somebody sees it who only looks."""
    return Overview(
        role=Role.VIEWER,
        autopilot=False,
        health=health,
        days=DAYS,
        waiting=WaitingCount(),
        evaluations=[],
    )


def _buttons(blocks: Sequence[Block]) -> list[str]:
    rows = [block["elements"] for block in blocks if block["type"] == "actions"]
    return [element["action_id"] for row in rows for element in row]


def _said(blocks: Sequence[Block]) -> str:
    return json.dumps(blocks, ensure_ascii=False)


@pytest.mark.parametrize(
    ("autopilot", "role", "shown"),
    [
        (True, Role.ADMIN, ["autopilot_off"]),
        (True, Role.VIEWER, ["autopilot_off"]),
        (False, Role.ADMIN, ["autopilot_on"]),
        (False, Role.OPERATOR, []),
        (False, Role.VIEWER, []),
    ],
)
def test_everybody_may_switch_off_and_admins_on(
    quiet: Overview, autopilot: bool, role: Role, shown: list[str]
) -> None:
    blocks = overview(replace(quiet, autopilot=autopilot, role=role))
    assert _buttons(blocks) == [*shown, "home_refresh"]


@pytest.mark.parametrize("autopilot", [True, False])
def test_switching_asks_first(quiet: Overview, autopilot: bool) -> None:
    blocks = overview(replace(quiet, autopilot=autopilot, role=Role.ADMIN))
    row = next(block for block in blocks if block.get("block_id") == "kill_switch")
    assert "confirm" in row["elements"][0]


def test_an_empty_home_says_how_to_begin(quiet: Overview) -> None:
    said = _said(overview(quiet))
    assert "LiveSOP only proposes; no SOP starts by itself." in said
    assert "Nothing waits for people." in said
    assert "Nothing yet. Send a message in a channel that LiveSOP is in" in said


@pytest.mark.parametrize(
    ("waiting", "said"),
    [
        (WaitingCount(runs=1, proposals=1), "*1 proposal* waits"),
        (WaitingCount(runs=3, proposals=2, steps=1), "*2 proposals and 1 step* wait"),
        (
            WaitingCount(runs=100, steps=1234, is_capped=True),
            "*At least 1,234 steps* wait",
        ),
    ],
)
def test_what_waits_is_counted_and_can_be_gone_through(
    quiet: Overview, waiting: WaitingCount, said: str
) -> None:
    blocks = overview(replace(quiet, waiting=waiting))
    row = next(block for block in blocks if "accessory" in block)
    assert said in row["text"]["text"]
    assert row["accessory"]["action_id"] == "waiting_open"


def test_only_admins_see_what_is_behind(quiet: Overview) -> None:
    busy = replace(quiet.health, duplicates=1_234, recovered=5)
    strain = Strain(unjudged=100, tokens=250_000, token_budget=1_000_000)
    found = replace(quiet, role=Role.ADMIN, health=busy)
    details = (
        "since this process started: 1,234 duplicates left out, 5 events recovered after "
        "outages  ·  100+ not judged in 24 h: too slow, or failed  ·  "
        "model budget ▰▰▱▱▱▱▱▱▱▱ 25% used today"
    )
    assert details in _said(overview(replace(found, strain=strain)))
    assert "duplicates" not in _said(overview(found))


def _days(counts: st.SearchStrategy[int]) -> st.SearchStrategy[list[DayFigures]]:
    return st.lists(
        st.builds(
            DayFigures,
            day=st.dates(),
            signals=counts,
            started=counts,
            actions=counts,
            saved_min=counts,
        ),
        min_size=14,
        max_size=14,
    )


@given(data=st.data())
def test_slack_takes_any_overview(
    evaluations: st.SearchStrategy[Evaluation],
    texts: st.SearchStrategy[str],
    mentions: Callable[[object], list[str]],
    data: st.DataObject,
) -> None:
    slugs = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=63)
    found = data.draw(
        st.builds(
            Overview,
            health=st.builds(HomeHealth, oldest_job_s=st.none() | st.floats(0, 1e9)),
            days=_days(st.integers(0, 10**12) | st.just(0)),
            feed=st.builds(
                FeedFilter,
                channel=st.none() | st.just(ChannelId("C1")),
                sop=st.none() | slugs,
                outcome=st.none() | st.sampled_from(Outcome),
                before=st.none() | st.integers(0, 2**62),
            ),
            sops=st.dictionaries(slugs, texts, max_size=3),
            evaluations=st.lists(evaluations, max_size=12),
        )
    )
    view = home(HomeState(), overview(found))
    assert violations(view) == []
    assert mentions(_without_people(view)) == []


def _without_people(view: dict[str, Any]) -> Any:
    """Authors are named; in Home that notifies nobody, and ids that are none are escaped."""
    for block in view["blocks"]:
        if block["type"] == "context":
            for element in block["elements"]:
                parts = element["text"].split("  ·  ")
                kept = [part for part in parts if not _is_person(part)]
                element["text"] = "  ·  ".join(kept)
    return view


def _is_person(part: str) -> bool:
    return part.startswith("<@") and part.endswith(">") and part[2:-1].isalnum()


def test_a_thousand_sops_leave_the_filter_within_slacks_limits(quiet: Overview) -> None:
    sops = {f"sop-{number}": f"SOP <!channel> {'x' * 90} {number}" for number in range(1_000)}
    found = replace(quiet, sops=sops, feed=FeedFilter(sop="sop-999"))
    blocks = overview(found)
    assert violations(home(HomeState(), blocks)) == []
    chosen = next(
        e
        for b in blocks
        if b.get("block_id") == "feed_filters"
        for e in b["elements"]
        if e["action_id"] == "feed_sop"
    )
    assert chosen["initial_option"]["value"] == "sop-999"
