"""The Live Feed in App Home: narrowed by what is picked, a page at a time."""

from collections.abc import Awaitable, Callable

import pytest

from livesop_bot.db.pool import Pool
from livesop_bot.sandbox.demo import BUGS, GENERAL, GRACE
from tests.integration.slack.listeners.conftest import TEAM, Desk

_MANY = """
WITH signals AS (
    INSERT INTO raw_signals (event_id, team_id, source, external_id, channel_id, message_ts,
        author_id, author_is_bot, text, occurred_at, received_at, state)
    SELECT 'M' || n, $1, 'slack', $2 || ':' || n, $2, n::text, 'U1', false, 'x', now(), now(),
        'evaluated'
    FROM generate_series(1, 25) AS n RETURNING id
)
INSERT INTO evaluations (team_id, signal_id, revision, cause, dry_run, reasoning, evidence,
    evaluator, verdict, reason, detail, latency_ms)
SELECT $1, id, 1, 'signal', false, '', '', 'words', 'skip', 'no_match', 'Row ' || id, 1
FROM signals ORDER BY id
"""


def _picked(value: str) -> dict[str, object]:
    return {"type": "static_select", "selected_option": {"value": value}}


@pytest.mark.parametrize(
    ("action", "picked", "shows_bug"),
    [
        ("feed_channel", {"type": "conversations_select", "selected_conversation": BUGS}, True),
        ("feed_channel", {"type": "conversations_select", "selected_conversation": GENERAL}, False),
        ("feed_sop", _picked("bug-report"), True),
        ("feed_sop", _picked("gone"), False),
        ("feed_outcome", _picked("proposed"), True),
        ("feed_outcome", _picked("unjudged"), False),
    ],
)
async def test_the_feed_is_narrowed_and_widened(
    desk: Desk,
    judged: Callable[..., Awaitable[str]],
    action: str,
    picked: dict[str, object],
    shows_bug: bool,
) -> None:
    await judged()
    assert "*Bug report*  ·  80%" in await desk.home(GRACE)
    said = await desk.press(GRACE, action, **picked)
    assert ("*Bug report*  ·  80%" in said) == shows_bug
    assert ("Nothing like that so far." in said) != shows_bug
    assert "*Bug report*  ·  80%" in await desk.press(GRACE, "feed_clear")


async def test_the_feed_is_paged_within_its_filter(desk: Desk, pool: Pool) -> None:
    await pool.execute(_MANY, TEAM, BUGS)
    newest = await pool.fetchval("SELECT max(signal_id) FROM evaluations")

    def rows(said: str) -> list[int]:
        words = [line for line in said.splitlines() if line.startswith("Row ")]
        return [newest - int(line.removeprefix("Row ")) for line in words]

    def last(user: str) -> str:
        page = desk.slack.workspace.views.homes[user]["blocks"][-1]
        older = next(e for e in page["elements"] if e["action_id"] == "feed_older")
        return str(older["value"])

    assert rows(await desk.home(GRACE)) == list(range(10))
    assert rows(await desk.press(GRACE, "feed_outcome", **_picked("no_sop"))) == list(range(10))
    assert rows(await desk.press(GRACE, "feed_older", value=last(GRACE))) == list(range(10, 20))
    assert rows(await desk.press(GRACE, "feed_older", value=last(GRACE))) == list(range(20, 25))
    assert rows(await desk.press(GRACE, "feed_newest")) == list(range(10))
