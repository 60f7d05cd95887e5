"""The Trust Panel opens from everywhere, at once, and says why: also where nothing happened."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from livesop_bot.db.cases import Cases
from livesop_bot.db.pool import Pool
from livesop_bot.domain.runs import RunId
from livesop_bot.sandbox.changes import EphemeralShown
from livesop_bot.sandbox.demo import ADA, BUGS, GENERAL, GRACE
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.views.ids import ActionId
from livesop_bot.views.press import Pressed
from tests.conftest import Outage

Judged = Callable[..., Awaitable[str]]
Json = dict[str, Any]
RUN = """
INSERT INTO runs (team_id, evaluation_id, signal_id, workflow_id, workflow_version, channel_id,
    thread_ts, state, post_state, post_ts)
SELECT e.team_id, e.id, e.signal_id, e.workflow_id, 1, s.channel_id, s.message_ts, 'proposed',
    'posted', $1
FROM evaluations AS e JOIN raw_signals AS s ON s.id = e.signal_id RETURNING id
"""
CASE = """
WITH signal AS (
    INSERT INTO raw_signals (event_id, team_id, source, external_id, channel_id, message_ts,
        author_id, author_is_bot, text, occurred_at, received_at, state)
    VALUES ($1, 'T0SANDBOX', 'slack', $1 || ':1700000009.000100', $1, '1700000009.000100', 'U1',
        false, $2, now(), now(), 'evaluated') RETURNING id
), evaluation AS (
    INSERT INTO evaluations (team_id, signal_id, revision, cause, dry_run, workflow_id,
        workflow_version, confidence, reasoning, evidence, evaluator, verdict, reason, detail,
        latency_ms)
    SELECT 'T0SANDBOX', signal.id, 1, 'signal', false, w.id, 1, 0.8, '', '', 'lexical', 'propose',
        'proposed', '', 3
    FROM signal, workflows AS w RETURNING id, workflow_id
)
INSERT INTO runs (team_id, evaluation_id, signal_id, workflow_id, workflow_version, channel_id,
    thread_ts, state, ended_at)
SELECT 'T0SANDBOX', evaluation.id, signal.id, workflow_id, 1, $1, '1700000009.000100', $3, now()
FROM evaluation, signal RETURNING signal_id
"""


async def choose(slack: SlackServer, pool: Pool, user: str = GRACE, text: str = "") -> Json:
    """Choose the shortcut of the message that was judged, or of another with that text."""
    message = slack.workspace.post(BUGS, GRACE, text or "the export crashes")
    if not text:
        await pool.execute(
            "UPDATE raw_signals SET message_ts = $1, external_id = channel_id || ':' || $1",
            message["ts"],
        )
    await slack.interactions.message_shortcut(user, BUGS, message["ts"], "why_shortcut")
    return message


async def press_in_home(slack: SlackServer, desk: Any, value: str) -> None:
    """Press `Why?` in Grace's Live Feed."""
    await desk.home(GRACE)
    container = {"type": "view", "view_id": slack.workspace.views.homes[GRACE]["id"]}
    button = {"type": "button", "action_id": "why", "block_id": "any", "value": value}
    await slack.interactions.block_action(GRACE, container, button)


async def test_the_shortcut_of_a_message_explains_it_in_the_order_in_which_people_ask(
    desk: Any, slack: SlackServer, pool: Pool, judged: Judged, reader: Any
) -> None:
    await judged()
    await choose(slack, pool)
    said = await reader().until("No earlier message")
    wanted = (
        "Sure · 80%",
        "*Bug report*",
        "Sure enough to propose (80%).",
        "*It rests on these words*\n> the export crashes",
        "*Its reasoning*\nIt reads like a bug.",
        "No earlier message that an SOP answered",
        "*The message*",
        "*What was done*\nNothing",
        "*Auto-Pilot for Bug report*",
        "*Was this right?*",
        "*Replay*",
        "*At other thresholds*",
        "evaluator: lexical",
    )
    places = [said.index(part) for part in wanted]
    assert places == sorted(places)


async def test_who_is_mentioned_in_a_message_is_named(
    desk: Any, slack: SlackServer, pool: Pool, judged: Judged, reader: Any
) -> None:
    await judged()
    await pool.execute("UPDATE raw_signals SET text = $1", f"<@{ADA}>, the export crashes")
    await choose(slack, pool)
    await reader().until("> @ada, the export crashes")


async def test_the_button_of_a_run_explains_its_own_evaluation(
    desk: Any, slack: SlackServer, pool: Pool, judged: Judged, reader: Any
) -> None:
    await judged()
    posted = slack.workspace.post(BUGS, slack.workspace.bot.user_id, "Bug report")
    run = await pool.fetchval(RUN, posted["ts"])
    await pool.execute(
        "INSERT INTO evaluations (team_id, signal_id, revision, cause, dry_run, reasoning, "
        "evidence, evaluator, verdict, reason, detail, latency_ms, confidence) "
        "SELECT team_id, id, 1, 'replay', false, 'Not now.', '', 'lexical', 'skip', 'no_match', "
        "'No SOP fits.', 1, 0.1 FROM raw_signals"
    )
    button = {"type": "button", "action_id": ActionId.RUN_WHY, "block_id": "any"}
    value = Pressed(run=RunId(run)).value()
    await slack.interactions.block_action(
        GRACE,
        {"type": "message", "channel": BUGS, "ts": posted["ts"]},
        button | {"value": value},
    )
    said = await reader().until("It reads like a bug.", "proposed; it waits for somebody")
    assert "Not now." not in said


async def test_the_live_feed_explains_a_signal(
    desk: Any, slack: SlackServer, pool: Pool, judged: Judged, reader: Any
) -> None:
    await judged()
    await press_in_home(slack, desk, str(await pool.fetchval("SELECT id FROM raw_signals")))
    assert "> the export crashes" in await reader().until("It reads like a bug.")


async def test_words_of_a_private_channel_are_not_shown_to_those_who_may_be_outside(
    desk: Any, slack: SlackServer, pool: Pool, judged: Judged, reader: Any
) -> None:
    await judged()
    slack.workspace.channel(BUGS).is_private = True
    await press_in_home(slack, desk, str(await pool.fetchval("SELECT id FROM raw_signals")))
    said = await reader().until("Only those who can read its channel see its text.")
    assert "the export crashes" not in said


@pytest.mark.parametrize(
    ("state", "evaluated", "said"),
    [
        ("pending", False, "Not judged yet"),
        ("failed", False, "It could not be judged"),
        ("deleted", False, "Deleted before it was judged"),
        ("deleted", True, "The message was deleted since"),
    ],
)
async def test_what_was_not_judged_or_is_gone_says_so(
    desk: Any,
    slack: SlackServer,
    pool: Pool,
    judged: Judged,
    reader: Any,
    state: str,
    evaluated: bool,
    said: str,
) -> None:
    await judged(evaluated=evaluated)
    gone = state == "deleted"
    await pool.execute(
        "UPDATE raw_signals SET state = $1, text = CASE WHEN $2 THEN '' ELSE text END, "
        "deleted_at = CASE WHEN $2 THEN now() END",
        state,
        gone,
    )
    await choose(slack, pool)
    shown = await reader().until(said)
    assert ("the export crashes" in shown) is not gone
    assert ("Replay" in reader().labels()) is not gone


async def test_an_edit_since_is_said(
    desk: Any, slack: SlackServer, pool: Pool, judged: Judged, reader: Any
) -> None:
    await judged()
    await pool.execute("UPDATE raw_signals SET revision = 2, text = 'it works'")
    await choose(slack, pool)
    await reader().until("edited since; this is about its earlier text", "how it reads now")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "Likely causes"),
        ({"bot_id": "B1", "app_id": "A1"}, "The app's id, to be typed there: `A1`"),
        ({"bot_id": "B0LIVESOP1", "app_id": "A0LIVESOP1"}, "It is LiveSOP's own message."),
        ({"subtype": "channel_topic"}, "It is of a kind that calls for nothing"),
    ],
)
async def test_an_unknown_message_says_why_that_may_be(
    desk: Any, slack: SlackServer, reader: Any, change: Json, said: str
) -> None:
    message = slack.workspace.post(BUGS, GRACE, "hello")
    message.update(change)
    await slack.interactions.message_shortcut(GRACE, BUGS, message["ts"], "why_shortcut")
    await reader().until("LiveSOP does not know this message", said)


@pytest.mark.parametrize(
    ("settings", "change", "said"),
    [
        ({"channels": "{C0OTHER}"}, {}, "LiveSOP listens only in certain channels"),
        ({}, {"is_ext_shared": True}, "The channel is shared with another organisation."),
        ({"external_channels": f"{{{BUGS}}}"}, {"is_ext_shared": True}, "Likely causes"),
        ({"allowed_bots": "{A1}"}, {"bot_id": "B1", "app_id": "A1"}, "Likely causes"),
        ({"allowed_bots": "{B1}"}, {"bot_id": "B1", "app_id": "A1"}, "Likely causes"),
    ],
)
async def test_what_the_team_set_is_named_and_what_it_allowed_is_not(
    desk: Any,
    slack: SlackServer,
    pool: Pool,
    reader: Any,
    settings: dict[str, str],
    change: Json,
    said: str,
) -> None:
    for name, value in settings.items():
        await pool.execute(
            f"INSERT INTO team_settings (team_id, {name}) VALUES ('T0SANDBOX', '{value}')"
        )
    message = slack.workspace.post(BUGS, GRACE, "hello")
    if change.pop("is_ext_shared", False):
        slack.workspace.channel(BUGS).is_ext_shared = True
    message.update(change)
    await slack.interactions.message_shortcut(GRACE, BUGS, message["ts"], "why_shortcut")
    shown = await reader().until("LiveSOP does not know this message", said)
    assert "LIVESOP_" not in shown
    if said == "Likely causes":
        assert "*Why:*" not in shown
    else:
        assert "LiveSOP's Home → *Settings* → *Channels*" in shown


async def test_a_channel_without_livesop_says_to_invite_it(
    desk: Any, slack: SlackServer, reader: Any
) -> None:
    slack.workspace.channel(BUGS).members.discard(slack.workspace.bot.user_id)
    message = slack.workspace.post(BUGS, GRACE, "hello")
    await slack.interactions.message_shortcut(GRACE, BUGS, message["ts"], "why_shortcut")
    await reader().until("LiveSOP is not in this channel. Invite it")


async def test_livesops_own_message_leads_to_the_one_that_it_answers(
    desk: Any, slack: SlackServer, client: Any, pool: Pool, judged: Judged, reader: Any
) -> None:
    await judged()
    root = await choose(slack, pool)
    posted = await client.chat_postMessage(channel=BUGS, thread_ts=root["ts"], text="Bug report")
    await reader().until("It reads like a bug.")
    await reader().close()
    await slack.interactions.message_shortcut(ADA, BUGS, posted["ts"], "why_shortcut")
    await reader(ADA).until("It reads like a bug.")


async def test_a_number_of_another_team_is_not_known(
    desk: Any, slack: SlackServer, pool: Pool, judged: Judged, reader: Any
) -> None:
    await judged()
    await pool.execute("UPDATE raw_signals SET team_id = 'T2'")
    await press_in_home(slack, desk, str(await pool.fetchval("SELECT id FROM raw_signals")))
    await reader().until("LiveSOP does not know this")


async def test_with_the_database_away_it_opens_and_says_so(
    desk: Any, slack: SlackServer, outage: Outage, reader: Any
) -> None:
    message = slack.workspace.post(BUGS, GRACE, "hello")
    async with outage():
        await slack.interactions.message_shortcut(GRACE, BUGS, message["ts"], "why_shortcut")
        await reader().until("The database is away", "try again in a minute")


async def test_similar_cases_are_shown_with_what_came_of_them_to_those_who_may_read_them(
    desk: Any, slack: SlackServer, pool: Pool, judged: Judged, reader: Any
) -> None:
    await judged()
    slack.workspace.add_channel("C0SECRET01", "secret").is_private = True
    for channel, state in ((GENERAL, "dismissed"), ("C0SECRET01", "expired")):
        text = f"the export crashes again in room {channel}"
        signal = await pool.fetchval(CASE, channel, text, state)
        await Cases(pool).keep(signal, 1, text)
    await choose(slack, pool)
    said = await reader().until("*Similar past cases*")
    assert "not this one, people said" in said
    assert f"> the export crashes again in room {GENERAL}" in said
    assert "room C0SECRET01" not in said


async def test_what_is_too_long_has_pages_that_lie_over_it(
    desk: Any, slack: SlackServer, pool: Pool, judged: Judged, reader: Any
) -> None:
    await judged()
    text = "\n".join(f"line {number} {'&' * 300}" for number in range(60))
    await pool.execute("UPDATE raw_signals SET text = $1", text)
    await choose(slack, pool)
    await reader().until("No earlier message")
    await reader().press("… more")
    assert "line 0 " in await reader().until("Page 1 of")
    assert len(reader().stack) == 2
    await reader().press("Next →")
    await reader().until("Page 2 of")
    await reader().close()
    assert "*The message*" in reader().text


async def test_every_evaluation_can_be_seen(
    desk: Any, slack: SlackServer, pool: Pool, judged: Judged, reader: Any
) -> None:
    await judged()
    await pool.execute(
        "INSERT INTO evaluations (team_id, signal_id, revision, cause, dry_run, reasoning, "
        "evidence, evaluator, verdict, reason, detail, latency_ms, confidence) "
        "SELECT team_id, id, 1, 'replay', true, '', '', 'gpt-9', 'skip', 'dry_run', '', 1, 0.1 "
        "FROM raw_signals"
    )
    await choose(slack, pool)
    await reader().until("No earlier message")
    await reader().press("All 2 evaluations")
    await reader().until("dry run", "gpt-9", "proposed to people")


async def test_a_value_that_is_none_of_ours_is_said(desk: Any, slack: SlackServer) -> None:
    posted = slack.workspace.post(BUGS, slack.workspace.bot.user_id, "Bug report")
    button = {"type": "button", "action_id": ActionId.RUN_WHY, "block_id": "any", "value": "{}"}
    answered = asyncio.create_task(
        slack.workspace.wait_for_change(lambda change: isinstance(change, EphemeralShown))
    )
    container = {"type": "message", "channel": BUGS, "ts": posted["ts"]}
    await slack.interactions.block_action(GRACE, container, button)
    assert "too old for LiveSOP to read" in str(await answered)
