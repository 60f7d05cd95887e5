"""What is pressed in a Trust Panel is done, and shown in its place."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio

from livesop_bot.db.pool import Pool
from livesop_bot.sandbox.demo import ADA, BUGS, GRACE
from livesop_bot.sandbox.people import Person
from livesop_bot.sandbox.server import SlackServer
from tests.conftest import Outage
from tests.polling import until

Judged = Callable[..., Awaitable[str]]
Outdate = Callable[[], Awaitable[None]]


@pytest_asyncio.fixture
async def panel(desk: Any, slack: SlackServer, pool: Pool, judged: Judged, reader: Any) -> Any:
    """Opens the panel of a message that was judged, for somebody."""
    await judged()
    message = slack.workspace.post(BUGS, GRACE, "the export crashes")
    await pool.execute(
        "UPDATE raw_signals SET message_ts = $1, external_id = channel_id || ':' || $1",
        message["ts"],
    )

    async def open_(user: str = GRACE) -> Any:
        await slack.interactions.message_shortcut(user, BUGS, message["ts"], "why_shortcut")
        mine = reader(user)
        await mine.until("No earlier message")
        return mine

    return open_


async def test_an_admin_switches_on_and_anybody_off(panel: Any, pool: Pool) -> None:
    ada = await panel(ADA)
    assert "The SOP as a whole: *off*" in ada.text
    await ada.press("Switch on")
    await ada.until("The SOP as a whole: *on*", "Auto-Pilot is now *on* for *Bug report*")
    await ada.press("Switch on")  # the first is a step's now
    await ada.until("Step: Tell the channel: *on*")
    switches = "SELECT count(*) FROM autopilot_switches WHERE is_on"
    assert await pool.fetchval(switches) == 2

    grace = await panel(GRACE)
    await grace.press("Switch off", nth=2)
    await grace.until("Step: Tell the channel: *off*")
    assert await pool.fetchval(switches) == 1


async def test_the_channel_is_switched_in_the_panel(panel: Any, pool: Pool) -> None:
    grace = await panel(GRACE)
    assert "Everything in this channel: *on*" in grace.text
    await grace.press("Switch off")
    await grace.until(
        "Everything in this channel: *off*",
        "Auto-Pilot is off in this channel, so nothing starts here by itself.",
        f"Auto-Pilot is now *off* in <#{BUGS}>",
    )
    await grace.press("Switch on")
    said = await grace.until("nly admins")
    assert "Everything in this channel: *off*" in said

    ada = await panel(ADA)
    await ada.press("Switch on")
    await ada.until("Everything in this channel: *on*")
    rows = await pool.fetch("SELECT actor, kind, subject FROM audit_log ORDER BY number")
    assert [tuple(row) for row in rows] == [
        (GRACE, "switch", f"channel:{BUGS}"),
        (GRACE, "refusal", f"channel:{BUGS}"),
        (ADA, "switch", f"channel:{BUGS}"),
    ]


async def test_who_may_not_switch_on_is_told_in_the_panel(panel: Any, pool: Pool) -> None:
    grace = await panel(GRACE)
    await grace.press("Switch on")
    said = await grace.until("nly admins")
    assert "The SOP as a whole: *off*" in said
    assert await pool.fetchval("SELECT count(*) FROM audit_log WHERE kind = 'refusal'") == 1


@pytest.mark.parametrize(
    ("label", "option", "said"),
    [
        ("👍 Right", None, "💬  *Bug report* fits, says"),
        ("👎 Wrong", None, "💬  *Bug report* does not fit, says"),
        ("Another SOP …", "No SOP fits", "💬  No SOP fits, says"),
        ("Another SOP …", "Bug report", "💬  *Bug report* fits, says"),
    ],
)
async def test_a_verdict_is_kept_and_shown(
    panel: Any, pool: Pool, label: str, option: str | None, said: str
) -> None:
    grace = await panel(GRACE)
    await grace.press(label, option)
    await grace.until(said, "Kept, with your name")
    assert await pool.fetchval("SELECT given_by FROM verdicts") == GRACE


async def test_a_replay_is_shown_in_place_and_does_nothing(panel: Any, pool: Pool) -> None:
    grace = await panel(GRACE)
    await grace.press("Replay")
    await grace.until("A dry run: nothing was done.")
    assert "Replay again" in grace.labels()
    rows = await pool.fetch("SELECT cause, dry_run FROM evaluations ORDER BY id")
    assert [tuple(row) for row in rows] == [("signal", False), ("replay", True)]
    assert await pool.fetchval("SELECT count(*) FROM runs") == 0


async def test_what_would_come_out_otherwise_can_be_judged_for_real(panel: Any, pool: Pool) -> None:
    grace = await panel(GRACE)
    await grace.press("Replay")
    await grace.until("What would differ from what is stored")
    await grace.press("Judge it again for real")
    await grace.until("a replay")
    rows = await pool.fetch("SELECT cause, dry_run FROM evaluations ORDER BY id")
    assert [tuple(row) for row in rows][-1] == ("replay", False)


async def test_it_is_replayed_with_the_version_of_then_and_for_real_as_it_was_shown(
    panel: Any, pool: Pool, outdate: Outdate
) -> None:
    grace = await panel(GRACE)
    assert not any("with version" in label for label in grace.labels())
    await outdate()
    await grace.press("Replay")
    await grace.until("*Version:*  2 → 3")
    await grace.press("Replay with version 2")
    await grace.until("Bug report was asked about in its version 2")
    assert "*Version:*" not in grace.text
    await grace.press("Judge it again for real")
    await grace.until("a replay")
    rows = await pool.fetch(
        "SELECT workflow_version, dry_run FROM evaluations WHERE cause = 'replay' ORDER BY id"
    )
    assert [tuple(row) for row in rows] == [(3, True), (2, True), (2, False)]


async def test_while_it_is_replayed_the_panel_says_so(panel: Any, pool: Pool) -> None:
    grace = await panel(GRACE)
    async with pool.acquire() as other, other.transaction():
        await other.execute("LOCK TABLE evaluations IN EXCLUSIVE MODE")
        await grace.press("Replay")
        await grace.until("Being judged again")
        assert "Replay" not in grace.labels()
    await grace.until("A dry run: nothing was done.")
    assert "Replay again" in grace.labels()


@pytest.mark.parametrize(
    ("label", "said"), [("👍 Right", "*not confirmed*"), ("Replay", "nothing was changed")]
)
async def test_with_the_database_away_nothing_is_claimed_and_it_can_be_looked_at_again(
    panel: Any, pool: Pool, outage: Outage, label: str, said: str
) -> None:
    grace = await panel(GRACE)
    async with outage():
        await grace.press(label)
        await grace.until("The database is away", said)
    assert await pool.fetchval("SELECT count(*) FROM verdicts") == 0
    await grace.press("Look again")
    await grace.until("*Was this right?*")
    assert "Replay" in grace.labels()


async def test_two_presses_at_once_both_count_and_the_panel_shows_both(
    panel: Any, pool: Pool
) -> None:
    ada = await panel(ADA)
    await asyncio.gather(ada.press("Switch on"), ada.press("👍 Right"))
    await ada.until("The SOP as a whole: *on*", "*Bug report* fits, says")
    for table in ("autopilot_switches", "verdicts"):
        assert await pool.fetchval(f"SELECT count(*) FROM {table}") == 1


async def test_who_closes_it_while_it_is_pressed_is_left_in_peace(
    panel: Any, pool: Pool, log_events: Any
) -> None:
    grace = await panel(GRACE)
    async with pool.acquire() as other, other.transaction():
        await other.execute("LOCK TABLE verdicts IN EXCLUSIVE MODE")
        await grace.press("👍 Right")
        await grace.close()
    await until(pool, "SELECT count(*) FROM verdicts", 1)
    assert grace.stack == []
    await panel(GRACE)
    assert len(grace.stack) == 1, "it came back"
    assert [one for one in log_events if one["log_level"] in ("error", "critical")] == []


async def test_what_goes_wrong_is_said_in_the_panel(
    panel: Any, pool: Pool, log_events: list[dict[str, Any]]
) -> None:
    grace = await panel(GRACE)
    await pool.execute("ALTER TABLE verdicts RENAME TO lost")
    await grace.press("Refresh")
    await grace.until("Something went wrong here")
    assert "listener.failed" in [event["event"] for event in log_events]


async def test_a_guest_looks_and_is_told_who_may_more(
    panel: Any, slack: SlackServer, pool: Pool
) -> None:
    guest = Person(id="U0GUEST001", name="gus", real_name="Gus", is_guest=True)
    slack.workspace.people[guest.id] = guest
    gus = await panel(guest.id)
    await gus.press("👍 Right")
    await gus.until("Only members of this workspace who are no guests can teach LiveSOP")
    await gus.press("Replay")
    await gus.until("can have a message judged again; nothing was changed.")
    assert await pool.fetchval("SELECT count(*) FROM verdicts") == 0
    assert await pool.fetchval("SELECT count(*) FROM evaluations") == 1
    rows = await pool.fetch("SELECT actor, after ->> 'right' FROM audit_log WHERE kind = 'refusal'")
    assert [tuple(row) for row in rows] == [(guest.id, "verdict"), (guest.id, "replay")]
