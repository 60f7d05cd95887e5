"""Migrations: each exactly once, in order, and never on a database with another history."""

import asyncio
import json
from collections.abc import AsyncIterator, MutableMapping
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment

from livesop_bot.db.migrations import Migration, load, migrate, pending
from livesop_bot.db.pool import Connection
from livesop_bot.db.stored_definition import definition_from_json
from livesop_bot.errors import ConfigurationError

ONE = Migration(1, "0001_one.sql", "CREATE TABLE one (n integer); INSERT INTO one VALUES (1);")
TWO = Migration(2, "0002_two.sql", "INSERT INTO one VALUES (2);")
BROKEN = Migration(2, "0002_broken.sql", "INSERT INTO one VALUES (2); SELECT 1 / 0;")


@pytest.fixture
async def empty(empty_database: str) -> AsyncIterator[Connection]:
    """A connection to a database where nothing was migrated yet."""
    connection = await asyncpg.connect(empty_database)
    yield connection
    await connection.close()


async def _rows(connection: Connection) -> list[int]:
    return [row["n"] for row in await connection.fetch("SELECT n FROM one ORDER BY n")]


async def test_all_files_are_applied_in_order_and_once(
    empty: Connection, log_events: list[MutableMapping[str, Any]]
) -> None:
    names = [migration.name for migration in load()]
    assert await pending(empty) == names
    assert await migrate(empty) == names
    assert await pending(empty) == []
    assert await migrate(empty) == []
    assert [event["name"] for event in log_events] == names


async def test_only_what_is_new_is_applied(empty: Connection) -> None:
    assert await migrate(empty, [ONE]) == ["0001_one.sql"]
    assert await pending(empty, [ONE, TWO]) == ["0002_two.sql"]
    assert await migrate(empty, [ONE, TWO]) == ["0002_two.sql"]
    assert await _rows(empty) == [1, 2]


async def test_processes_that_start_at_once_apply_each_exactly_once(empty_database: str) -> None:
    connections = [await asyncpg.connect(empty_database) for _ in range(5)]
    try:
        applied = await asyncio.gather(
            *(migrate(connection, [ONE, TWO]) for connection in connections)
        )
        assert sorted(name for names in applied for name in names) == [ONE.name, TWO.name]
        assert await _rows(connections[0]) == [1, 2]
    finally:
        for connection in connections:
            await connection.close()


async def test_a_migration_that_fails_leaves_nothing_of_itself(empty: Connection) -> None:
    with pytest.raises(asyncpg.DivisionByZeroError) as caught:
        await migrate(empty, [ONE, BROKEN])
    assert caught.value.__notes__ == ["in 0002_broken.sql; nothing of this migration was kept"]
    assert await _rows(empty) == [1]
    assert await migrate(empty, [ONE, TWO]) == ["0002_two.sql"]


@pytest.mark.parametrize(
    ("applied", "known", "complaint"),
    [
        ([ONE, TWO], [ONE], r"newer LiveSOP \(up to 0002_two\.sql\).*only up to 0001_one\.sql"),
        ([ONE], [Migration(1, ONE.name, "SELECT 1;")], r"0001_one\.sql is not the file"),
        ([ONE], [Migration(1, "0001_uno.sql", ONE.text)], r"\(as 0001_one\.sql\)"),
        ([ONE, TWO], "without the first", r"has 0002_two\.sql but lacks 0001_one\.sql"),
    ],
)
async def test_another_history_is_refused(
    empty: Connection, applied: list[Migration], known: list[Migration] | str, complaint: str
) -> None:
    await migrate(empty, applied)
    if isinstance(known, str):
        await empty.execute("DELETE FROM schema_migrations WHERE number = 1")
        known = applied
    for action in (migrate, pending):
        with pytest.raises(ConfigurationError, match=complaint):
            await action(empty, known)


async def test_a_server_with_a_short_statement_timeout_can_be_migrated(empty: Connection) -> None:
    await empty.execute("SET statement_timeout = '100ms'")
    slow = Migration(1, "0001_slow.sql", "SELECT pg_sleep(0.3);")
    assert await migrate(empty, [slow]) == ["0001_slow.sql"]


def test_the_queue_schema_is_what_this_pgqueuer_installs() -> None:
    """An upgrade of PgQueuer that changes its schema needs a migration of ours."""
    ours = load()[1].text.partition("\n")[2]
    assert ours.strip() == QueryBuilderEnvironment().build_install_query().strip()


@pytest.mark.parametrize(
    "names",
    [
        ["0001_a.sql", "0003_b.sql"],
        ["0001_a.sql", "0001_b.sql"],
        ["0002_a.sql"],
        ["1_a.sql"],
        ["0001_A.sql"],
        [],
    ],
)
def test_files_that_do_not_count_up_are_refused(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).write_text("SELECT 1;")
    with pytest.raises(ConfigurationError):
        load(tmp_path)


async def test_runs_from_before_their_steps_were_carried_out(empty: Connection) -> None:
    migrations = load()
    await migrate(empty, migrations[:5])
    await empty.execute(BEFORE_RUNS)
    await migrate(empty, migrations[:9])
    await empty.execute(
        "INSERT INTO drafts (team_id, slug, definition, base_version, changed_by) "
        "SELECT 'T1', 'sop', definition, 1, 'U1' FROM workflow_versions"
    )
    await migrate(empty, migrations)
    stored = await empty.fetchval("SELECT definition FROM workflow_versions")
    sop = definition_from_json(json.loads(stored))
    (step,) = sop.steps
    assert (sop.trigger.propose_from, sop.trigger.auto_from) == (None, None)
    assert (step.approvers, step.undo_s, step.cap, step.saves_min) == ((), None, None, 0)
    drafted = await empty.fetchval("SELECT definition FROM drafts")
    assert definition_from_json(json.loads(drafted)) == sop
    rows = await empty.fetch("SELECT state, post_state, face_shown FROM runs ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("cancelled", "posted", 1),
        ("cancelled", "cancelled", 0),
        ("proposed", "posted", 1),
    ]


BEFORE_RUNS = """
INSERT INTO teams (team_id) VALUES ('T1');
INSERT INTO workflows (team_id, slug, version) VALUES ('T1', 'sop', 1), ('T1', 'other', 1);
INSERT INTO workflow_versions (workflow_id, version, definition, created_by) SELECT id, 1, '{
    "slug": "sop", "title": "SOP", "summary": "", "extract": {}, "edges": [],
    "trigger": {"description": "A", "examples": [], "keywords": [], "channels": [],
        "trust_local": false},
    "steps": [{"id": "a", "title": "A", "kind": "manual", "mode": "manual", "instructions": "",
        "action": null, "fields": {}}]
}', 'U1' FROM workflows WHERE slug = 'sop';
INSERT INTO raw_signals (event_id, team_id, source, external_id, channel_id, message_ts, author_id,
    author_is_bot, text, occurred_at, received_at)
SELECT 'E' || n, 'T1', 'slack', 'C1:' || n, 'C1', n::text, 'U1', false, '', now(), now()
FROM generate_series(1, 3) AS n;
INSERT INTO evaluations (team_id, signal_id, revision, cause, dry_run, workflow_id,
    workflow_version, reasoning, evidence, evaluator, verdict, reason, detail, latency_ms)
SELECT 'T1', s.id, 1, 'signal', false, v.workflow_id, 1, '', '', 'x', 'start', 'started', '', 1
FROM raw_signals AS s, workflow_versions AS v ORDER BY s.id;
INSERT INTO runs (team_id, evaluation_id, signal_id, workflow_id, workflow_version, channel_id,
    thread_ts, state, post_state, post_ts)
SELECT 'T1', e.id, e.signal_id, e.workflow_id, 1, 'C1', e.signal_id::text,
    CASE WHEN e.signal_id = 3 THEN 'proposed' ELSE 'running' END,
    CASE WHEN e.signal_id = 2 THEN 'planned' ELSE 'posted' END,
    CASE WHEN e.signal_id = 2 THEN NULL ELSE '1.1' END
FROM evaluations AS e ORDER BY e.id;
"""
