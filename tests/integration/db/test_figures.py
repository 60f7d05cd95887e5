"""Figures by day: dense, right under concurrency, and there for the time before they were kept."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest

from livesop_bot.db.figures import Figures
from livesop_bot.db.migrations import load, migrate
from livesop_bot.db.pool import Connection, Pool
from livesop_bot.domain.figures import DayFigures, SopFigures
from livesop_bot.domain.signals import TeamId

TEAM = TeamId("T1")


def _today() -> date:
    return datetime.now(UTC).date()


async def _seen(connection: "Connection | Pool", day: date, number: int) -> None:
    await connection.execute(
        "INSERT INTO raw_signals (event_id, team_id, source, external_id, channel_id, message_ts, "
        "author_id, author_is_bot, text, occurred_at, received_at) "
        "SELECT $1, 'T1', 'slack', $1, 'C1', '1.1', 'U1', false, '', $2, $2",
        f"E{number}",
        datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC),
    )


async def test_days_without_anything_are_there_too(pool: Pool) -> None:
    today = _today()
    await _seen(pool, today, 1)
    await _seen(pool, today - timedelta(days=2), 2)
    await _seen(pool, today - timedelta(days=3), 3)
    figures = Figures(pool)
    for _ in range(2):
        found = await figures.of_team(TEAM, 3)
        assert [(each.day, each.signals) for each in found] == [
            (today - timedelta(days=2), 1),
            (today - timedelta(days=1), 0),
            (today, 1),
        ]
        await figures.fold()


async def test_what_is_counted_while_it_is_summed_up_is_counted_once(pool: Pool) -> None:
    today, figures = _today(), Figures(pool)

    async def store(number: int) -> None:
        await _seen(pool, today, number)

    await asyncio.gather(
        *(store(number) for number in range(40)), *(figures.fold() for _ in range(20))
    )
    assert (await figures.of_team(TEAM, 1))[-1].signals == 40
    await figures.fold()
    assert (await figures.of_team(TEAM, 1))[-1].signals == 40


async def test_what_is_rolled_back_is_not_counted(pool: Pool) -> None:
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await _seen(connection, _today(), 1)
        await transaction.rollback()
    assert (await Figures(pool).of_team(TEAM, 1))[-1].signals == 0


_BEFORE = """
INSERT INTO teams (team_id) VALUES ('T1');
INSERT INTO workflows (team_id, slug, version) VALUES ('T1', 'sop', 1);
INSERT INTO workflow_versions (workflow_id, version, definition, created_by)
SELECT id, 1, '{"steps": []}', 'U1' FROM workflows;
INSERT INTO raw_signals (event_id, team_id, source, external_id, channel_id, message_ts, author_id,
    author_is_bot, text, occurred_at, received_at, state, deleted_at)
SELECT 'E' || n, 'T1', 'slack', 'C1:' || n, 'C' || n, n::text, 'U1', false, '', now(), now(),
    CASE WHEN n = 5 THEN 'deleted' ELSE 'evaluated' END, CASE WHEN n = 5 THEN now() END
FROM generate_series(1, 5) AS n;
INSERT INTO evaluations (team_id, signal_id, revision, cause, dry_run, workflow_id,
    workflow_version, reasoning, evidence, evaluator, verdict, reason, detail, latency_ms)
SELECT 'T1', s.id, 1, 'signal', false, v.workflow_id, 1, '', '', 'x',
    CASE WHEN s.id = 4 THEN 'skip' ELSE 'propose' END,
    CASE WHEN s.id = 4 THEN 'low_confidence' ELSE 'proposed' END, '', 1
FROM raw_signals AS s, workflow_versions AS v WHERE s.id < 5 ORDER BY s.id;
INSERT INTO evaluations (team_id, signal_id, revision, cause, dry_run, workflow_id,
    workflow_version, reasoning, evidence, evaluator, verdict, reason, detail, latency_ms)
SELECT team_id, signal_id, 2, 'signal', false, workflow_id, 1, '', '', 'x', 'propose', 'proposed',
    '', 1
FROM evaluations WHERE signal_id = 1;
INSERT INTO runs (team_id, evaluation_id, signal_id, workflow_id, workflow_version, channel_id,
    thread_ts, state, started_at, started_by, ended_at)
SELECT 'T1', e.id, e.signal_id, e.workflow_id, 1, 'C1', e.id::text, state, started_at, started_by,
    ended_at
FROM (VALUES
    (1, 'running', now(), NULL, NULL), (2, 'done', now(), 'U1', now()),
    (3, 'dismissed', NULL, NULL, now())
) AS r (id, state, started_at, started_by, ended_at)
JOIN evaluations AS e ON e.id = r.id;
INSERT INTO run_steps (run_id, step_id, position, state, opened_at)
SELECT id, 'a', 0, 'done', now() FROM runs WHERE id = 1;
INSERT INTO actions (team_id, run_id, step_id, signal_id, workflow_id, kind, request, state,
    by_autopilot, due_at, tried_at, attempts, receipt)
SELECT 'T1', 1, 'a', signal_id, workflow_id, 'webhook', '{}', 'done', true, now(), now(), 1, '{}'
FROM runs WHERE id = 1;
"""


@pytest.fixture
async def before(empty_database: str) -> AsyncIterator[Pool]:
    """A database of the version before, with data."""
    pool = await asyncpg.create_pool(empty_database, min_size=1, max_size=2)
    async with pool.acquire() as connection:
        await migrate(connection, load()[:7])
        await connection.execute(_BEFORE)
    yield pool
    await pool.close()


async def test_the_time_before_is_counted_too(before: Pool) -> None:
    async with before.acquire() as connection:
        await migrate(connection, load()[:8])
    figures = Figures(before)
    assert await figures.of_team(TEAM, 1) == [
        DayFigures(day=_today(), signals=4, started=2, actions=1)
    ]
    assert list((await figures.of_sops(TEAM)).values()) == [
        SopFigures(matched=3, started=2, approved=1, dismissed=1, actions=1)
    ]
    rows = await before.fetch("SELECT channel_id, outcome FROM evaluations ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("C1", "proposed"),
        ("C2", "proposed"),
        ("C3", "proposed"),
        ("C4", "held"),
        ("C1", "proposed"),
    ]
