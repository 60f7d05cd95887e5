"""The words of `/livesop` that look, try and start; each answers to the one who typed it."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from livesop_bot.db.pool import Pool
from livesop_bot.sandbox.demo import ADA, BUGS, GENERAL, GRACE
from tests.integration.slack.listeners.conftest import Desk
from tests.polling import until

Judged = Callable[..., Awaitable[str]]
Outdate = Callable[[], Awaitable[None]]


async def counts(pool: Pool) -> tuple[int, ...]:
    """How much there is of what a look must not make more of."""
    tables = ("raw_signals", "evaluations", "runs", "remarks", "pgqueuer")
    return tuple([await pool.fetchval(f"SELECT count(*) FROM {table}") for table in tables])


async def test_alone_it_gives_a_short_status_with_buttons(desk: Desk) -> None:
    said = await desk.type(GRACE, "/livesop")
    assert said.startswith("*Auto-Pilot is off.*")
    assert "Nothing waits for people." in said
    assert said.endswith("[Feed]\n[Approvals]\n[Help]")
    await desk.ask(ADA, "/livesop autopilot on")
    assert "[Switch Auto-Pilot off]" in await desk.type(GRACE, "/livesop")


async def test_a_button_does_what_its_command_does(desk: Desk, pool: Pool) -> None:
    await desk.type(ADA, "/livesop autopilot on")
    await desk.type(GRACE, "/livesop")
    (shown,) = [
        one.message
        for one in desk.slack.workspace.ephemerals.values()
        if "Auto-Pilot off" in str(one.message)
    ]
    container = {"type": "message", "ts": shown["ts"], "channel": GENERAL}
    (row,) = [block for block in shown["blocks"] if block["type"] == "actions"]
    (off,) = [each for each in row["elements"] if each["value"] == "autopilot off"]
    action = off | {"block_id": row["block_id"]}
    await desk.slack.interactions.block_action(GRACE, container, action)
    await until(pool, "SELECT autopilot FROM teams", False)


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("feed", "Nothing was judged yet."),
        ("feed 0", "`0` is not a number from 1 to 20. Try `/livesop feed 7`."),
        ("feed many", "`many` is not a number from 1 to 20."),
        ("stats 1000", "`1000` is not a number from 1 to 90."),
        ("stats", "*The last 7 days (UTC)*"),
        ("stats 1", "*Today (UTC)*"),
        ("health", "🟢 All well"),
        ("settings", "•  Proposed from *50%* on, started from *90%* on"),
        ("workflows", "`bug-report`  *Bug report*"),
        ("show bug-report", "1.  See it  ·  _by hand_"),
        ("show Bug Report", "*When:* Something is broken"),
        ("show bug", "There is no SOP named `bug`. There are: `bug-report`."),
        ("show", "Which one? `/livesop show bug-report`."),
        ("learn", "`/livesop learn` is not there yet."),
    ],
)
async def test_words_that_look(desk: Desk, pool: Pool, line: str, answer: str) -> None:
    before = await counts(pool)
    assert answer in await desk.type(GRACE, f"/livesop {line}")
    assert await counts(pool) == before


async def test_the_feed_never_quotes_a_message(desk: Desk, judged: Judged) -> None:
    await judged()
    said = await desk.type(GRACE, "/livesop feed 3")
    assert "*Bug report*  ·  80%" in said
    assert "export crashes" not in said


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("test", "What text?"),
        ("replay", "Which message?"),
        ("replay 7 now", "Which message?"),
        ("replay 7 same same", "Which message?"),
        ("replay 987654321", "LiveSOP has no record of that message."),
        ("start", "Which one? `/livesop start bug-report`."),
        ("start bug", "There is no SOP named `bug`."),
    ],
)
async def test_slow_words_say_how_they_are_written(desk: Desk, line: str, answer: str) -> None:
    assert answer in await desk.ask(GRACE, f"/livesop {line}")


async def test_a_text_is_tried_and_nothing_of_it_is_stored(desk: Desk, pool: Pool) -> None:
    before = await counts(pool)
    said = await desk.ask(GRACE, "/livesop test the export <!channel> is broken, a bug", BUGS)
    assert "the export @channel is broken" in said
    assert "Nothing was stored, posted or started." in said
    assert await counts(pool) == before


async def test_a_replay_only_says_unless_it_is_to_run(
    desk: Desk, pool: Pool, judged: Judged
) -> None:
    link = await judged()
    said = await desk.ask(GRACE, f"/livesop replay {link}", BUGS)
    assert "A dry run: nothing was done." in said
    assert await pool.fetchval("SELECT count(*) FROM runs") == 0
    number = await pool.fetchval("SELECT id FROM raw_signals")
    await desk.ask(GRACE, f"/livesop replay #{number} run", BUGS)
    replays = "SELECT count(*) FROM evaluations WHERE cause = 'replay' AND NOT dry_run"
    assert await pool.fetchval(replays) == 1


@pytest.mark.parametrize(
    ("words", "version", "said"),
    [
        ("", 3, "•  *Version:*  2 → 3"),
        ("same", 2, "Bug report was asked about in its version 2"),
        ("run", 3, "•  *Version:*  2 → 3"),
        ("same run", 2, "Bug report was asked about in its version 2"),
        ("RUN same", 2, "Bug report was asked about in its version 2"),
    ],
)
async def test_a_replay_asks_about_the_newest_version_or_the_same(
    desk: Desk,
    pool: Pool,
    judged: Judged,
    outdate: Outdate,
    words: str,
    version: int,
    said: str,
) -> None:
    link = await judged()
    await outdate()
    answer = await desk.ask(GRACE, f"/livesop replay {link} {words}", BUGS)
    assert said in answer
    assert ("*Version:*" in answer) is (version == 3)
    is_real = "run" in words.lower()
    replays = "SELECT workflow_version, dry_run FROM evaluations WHERE cause = 'replay'"
    assert [tuple(row) for row in await pool.fetch(replays)] == [(version, not is_real)]
    runs = [row["workflow_version"] for row in await pool.fetch("SELECT * FROM runs")]
    assert runs == [version] * is_real


async def test_a_version_that_cannot_be_kept_is_said(
    desk: Desk, pool: Pool, judged: Judged, outdate: Outdate
) -> None:
    link = await judged()
    await outdate()
    await pool.execute("UPDATE workflows SET paused_at = now(), paused_by = 'U1'")
    said = await desk.ask(GRACE, f"/livesop replay {link} same", BUGS)
    assert "Bug report is paused, so its earlier version was not asked about." in said


async def test_a_start_is_asked_for_once_however_often_slack_delivers_the_command(
    desk: Desk, pool: Pool
) -> None:
    body: dict[str, Any] = {
        "command": "/livesop",
        "text": "start bug-report the export\x00 crashes",
        "team_id": desk.slack.workspace.team.id,
        "user_id": GRACE,
        "channel_id": BUGS,
        "trigger_id": "1.2.3",
        "response_url": desk.slack.page_url,
    }
    for _ in range(2):
        await desk.slack.socket_mode.request("slash_commands", body)
    await until(pool, "SELECT count(*) FROM remarks", 1)
    await desk.ask(GRACE, "/livesop start bug-report again", BUGS)
    await until(pool, "SELECT count(*) FROM remarks", 2)
    rows = await pool.fetch("SELECT kind, about, asked_by, channel_id FROM remarks ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("opening", "the export\ufffd crashes", GRACE, BUGS),
        ("opening", "again", GRACE, BUGS),
    ]


async def test_nothing_is_started_where_livesop_is_not(desk: Desk, pool: Pool) -> None:
    desk.slack.workspace.add_channel("C0ELSEWHER", "elsewhere").members.discard(
        desk.slack.workspace.bot.user_id
    )
    said = await desk.ask(GRACE, "/livesop start bug-report", "C0ELSEWHER")
    assert "LiveSOP is not in this channel" in said
    assert await pool.fetchval("SELECT count(*) FROM remarks") == 0
