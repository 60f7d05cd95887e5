"""`/livesop` typed in a workspace: answered to the one who typed it, at once, whatever happens."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import pytest

from livesop_bot.db.pool import Pool, create_pool
from livesop_bot.db.teams import Teams
from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.signals import TeamId
from livesop_bot.errors import DatabaseAway
from livesop_bot.sandbox.demo import ADA, BUGS, GRACE
from livesop_bot.sandbox.faults import AnswerError, NeverHandled
from tests.conftest import PrivatePostgres
from tests.integration.slack.listeners.conftest import Desk, Health

TEAM = TeamId("T0SANDBOX")


Judged = Callable[..., Awaitable[str]]
Outdate = Callable[[], Awaitable[None]]


async def audited(pool: Pool) -> list[tuple[object, ...]]:
    """Who did what to what, and what was so afterwards."""
    rows = await pool.fetch("SELECT actor, kind, subject, after FROM audit_log ORDER BY number")
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("line", ["/livesop help", "/livesop HELP me"])
async def test_help_says_what_there_is(desk: Desk, line: str) -> None:
    assert "`/livesop why &lt;message link or signal&gt;`" in await desk.type(GRACE, line)


async def test_an_unknown_word_gets_a_suggestion(desk: Desk) -> None:
    assert await desk.type(GRACE, "/livesop aprovals") == (
        "LiveSOP does not know `aprovals`. Did you mean `/livesop approvals`?"
    )


async def test_status_says_what_may_run_and_how_it_goes(desk: Desk) -> None:
    said = await desk.type(GRACE, "/livesop status")
    assert said.startswith("*Auto-Pilot is off.* LiveSOP only proposes")
    assert "🟢 All well  ·  1 Slack connection" in said


async def test_only_admins_switch_on_and_everybody_switches_off(desk: Desk, pool: Pool) -> None:
    teams = Teams(pool)
    assert await desk.type(GRACE, "/livesop autopilot on") == (
        "Only admins can switch Auto-Pilot on; nothing was changed. "
        f"Please ask <@{ADA}>. Switching it *off* is open to everybody."
    )
    assert await teams.autopilot(TEAM) is False
    assert "*Auto-Pilot is on.*" in await desk.type(ADA, "/livesop autopilot on")
    assert await teams.autopilot(TEAM) is True
    assert "*Auto-Pilot is off.*" in await desk.type(GRACE, "/livesop autopilot OFF")
    assert await teams.autopilot(TEAM) is False
    refused = '{"why": "not_an_admin", "right": "switch_on"}'
    assert await audited(pool) == [
        (GRACE, "refusal", f"team:{TEAM}", refused),
        (ADA, "switch", f"team:{TEAM}", '{"on": true}'),
        (GRACE, "switch", f"team:{TEAM}", '{"on": false}'),
    ]


@pytest.mark.parametrize(
    ("names", "subject"),
    [
        ("bug-report", "workflow:bug-report"),
        ("bug-report TELL", "step:bug-report/tell"),
        ("hunter2", "workflow:unknown"),
        ("bug-report hunter2", "step:unknown"),
    ],
)
async def test_a_refusal_names_the_switch_and_keeps_nothing_else_that_was_typed(
    desk: Desk, pool: Pool, names: str, subject: str
) -> None:
    assert "Only admins" in await desk.type(GRACE, f"/livesop autopilot on {names}")
    [(_, kind, noted, _)] = await audited(pool)
    assert (kind, noted) == ("refusal", subject)


async def test_a_refusal_stands_where_the_database_cannot_note_it(
    desk: Desk, pool: Pool, log_events: list[MutableMapping[str, Any]]
) -> None:
    assert "Only admins" in await desk.type(GRACE, "/livesop autopilot on")
    await pool.close()  # her role is known still, for two seconds
    assert "Only admins" in await desk.type(GRACE, "/livesop autopilot on")
    [event] = [event for event in log_events if event["event"] == "audit.refusal_not_noted"]
    assert event["user"] == GRACE


async def test_where_the_teams_lists_cannot_be_read_nothing_is_switched_on(
    desk: Desk, pool: Pool
) -> None:
    await pool.close()
    assert "The database is away" in await desk.type(GRACE, "/livesop autopilot on")


async def test_an_sop_and_a_step_are_switched_by_their_names(desk: Desk, pool: Pool) -> None:
    assert await desk.type(ADA, "/livesop autopilot on Bug-Report") == (
        "Auto-Pilot is now *on* for *Bug report*. To start by itself it needs its "
        "automatic step on, too: `/livesop autopilot on bug-report tell`. "
        "Auto-Pilot is still off for the team: `/livesop autopilot on`."
    )
    assert await desk.type(ADA, "/livesop autopilot on bug-report tell") == (
        "Auto-Pilot is now *on* for *Tell the channel* of *Bug report*. "
        "Auto-Pilot is still off for the team: `/livesop autopilot on`."
    )
    on = {(Scope.WORKFLOW, "bug-report"), (Scope.STEP, "bug-report/tell")}
    assert await Teams(pool).switched_on(TEAM) == on
    assert "`bug-report`  Bug report: *on*, with `tell`" in (
        await desk.type(GRACE, "/livesop autopilot")
    )
    assert await desk.type(GRACE, "/livesop autopilot off bug-report tell") == (
        "Auto-Pilot is now *off* for *Tell the channel* of *Bug report*."
    )
    assert await Teams(pool).switched_on(TEAM) == {(Scope.WORKFLOW, "bug-report")}


@pytest.mark.parametrize("where", ["here", "#bugs", f"<#{BUGS}|bugs>"])
async def test_a_channel_is_switched_off_by_everybody_and_on_by_admins(
    desk: Desk, pool: Pool, where: str
) -> None:
    for line in ("on", "on bug-report", "on bug-report tell"):
        await desk.type(ADA, f"/livesop autopilot {line}")
    off = await desk.type(GRACE, f"/livesop autopilot off {where}", BUGS)
    assert off.startswith(f"Auto-Pilot is now *off* in <#{BUGS}>")
    for line in ("status", "autopilot"):
        assert f"is sure.\nOff in <#{BUGS}>." in await desk.type(GRACE, f"/livesop {line}")
    assert f"Off in <#{BUGS}>." in await desk.home(GRACE)
    refused = await desk.type(GRACE, f"/livesop autopilot on {where}", BUGS)
    assert "Only admins can switch Auto-Pilot on" in refused
    on = await desk.type(ADA, f"/livesop autopilot on {where}", BUGS)
    assert on == f"Auto-Pilot is now *on* in <#{BUGS}>, for the SOPs and steps that are on."
    assert "Off in" not in await desk.type(GRACE, "/livesop status")
    assert (await audited(pool))[3:] == [
        (GRACE, "switch", f"channel:{BUGS}", '{"on": false}'),
        (GRACE, "refusal", f"channel:{BUGS}", '{"why": "not_an_admin", "right": "switch_on"}'),
        (ADA, "switch", f"channel:{BUGS}", '{"on": true}'),
    ]


async def test_what_a_message_would_start_waits_for_people_where_its_channel_is_off(
    desk: Desk, judged: Judged, outdate: Outdate
) -> None:
    link = await judged()
    await outdate()
    for line in ("on", "on bug-report", "on bug-report tell"):
        await desk.type(ADA, f"/livesop autopilot {line}")
    assert "Auto-Pilot is on and the match is sure" in (
        await desk.ask(GRACE, f"/livesop replay {link}", BUGS)
    )
    await desk.type(GRACE, "/livesop autopilot off here", BUGS)
    assert "Proposed, not started: Auto-Pilot is off in this channel." in (
        await desk.ask(GRACE, f"/livesop replay {link}", BUGS)
    )


async def test_where_slack_does_not_say_which_channel_is_meant_nothing_is_switched(
    desk: Desk, pool: Pool
) -> None:
    desk.slack.faults.add("users.conversations", AnswerError("internal_error"))
    said = await desk.type(GRACE, "/livesop autopilot off #bugs")
    assert "Slack did not answer LiveSOP, so nothing was done" in said
    assert await audited(pool) == []


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("off #nowhere", "LiveSOP is in no channel named `#nowhere`, so nothing was changed."),
        ("on bug-reprot", "There is no SOP named `bug-reprot`. Did you mean `bug-report`?"),
        (
            "on bug-report tall",
            "There is no step of *Bug report* named `tall`. Did you mean `tell`?",
        ),
        ("on bug-report see", "*See it* of *Bug report* is done by hand"),
        ("onn", "`/livesop autopilot onn` is not a switch. Did you mean `on`?"),
        ("on bug-report tell now", "`/livesop autopilot on bug-report tell now` is not a switch."),
        ("on here bug-report", "`/livesop autopilot on here bug-report` is not a switch. Write"),
    ],
)
async def test_what_cannot_be_switched_is_said_and_changes_nothing(
    desk: Desk, pool: Pool, line: str, answer: str
) -> None:
    assert answer in await desk.type(ADA, f"/livesop autopilot {line}")
    assert await audited(pool) == []


async def test_slack_not_saying_who_is_an_admin_switches_nothing_on(desk: Desk, pool: Pool) -> None:
    desk.slack.faults.add("users.info", NeverHandled())
    said = await desk.type(ADA, "/livesop autopilot on")
    assert said.startswith("Slack did not say whether you may switch Auto-Pilot on")
    desk.slack.faults.add("users.info", AnswerError("missing_scope"))
    assert (await desk.type(ADA, "/livesop autopilot on")).startswith("Slack did not say")
    assert await Teams(pool).autopilot(TEAM) is False
    unknown = (ADA, "refusal", f"team:{TEAM}", '{"why": "unknown", "right": "switch_on"}')
    assert await audited(pool) == [unknown, unknown]


@pytest.mark.parametrize("rest", ["", " please", " https://acme.slack.com/archives/C1"])
async def test_why_without_a_message_link_says_how_to_get_one(desk: Desk, rest: str) -> None:
    assert "Copy its link" in await desk.ask(GRACE, f"/livesop why{rest}")


async def test_a_listener_that_fails_answers_and_is_logged_with_its_traceback(
    desk: Desk, health: Health, log_events: list[MutableMapping[str, Any]]
) -> None:
    health.error = RuntimeError("secret detail")
    said = await desk.type(GRACE, "/livesop status")
    assert said == "Something went wrong here. It has been logged; please try again in a moment."
    [event] = [event for event in log_events if event["event"] == "listener.failed"]
    assert (event["kind"], event["team"], event["exc_info"]) == ("/livesop", TEAM, True)


async def test_a_database_that_is_away_is_said_and_a_switch_not_claimed(
    desk: Desk, health: Health
) -> None:
    health.error = DatabaseAway("gone")
    assert "The database is away" in await desk.type(GRACE, "/livesop status")


async def test_commands_answer_while_postgres_hangs_and_work_after(
    serve: Callable[[Pool], Awaitable[Desk]], private_postgres: PrivatePostgres
) -> None:
    pool = await create_pool(private_postgres.dsn)
    await Teams(pool).ensure(TEAM, "Acme")
    desk = await serve(pool)
    assert "*Auto-Pilot is on.*" in await desk.type(ADA, "/livesop autopilot on")
    private_postgres.freeze()
    answers = {}
    for line in ("status", "autopilot", "autopilot off", "autopilot on", "feed", "stats", "show x"):
        answers[line] = await desk.type(ADA, f"/livesop {line}")
    assert "*not confirmed*" in answers.pop("autopilot off")
    assert "*not confirmed*" in answers.pop("autopilot on")
    assert all("The database is away" in answer for answer in answers.values())
    assert "finds the SOP" in await desk.type(ADA, "/livesop help")
    private_postgres.thaw()
    assert "*Auto-Pilot is off.*" in await desk.type(ADA, "/livesop autopilot off")
    private_postgres.stop()
    assert "The database is away" in await desk.type(ADA, "/livesop status")
    private_postgres.start()
    assert "*Auto-Pilot is off.*" in await desk.type(ADA, "/livesop status")
    pool.terminate()
