"""The frame of App Home: tabs that land at once, changes that show at once, newer views left."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import pytest

from livesop_bot.db.pool import Pool, create_pool
from livesop_bot.db.teams import Teams
from livesop_bot.domain.signals import TeamId
from livesop_bot.sandbox.demo import ADA, BUGS, GRACE
from livesop_bot.sandbox.faults import AnswerError
from livesop_bot.views.blocks import section
from livesop_bot.views.home import tabs
from livesop_bot.views.home.tabs import HomeState, HomeTab
from tests.conftest import PrivatePostgres
from tests.integration.slack.listeners.conftest import Desk
from tests.reader import Reader

TEAM = TeamId("T0SANDBOX")
ON, OFF = "Auto-Pilot is on", "Auto-Pilot is off"


async def _go(desk: Desk, user: str, tab: HomeTab) -> str:
    return await desk.press(user, f"home_tab:{list(HomeTab).index(tab)}", value=tab.value)


def _state(desk: Desk, user: str) -> HomeState:
    return HomeState.read(desk.slack.workspace.views.homes[user]["private_metadata"])


@pytest.mark.parametrize("tab", HomeTab)
async def test_each_tab_is_shown_and_stays_when_home_is_opened_again(
    desk: Desk, tab: HomeTab
) -> None:
    await desk.home(GRACE)
    said = await _go(desk, GRACE, tab)
    assert _state(desk, GRACE) == HomeState(tab=tab)
    assert await desk.home(GRACE) == said


async def test_a_tab_lands_as_it_was_lately_and_then_as_it_is(desk: Desk, pool: Pool) -> None:
    await desk.home(GRACE)
    await _go(desk, GRACE, HomeTab.WORKFLOWS)
    await pool.execute("UPDATE teams SET autopilot = true")
    assert OFF in await _go(desk, GRACE, HomeTab.OVERVIEW)
    assert ON in await desk.shown()


async def test_what_is_as_it_was_is_not_published_twice(desk: Desk) -> None:
    await desk.home(GRACE)
    await _go(desk, GRACE, HomeTab.KNOWLEDGE)
    assert OFF in await _go(desk, GRACE, HomeTab.OVERVIEW)
    assert "Knowledge" in await _go(desk, GRACE, HomeTab.KNOWLEDGE)
    assert _state(desk, GRACE).tab is HomeTab.KNOWLEDGE


async def test_nothing_from_before_a_change_is_shown_to_anybody(desk: Desk) -> None:
    await desk.home(GRACE)
    await _go(desk, GRACE, HomeTab.WORKFLOWS)
    await desk.home(ADA)
    assert ON in await desk.press(ADA, "autopilot_on")
    assert ON in await _go(desk, GRACE, HomeTab.OVERVIEW)


async def test_after_a_press_in_a_panel_over_home_home_is_shown_as_it_is(
    desk: Desk, judged: Callable[..., Awaitable[str]], pool: Pool
) -> None:
    await judged()
    await desk.home(ADA)
    picked = {"type": "static_select", "selected_option": {"value": "proposed"}}
    assert OFF in await desk.press(ADA, "feed_outcome", **picked)
    place, panel = _state(desk, ADA), Reader(desk.slack, ADA)
    why = {"type": "button", "action_id": "why", "block_id": "any"}
    why["value"] = str(await pool.fetchval("SELECT id FROM raw_signals"))
    view = {"type": "view", "view_id": desk.slack.workspace.views.homes[ADA]["id"]}
    await desk.slack.interactions.block_action(ADA, view, why)
    await panel.until("No earlier message")
    await pool.execute("UPDATE teams SET autopilot = true")
    await panel.press("👍 Right")
    assert ON in await desk.shown()
    assert _state(desk, ADA) == place


async def test_what_is_changed_elsewhere_is_not_kept_as_it_was(desk: Desk) -> None:
    await desk.home(ADA)
    await desk.press(ADA, "autopilot_on")
    await _go(desk, ADA, HomeTab.WORKFLOWS)
    await desk.type(ADA, "/livesop autopilot off")
    assert OFF in await _go(desk, ADA, HomeTab.OVERVIEW), "the first that is shown"


async def test_a_replay_is_not_missing_from_the_feed_as_it_was_kept(
    desk: Desk, judged: Callable[..., Awaitable[str]]
) -> None:
    link = await judged()
    assert "replay" not in await desk.home(ADA)
    await _go(desk, ADA, HomeTab.WORKFLOWS)
    await desk.ask(ADA, f"/livesop replay {link} run", BUGS)
    assert "  ·  replay" in await _go(desk, ADA, HomeTab.OVERVIEW), "the first that is shown"


async def test_a_press_wins_over_what_came_between(
    desk: Desk, pool: Pool, log_events: list[MutableMapping[str, Any]]
) -> None:
    await desk.home(ADA)
    desk.slack.faults.add("views.publish", AnswerError("hash_conflict"), times=1)
    assert ON in await desk.press(ADA, "autopilot_on")
    assert await Teams(pool).autopilot(TEAM) is True
    assert [e for e in log_events if e["event"] == "home.read_again"]


async def test_an_opening_leaves_what_is_newer(
    desk: Desk, log_events: list[MutableMapping[str, Any]]
) -> None:
    await desk.home(GRACE)
    desk.open(GRACE)
    newer = tabs.home(HomeState(), [section("Something newer")])
    desk.slack.workspace.views.publish(GRACE, newer)
    assert "Something newer" in await desk.shown()
    await desk.home(ADA)  # whose events come behind
    assert "Something newer" in str(desk.slack.workspace.views.homes[GRACE])
    assert not [e for e in log_events if e["event"] == "listener.failed"]


async def test_away_keeps_the_place_for_another_try(
    serve: Callable[[Pool], Awaitable[Desk]], private_postgres: PrivatePostgres
) -> None:
    pool = await create_pool(private_postgres.dsn)
    await Teams(pool).ensure(TEAM, "Acme")
    desk = await serve(pool)
    await desk.home(ADA)
    picked = {"type": "static_select", "selected_option": {"value": "held"}}
    await desk.press(ADA, "feed_outcome", **picked)
    place = _state(desk, ADA)
    assert place.filters == {"outcome": "held"}
    private_postgres.freeze()
    assert "*The database is away.*" in await desk.home(ADA)
    private_postgres.thaw()
    assert "*The database is away.*" not in await desk.press(ADA, "home_refresh")
    assert _state(desk, ADA) == place
    pool.terminate()
