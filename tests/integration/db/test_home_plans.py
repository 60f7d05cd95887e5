"""What App Home asks never reads the whole of a history: indexes and rollups, by PostgreSQL's own
choice where it may also scan."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from livesop_bot.db.pool import Connection, Pool
from livesop_bot.db.queries import sql
from livesop_bot.domain.evaluations import Outcome

_HISTORY = """
INSERT INTO teams (team_id) SELECT 'T' || n FROM generate_series(1, 5) AS n;
INSERT INTO workflows (team_id, slug, version)
SELECT 'T' || n % 5 + 1, 'sop-' || n, 1 FROM generate_series(0, 199) AS n;
INSERT INTO workflow_versions (workflow_id, version, definition, created_by)
SELECT id, 1, jsonb_build_object('title', slug, 'filler', repeat('x', 500)), 'U1' FROM workflows;
INSERT INTO raw_signals (event_id, team_id, source, external_id, channel_id, message_ts, author_id,
    author_is_bot, text, occurred_at, received_at, state)
SELECT 'E' || n, 'T' || n % 5 + 1, 'slack', 'C1:' || n, 'C' || n % 7, n::text, 'U1', false,
    repeat('x', 100), now(), now(), 'evaluated'
FROM generate_series(1, 20000) AS n;
INSERT INTO evaluations (team_id, signal_id, revision, cause, dry_run, workflow_id,
    workflow_version, reasoning, evidence, evaluator, verdict, reason, detail, latency_ms)
SELECT s.team_id, s.id, 1, 'signal', false, w.id, CASE WHEN w.id IS NOT NULL THEN 1 END, '', '',
    'words', CASE WHEN w.id IS NULL THEN 'skip' ELSE 'propose' END,
    CASE WHEN w.id IS NULL THEN 'no_match' ELSE 'proposed' END, '', 1
FROM raw_signals AS s
LEFT JOIN workflows AS w
    ON s.id % 4 = 0 AND w.team_id = s.team_id AND w.slug = 'sop-' || (s.id % 5 + s.id / 5 % 40 * 5);
INSERT INTO runs (team_id, evaluation_id, signal_id, workflow_id, workflow_version, channel_id,
    thread_ts, state, ended_at, post_state, post_ts)
SELECT team_id, id, signal_id, workflow_id, 1, channel_id, signal_id::text,
    CASE WHEN id % 50 = 0 THEN 'proposed' ELSE 'dismissed' END,
    CASE WHEN id % 50 = 0 THEN NULL ELSE now() END, 'posted', '1.1'
FROM evaluations WHERE workflow_id IS NOT NULL;
INSERT INTO run_steps (run_id, step_id, position, state, opened_at)
SELECT id, 's' || n, n, 'waiting', now() FROM runs CROSS JOIN generate_series(0, 1) AS n;
INSERT INTO daily_figures
SELECT 'T' || t, (now() AT TIME ZONE 'UTC')::date - d, 1, 1, 1, 1
FROM generate_series(1, 5) AS t CROSS JOIN generate_series(1, 1000) AS d;
INSERT INTO daily_sop_figures
SELECT team_id, id, (now() AT TIME ZONE 'UTC')::date - d, 1, 1, 1, 1, 1, 1
FROM workflows CROSS JOIN generate_series(1, 200) AS d;
INSERT INTO model_usage (team_id, day)
SELECT 'T' || t, (now() AT TIME ZONE 'UTC')::date - d
FROM generate_series(1, 5) AS t CROSS JOIN generate_series(1, 1000) AS d;
"""
_SMALL = frozenset(
    {"teams", "workflows", "workflow_versions", "autopilot_switches", "figure_changes"}
)
"""What does not grow with the history: SOPs and their switches, and a minute's counting."""

_ALL = list(Outcome)


@pytest.fixture
async def history(pool: Pool) -> AsyncIterator[Connection]:
    """A connection that may scan, to a database with enough in it that it matters."""
    async with pool.acquire() as connection:
        await connection.execute(_HISTORY)
        await connection.execute("ANALYZE")
        await connection.execute("SET enable_seqscan = on")
        yield connection
        await connection.execute("SET enable_seqscan = off")


async def test_no_query_of_home_reads_a_whole_history(history: Connection) -> None:
    sop = await history.fetchval("SELECT id FROM workflows WHERE team_id = 'T2' LIMIT 1")
    queries: dict[str, tuple[object, ...]] = {
        "team_autopilot": ("T2",),
        "channels_off": ("T2",),
        "team_figures": ("T2", 14),
        "sop_figures": ("T2", 30),
        "feed_sops": ("T2", 99, "sop-1"),
        "sop_id": ("T2", "sop-1"),
        "count_unjudged": ("T2", 100),
        "waiting_runs": ("T2", 100),
        "usage_today": ("T2",),
        "feed_ids": ("T2", _ALL, 9_000, 11),
        "feed_ids_in_channel": ("T2", _ALL, 9_000, 11, "C3"),
        "feed_ids_of_sop": ("T2", _ALL, 9_000, 11, sop),
        "feed_ids_of_sop_in_channel": ("T2", _ALL, 9_000, 11, sop, "C3"),
        "evaluations_by_id": (list(range(1, 12)),),
    }
    for name, arguments in queries.items():
        plan = json.loads(await history.fetchval(f"EXPLAIN (FORMAT json) {sql(name)}", *arguments))
        scans = {
            node["Relation Name"]
            for node in _nodes(plan[0]["Plan"])
            if node["Node Type"] == "Seq Scan"
        }
        assert scans <= _SMALL, name


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from _nodes(child)
