"""App Home as people see it, and its buttons."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from livesop_bot.db.pool import Pool, create_pool
from livesop_bot.db.teams import Teams
from livesop_bot.domain.signals import TeamId
from livesop_bot.sandbox.demo import ADA, GRACE, LINUS
from livesop_bot.sandbox.faults import NeverHandled
from tests.conftest import PrivatePostgres
from tests.integration.slack.listeners.conftest import Desk, Health

TEAM = TeamId("T0SANDBOX")
ON, OFF = "[Switch on]", "[Switch off for everybody]"


async def test_the_first_visit_shows_at_once_that_something_comes(desk: Desk) -> None:
    desk.open(GRACE)
    assert "One moment" in await desk.shown()
    assert "Nothing yet. Send a message" in await desk.shown()
    desk.open(GRACE)
    assert "Nothing yet. Send a message" in await desk.shown()


async def test_the_messages_tab_is_not_the_home_tab(desk: Desk) -> None:
    desk.open(LINUS, "messages")
    await desk.home(GRACE)
    assert set(desk.slack.workspace.views.homes) == {GRACE}


async def test_admins_switch_on_and_everybody_off(desk: Desk, pool: Pool) -> None:
    assert ON not in await desk.home(GRACE)
    assert ON in await desk.home(ADA)
    assert OFF in await desk.press(ADA, "autopilot_on")
    assert await Teams(pool).autopilot(TEAM) is True
    assert OFF in await desk.home(GRACE)
    assert "An admin can switch it on." in await desk.press(GRACE, "autopilot_off")
    assert await Teams(pool).autopilot(TEAM) is False


async def test_pressing_a_button_that_is_no_longer_ones_own_changes_nothing(
    desk: Desk, pool: Pool
) -> None:
    await desk.home(GRACE)
    assert "An admin can switch it on." in await desk.press(GRACE, "autopilot_on")
    assert await Teams(pool).autopilot(TEAM) is False
    noted = await pool.fetchrow("SELECT actor, kind, subject FROM audit_log")
    assert noted is not None
    assert tuple(noted) == (GRACE, "refusal", f"team:{TEAM}")


async def test_nothing_is_switched_on_while_slack_does_not_say_who_is_an_admin(
    desk: Desk, pool: Pool
) -> None:
    await desk.home(GRACE)
    desk.slack.faults.add("users.info", NeverHandled(), times=2)
    await desk.home(ADA)
    await desk.press(ADA, "autopilot_on")
    assert await Teams(pool).autopilot(TEAM) is False


async def test_refresh_shows_the_tab_as_it_is_now(desk: Desk, pool: Pool) -> None:
    await desk.home(GRACE)
    await pool.execute("UPDATE teams SET autopilot = true")
    assert OFF in await desk.press(GRACE, "home_refresh")


async def test_a_tab_that_fails_says_so_and_is_logged(
    desk: Desk, health: Health, log_events: list[MutableMapping[str, Any]]
) -> None:
    health.error = RuntimeError("secret detail")
    said = await desk.home(GRACE)
    assert "Something went wrong here." in said
    assert "secret" not in said
    assert "Something went wrong here." in await desk.press(GRACE, "home_refresh")
    failed = [event for event in log_events if event["event"] == "listener.failed"]
    assert [(event["kind"], event["exc_info"]) for event in failed] == [
        ("app_home_opened", True),
        ("block_actions", True),
    ]


async def test_the_home_tab_says_when_the_database_hangs_and_recovers(
    serve: Callable[[Pool], Awaitable[Desk]], private_postgres: PrivatePostgres
) -> None:
    pool = await create_pool(private_postgres.dsn)
    await Teams(pool).ensure(TEAM, "Acme")
    desk = await serve(pool)
    await desk.home(ADA)
    private_postgres.freeze()
    assert "*The database is away.*" in await desk.home(ADA)
    assert "*Not confirmed:*" in await desk.press(ADA, "autopilot_on")
    assert "*Not confirmed:*" in await desk.press(ADA, "autopilot_off")
    private_postgres.thaw()
    assert OFF in await desk.press(ADA, "autopilot_on")
    pool.terminate()
