"""Old texts go, with what was quoted of them; what was decided stays."""

from datetime import timedelta
from typing import Any

import pytest

from livesop_bot.db.pool import Connection, Pool
from livesop_bot.db.queries import sql
from livesop_bot.db.retention import Retention
from livesop_bot.db.team_settings import TeamSettingsBook
from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.team_settings import TeamSettings

TEAM, OTHER = TeamId("T1"), TeamId("T2")


async def store(pool: "Pool | Connection", team: str, *ages: int) -> None:
    """Store judged messages that are so many days old, the oldest first."""
    await pool.execute("INSERT INTO teams (team_id) VALUES ($1) ON CONFLICT DO NOTHING", team)
    for age in sorted(ages, reverse=True):
        await pool.execute(
            "WITH signal AS (INSERT INTO raw_signals (event_id, team_id, source, external_id, "
            "channel_id, message_ts, author_id, author_is_bot, text, occurred_at, received_at, "
            "stored_at, state) VALUES ($1 || $2, $1, 'slack', 'C1:' || $2, 'C1', $2, 'U1', false, "
            "'the text', now(), now(), now() - make_interval(days => $2::int), 'evaluated') "
            "RETURNING id), verdict AS (INSERT INTO verdicts (team_id, signal_id, revision, fits, "
            "given_by) SELECT $1, id, 1, false, 'U1' FROM signal) INSERT INTO evaluations "
            "(team_id, signal_id, revision, cause, dry_run, reasoning, evidence, evaluator, "
            "verdict, reason, detail, latency_ms) SELECT $1, id, 1, 'signal', false, 'because', "
            "'the text', 'test', 'skip', 'no_match', 'No SOP fits.', 1 FROM signal",
            team,
            str(age),
        )


async def texts(pool: Pool, team: str = TEAM) -> list[tuple[str, str, str, str]]:
    """Age, text, evidence and reason of what there is, the oldest first."""
    rows = await pool.fetch(
        "SELECT s.message_ts, s.text, e.evidence, e.reason FROM raw_signals AS s "
        "JOIN evaluations AS e ON e.signal_id = s.id WHERE s.team_id = $1 ORDER BY s.id",
        team,
    )
    return [tuple(row) for row in rows]


GONE, KEPT = ("", "", "no_match"), ("the text", "the text", "no_match")


async def keep(pool: Pool, days: int | None, team: TeamId = TEAM) -> None:
    await TeamSettingsBook(pool).change(team, "U1", lambda _: TeamSettings(retention_days=days))


@pytest.mark.parametrize("batch", [1, 2, 100])
async def test_what_is_older_goes_and_the_rest_stays(pool: Pool, batch: int) -> None:
    await store(pool, TEAM, 100, 95, 40, 1)
    await store(pool, OTHER, 100)
    await keep(pool, 90)
    assert await Retention(pool, batch=batch)() == {TEAM: 2}
    assert await texts(pool) == [
        ("100", *GONE),
        ("95", *GONE),
        ("40", *KEPT),
        ("1", *KEPT),
    ]
    assert await texts(pool, OTHER) == [("100", *KEPT)]
    assert await pool.fetchval("SELECT count(*) FROM verdicts WHERE team_id = 'T1'") == 2
    assert await Retention(pool, batch=batch)() == {TEAM: 0}


async def test_what_gets_old_goes_later(pool: Pool) -> None:
    await store(pool, TEAM, 100, 40)
    await keep(pool, 90)
    retention = Retention(pool)
    assert await retention() == {TEAM: 1}
    await pool.execute("UPDATE raw_signals SET stored_at = stored_at - interval '60 days'")
    assert await retention() == {TEAM: 1}
    assert [text for _, text, *_ in await texts(pool)] == ["", ""]


async def test_what_is_committed_late_is_not_passed_over(pool: Pool) -> None:
    await keep(pool, 90)
    async with pool.acquire() as connection, connection.transaction():
        await store(connection, TEAM, 100)
        await store(pool, OTHER, 0)
        assert await Retention(pool)() == {TEAM: 0}
    await pool.execute("UPDATE raw_signals SET stored_at = stored_at - interval '1 hour'")
    assert await Retention(pool)() == {TEAM: 1}


async def test_without_a_limit_everything_stays(pool: Pool) -> None:
    await store(pool, TEAM, 1000)
    await keep(pool, None)
    assert await Retention(pool)() == {}
    assert await texts(pool) == [("1000", *KEPT)]


async def test_figures_stay(pool: Pool) -> None:
    await store(pool, TEAM, 100, 95)
    before = await pool.fetchval("SELECT sum(signals) FROM figure_changes WHERE team_id = 'T1'")
    await keep(pool, 90)
    await Retention(pool)()
    after = await pool.fetchval("SELECT sum(signals) FROM figure_changes WHERE team_id = 'T1'")
    assert before == after == 2


async def test_what_would_go_is_counted_beforehand(pool: Pool) -> None:
    await store(pool, TEAM, 100, 95, 40)
    await store(pool, OTHER, 100)
    retention = Retention(pool)
    assert await retention.due(TEAM, timedelta(days=90)) == 2
    await keep(pool, 90)
    await retention()
    assert await retention.due(TEAM, timedelta(days=30)) == 1


async def test_looking_costs_no_more_the_longer_the_history_is(pool: Pool) -> None:
    """What was forgotten is not read again: the plan reads the primary key from there on."""
    await pool.execute(
        "INSERT INTO raw_signals (event_id, team_id, source, external_id, channel_id, message_ts, "
        "author_id, author_is_bot, text, occurred_at, received_at) SELECT n, $1, 'slack', n, 'C1', "
        "n, 'U1', false, '', now(), now() FROM generate_series(1, 5000) AS n",
        TEAM,
    )
    await pool.execute("ANALYZE raw_signals")
    async with pool.acquire() as connection:
        rows: list[Any] = await connection.fetch(
            f"EXPLAIN {sql('next_to_forget')}", TEAM, 1000, timedelta(days=1), 500
        )
    plan = "\n".join(row[0] for row in rows)
    assert "Index Scan using raw_signals_pkey" in plan
    assert "Index Cond: (id > " in plan
