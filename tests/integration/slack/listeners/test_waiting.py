"""The list of what waits for people: for those who may read it, pressed in it, shown anew."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from livesop_bot.db.pool import Pool
from livesop_bot.domain.runs import RunId
from livesop_bot.sandbox.demo import ADA, BUGS, GRACE
from livesop_bot.sandbox.faults import AnswerError
from livesop_bot.views.home.tabs import HomeState
from livesop_bot.views.press import Pressed
from tests.integration.slack.listeners.conftest import Desk
from tests.polling import until

_RUN = """
INSERT INTO runs (team_id, evaluation_id, signal_id, workflow_id, workflow_version, channel_id,
    thread_ts, state)
SELECT team_id, id, signal_id, workflow_id, 1, $1, '1700000000.000100', 'proposed'
FROM evaluations RETURNING id
"""


@pytest.fixture
async def proposed(judged: Callable[..., Awaitable[str]], pool: Pool, desk: Desk) -> RunId:
    """A run that waits for somebody to start it, in #bugs."""
    await judged()
    return RunId(await pool.fetchval(_RUN, BUGS))


def _modal(desk: Desk, user: str) -> dict[str, Any] | None:
    stack = desk.slack.workspace.views.stacks.get(user)
    return stack[-1] if stack else None


async def _open(desk: Desk, user: str) -> str:
    """Open the list from Home; gives what it says once it is filled."""
    home = desk.slack.workspace.views.homes[user]
    filled = asyncio.create_task(
        desk.slack.workspace.wait_for_change(
            lambda _: "One moment" not in str(_modal(desk, user) or "One moment")
        )
    )
    action = {"type": "button", "action_id": "waiting_open", "block_id": "any"}
    await desk.slack.interactions.block_action(
        user, {"type": "view", "view_id": home["id"]}, action
    )
    await filled
    return str(_modal(desk, user))


async def _press(desk: Desk, user: str, action_id: str, run: RunId) -> str:
    """Press something in the list; gives what it says then."""
    modal = _modal(desk, user)
    assert modal is not None
    shown = asyncio.create_task(
        desk.slack.workspace.wait_for_change(
            lambda _: (_modal(desk, user) or modal)["hash"] != modal["hash"]
        )
    )
    value = Pressed(run=run).value()
    action = {"type": "button", "action_id": action_id, "block_id": "any", "value": value}
    await desk.slack.interactions.block_action(
        user, {"type": "view", "view_id": modal["id"]}, action
    )
    await shown
    return str(_modal(desk, user))


async def test_a_proposal_is_started_from_the_list_and_home_shows_it(
    desk: Desk, proposed: RunId, pool: Pool
) -> None:
    assert "*1 proposal* waits for people." in await desk.home(GRACE)
    said = await _open(desk, GRACE)
    assert "the export crashes" in said
    assert "It reads like a bug." in said
    assert "See it" in await _press(desk, GRACE, "run_start", proposed)
    assert "*2 steps* wait for people." in await desk.shown()
    assert await pool.fetchval("SELECT started_by FROM runs") == GRACE


async def test_the_list_of_the_command_knows_no_home_to_show_anew(
    desk: Desk, proposed: RunId
) -> None:
    filled = asyncio.create_task(
        desk.slack.workspace.wait_for_change(lambda _: "Bug report" in str(_modal(desk, GRACE)))
    )
    await desk.slack.interactions.command(GRACE, BUGS, "/livesop approvals")
    await filled
    modal = _modal(desk, GRACE)
    assert modal is not None
    assert HomeState.find(modal["private_metadata"]) is None
    assert "See it" in await _press(desk, GRACE, "run_start", proposed)
    assert GRACE not in desk.slack.workspace.views.homes


async def test_after_a_press_in_a_thread_home_does_not_land_as_it_was(
    desk: Desk, proposed: RunId, pool: Pool
) -> None:
    assert "*1 proposal* waits" in await desk.home(GRACE)
    await desk.press(GRACE, "home_tab:1", value="workflows")
    bot = desk.slack.workspace.bot.user_id
    message = desk.slack.workspace.post(BUGS, bot, "Bug report", silent=True)
    button = {"type": "button", "action_id": "run_dismiss", "block_id": "any"}
    await desk.slack.interactions.block_action(
        GRACE,
        {"type": "message", "channel": BUGS, "ts": message["ts"]},
        button | {"value": Pressed(run=proposed).value()},
    )
    await until(pool, "SELECT state FROM runs", "dismissed")
    assert "Nothing waits" in await desk.press(GRACE, "home_tab:0", value="overview")


@pytest.mark.usefixtures("proposed")
async def test_who_is_mentioned_in_a_message_is_named(desk: Desk, pool: Pool) -> None:
    await pool.execute("UPDATE raw_signals SET text = $1", f"<@{ADA}>, the export crashes")
    await desk.home(GRACE)
    assert "> @ada, the export crashes" in await _open(desk, GRACE)


async def test_who_comes_too_late_is_told_in_the_list(desk: Desk, proposed: RunId) -> None:
    await desk.home(GRACE)
    await _open(desk, GRACE)
    assert "Nothing here waits" in await _press(desk, GRACE, "run_dismiss", proposed)
    assert "Nothing waits for people." in await desk.shown()
    said = await _press(desk, GRACE, "run_start", proposed)
    assert "⚠️" in said


async def test_what_is_in_a_private_channel_is_only_counted(desk: Desk, proposed: RunId) -> None:
    desk.slack.workspace.channel(BUGS).is_private = True
    assert "*1 proposal* waits" in await desk.home(ADA)
    said = await _open(desk, ADA)
    assert "1 waits in channels that are private" in said
    assert "the export crashes" not in said
    assert "Bug report" not in said


async def test_nothing_is_shown_while_slack_does_not_say_what_may_be_read(
    desk: Desk, proposed: RunId
) -> None:
    await desk.home(GRACE)
    desk.slack.faults.add("conversations.info", AnswerError("internal_error"), times=5)
    said = await _open(desk, GRACE)
    assert "1 waits in channels that are private, or that you may not read" in said
    assert "the export crashes" not in said


async def test_the_runs_of_other_teams_do_not_wait_here(
    desk: Desk, proposed: RunId, pool: Pool
) -> None:
    await pool.execute("UPDATE runs SET team_id = 'T9'")
    assert "Nothing waits for people." in await desk.home(GRACE)
    assert "Nothing here waits" in await _open(desk, GRACE)
