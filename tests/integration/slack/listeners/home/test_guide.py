"""The guide in Home and in its message: facts are seen, presses count, and it can be left."""

import asyncio
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.db.guides import Guides
from livesop_bot.db.jobs import GreetJob
from livesop_bot.db.pool import Pool
from livesop_bot.db.tries import KeyedTries
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.guide import GuideStep, Shown
from livesop_bot.domain.signals import TeamId, UserId
from livesop_bot.metrics import Metrics
from livesop_bot.sandbox.changes import Change, HomePublished
from livesop_bot.sandbox.demo import ADA, BUGS, GENERAL, GRACE
from livesop_bot.worker.greet import Greetings
from livesop_bot.worker.saying import Saying
from tests.integration.slack.listeners.conftest import Desk

TEAM = TeamId("T0SANDBOX")


async def press(
    desk: Desk,
    user: str,
    action_id: str,
    picked: dict[str, Any] | None = None,
    value: str = "",
) -> dict[str, Any]:
    """Press a button of Home, with something picked; gives the Home that is shown then."""
    slack, shown = desk.slack, asyncio.Event()

    def look(change: Change) -> None:
        if isinstance(change, HomePublished):
            shown.set()

    stop = slack.workspace.listen(look)
    view = slack.workspace.views.homes[user]
    await slack.interactions.block_action(
        user,
        {"type": "view", "view_id": view["id"]},
        {"type": "button", "action_id": action_id, "block_id": "guide", "value": value},
        {"values": picked or {}},
    )
    async with asyncio.timeout(5):
        await shown.wait()
    stop()
    found: dict[str, Any] = slack.workspace.views.homes[user]
    return found


def picked_channels(*channels: str) -> dict[str, Any]:
    """What Slack sends of the picker."""
    field = {"type": "multi_channels_select", "selected_channels": list(channels)}
    return {"guide_channels": {"guide_channels": field}}


def picked_step(value: str) -> dict[str, Any]:
    """What Slack sends of the select."""
    field = {"type": "static_select", "selected_option": {"value": value}}
    return {"guide_step": {"guide_step": field}}


def leave_all(desk: Desk) -> None:
    """Take LiveSOP out of every channel."""
    bot = desk.slack.workspace.bot.user_id
    for channel in desk.slack.workspace.channels.values():
        if not channel.is_im:
            channel.members.discard(bot)


async def done(pool: Pool) -> set[GuideStep]:
    """The steps that are done."""
    return set((await Guides(pool).get(TEAM, UserId(GRACE))).done)


async def test_a_channel_that_livesop_is_in_is_seen(desk: Desk, pool: Pool) -> None:
    leave_all(desk)
    assert "step 1 of 4" in await desk.home(ADA)
    desk.slack.workspace.join(BUGS, desk.slack.workspace.bot.user_id)
    assert "step 2 of 4" in await desk.home(ADA)
    assert await done(pool) == {GuideStep.CHANNELS}


async def test_channels_are_joined_and_the_next_step_is_shown(desk: Desk) -> None:
    leave_all(desk)
    await desk.home(ADA)
    view = await press(desk, ADA, "guide_join", picked_channels(GENERAL, "C0UNKNOWN1"))
    said = str(view["blocks"])
    assert f"Joined <#{GENERAL}>" in said
    assert "<#C0UNKNOWN1>" in said
    assert "step 2 of 4" in said
    assert desk.slack.workspace.bot.user_id in desk.slack.workspace.channel(GENERAL).members


async def test_nothing_picked_is_said(desk: Desk) -> None:
    leave_all(desk)
    await desk.home(ADA)
    assert "Pick something first" in str(await press(desk, ADA, "guide_join"))


async def test_who_is_no_admin_picks_and_switches_nothing(desk: Desk, pool: Pool) -> None:
    leave_all(desk)
    await desk.home(GRACE)
    await press(desk, GRACE, "guide_join", picked_channels(GENERAL))
    assert desk.slack.workspace.bot.user_id not in desk.slack.workspace.channel(GENERAL).members
    await press(desk, GRACE, "guide_switch", picked_step("bug-report/tell"))
    assert await pool.fetchval("SELECT count(*) FROM autopilot_switches") == 0
    rows = await pool.fetch("SELECT subject FROM audit_log WHERE kind = 'refusal' ORDER BY number")
    assert [row["subject"] for row in rows] == ["settings:T0SANDBOX", "team:T0SANDBOX"]


async def test_the_steps_follow_each_other_to_the_end(desk: Desk, pool: Pool, judged: Any) -> None:
    assert "step 2 of 4" in await desk.home(ADA)
    view = await press(desk, ADA, "guide_sops")
    assert '"tab":"workflows"' in view["private_metadata"]
    view = await press(desk, ADA, "home_tab:0", value="overview")
    assert "step 3 of 4" in str(view)
    assert "Nothing was judged yet" in str(await press(desk, ADA, "guide_again"))
    assert "Nothing was judged yet" not in str(await press(desk, ADA, "home_refresh"))
    await judged()
    assert "step 4 of 4" in str(await press(desk, ADA, "guide_again"))
    assert "Pick something" in str(await press(desk, ADA, "guide_switch"))
    gone = await press(desk, ADA, "guide_switch", picked_step("bug-report/other"))
    assert "not there any more" in str(gone)
    view = await press(desk, ADA, "guide_switch", picked_step("bug-report/tell"))
    assert "Auto-Pilot is on for *Tell the channel* of *Bug report*" in str(view)
    assert "of 4" not in str(view)
    assert await done(pool) == set(GuideStep)
    rows = await pool.fetch("SELECT subject FROM audit_log WHERE kind = 'switch' ORDER BY number")
    assert [row["subject"] for row in rows] == [
        "step:bug-report/tell",
        "workflow:bug-report",
        f"team:{TEAM}",
    ]


async def test_a_sample_is_judged_in_a_modal_and_that_is_the_test(desk: Desk, pool: Pool) -> None:
    await desk.home(ADA)
    await Guides(pool).note(TEAM, GuideStep.SOPS)
    view = await press(desk, ADA, "guide_try")
    assert "step 4 of 4" in str(view)
    (modal,) = desk.slack.workspace.views.stacks[ADA]
    assert "Nothing was stored, posted or started." in str(modal["blocks"])
    assert await pool.fetchval("SELECT count(*) FROM raw_signals") == 0


async def test_it_is_left_and_resumed_by_each_for_themselves(desk: Desk, pool: Pool) -> None:
    await desk.home(ADA)
    assert "Go on setting up" in str(await press(desk, ADA, "guide_later"))
    assert "Go on setting up" in str(await press(desk, ADA, "home_refresh"))
    assert "Look at the SOPs" in str(await press(desk, ADA, "guide_resume"))
    assert "of 4" not in str(await press(desk, ADA, "guide_never"))
    assert (await Guides(pool).get(TEAM, UserId(GRACE))).shown is Shown.WHOLE
    assert (await Guides(pool).get(TEAM, UserId(ADA))).shown is Shown.NEVER


def greeting(pool: Pool, client: AsyncWebClient) -> Greetings:
    """What greets."""
    return Greetings(
        guides=Guides(pool),
        workflows=Workflows(pool),
        client=client,
        saying=Saying(KeyedTries(pool), client),
        metrics=Metrics(),
    )


async def test_the_first_visitor_is_greeted_once(
    desk: Desk, pool: Pool, client: AsyncWebClient
) -> None:
    await desk.home(GRACE)
    await desk.home(ADA)
    jobs = await pool.fetch("SELECT payload FROM pgqueuer WHERE entrypoint = 'greet'")
    assert len(jobs) == 1
    greetings = greeting(pool, client)
    for _ in range(2):
        await greetings(GreetJob(TEAM), 0)
        await pool.execute("UPDATE guides SET greeted_at = NULL")
    messages = said_to(desk, GRACE)
    assert len(messages) == 1, "the second job found the message"
    assert "step 2 of 4" in str(messages[0]["blocks"])
    assert said_to(desk, ADA) == []


async def test_a_press_in_the_message_shows_the_next_step_there(
    desk: Desk, pool: Pool, client: AsyncWebClient
) -> None:
    await desk.home(ADA)
    await greeting(pool, client)(GreetJob(TEAM), 0)
    (message,) = said_to(desk, ADA)
    channel = desk.slack.workspace.direct_channel(ADA).id
    await desk.slack.interactions.block_action(
        ADA,
        {"type": "message", "channel": channel, "ts": message["ts"]},
        {"type": "button", "action_id": "guide_sops", "block_id": "guide"},
    )
    async with asyncio.timeout(5):
        while "step 3 of 4" not in str(said_to(desk, ADA)):
            await desk.slack.workspace.wait_for_change(lambda _: True, timeout=5)
    (message,) = said_to(desk, ADA)
    assert "under *Workflows*" in str(message["blocks"])
    assert '"tab":"workflows"' in desk.slack.workspace.views.homes[ADA]["private_metadata"]


def said_to(desk: Desk, user: str) -> list[dict[str, Any]]:
    """The bot's direct messages to somebody."""
    messages = desk.slack.workspace.direct_channel(user).messages.values()
    return [one for one in messages if one["user"] == desk.slack.workspace.bot.user_id]
