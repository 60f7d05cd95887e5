"""The feed on a real PostgreSQL: newest first, one team at a time, from indexes."""

import json
from typing import Any

import pytest

from livesop_bot.db.feed import Feed
from livesop_bot.db.pool import Pool
from livesop_bot.db.queries import sql
from livesop_bot.db.stored_definition import definition_to_json
from livesop_bot.domain.decisions import Reason, Verdict
from livesop_bot.domain.evaluations import Cause, Outcome
from livesop_bot.domain.signals import ChannelId, MessageTs, SignalState, TeamId
from livesop_bot.domain.workflows import (
    Step,
    StepId,
    StepKind,
    StepMode,
    Trigger,
    WorkflowDefinition,
)

TEAM, OTHER = TeamId("T1"), TeamId("T2")
CHANNEL = ChannelId("C1")
SOP = WorkflowDefinition(
    slug="bug-report",
    title="Bug report",
    trigger=Trigger(description="Something is broken", examples=("it crashes",)),
    steps=(Step(id=StepId("see"), title="See it", kind=StepKind.MANUAL, mode=StepMode.MANUAL),),
)

_SIGNAL = """
    INSERT INTO raw_signals (
        event_id, team_id, source, external_id, channel_id, message_ts, author_id, author_is_bot,
        text, occurred_at, received_at, state
    ) VALUES ($1 || $2, $1, 'slack', 'C1:' || $2, 'C1', $2, 'U1', false, $3, now(), now(), $4)
    RETURNING id
"""
_EVALUATION = """
    INSERT INTO evaluations (
        team_id, signal_id, revision, cause, dry_run, workflow_id, workflow_version, confidence,
        reasoning, evidence, evaluator, verdict, reason, detail, latency_ms
    ) VALUES (
        $1, $2, $3, $4, false, $5, $6, $7, 'because', 'it crashes', 'lexical', $8, $9, 'detail', 3
    ) RETURNING id
"""
_MANY = """
    WITH signals AS (
        INSERT INTO raw_signals (
            event_id, team_id, source, external_id, channel_id, message_ts, author_id,
            author_is_bot, text, occurred_at, received_at, state
        )
        SELECT 'E' || n, 'T' || n % 100, 'slack', 'C1:' || n, 'C1', n::text, 'U1', false, 'x',
            now(), now(), 'evaluated'
        FROM generate_series(1, 5000) AS n
        RETURNING id, team_id
    )
    INSERT INTO evaluations (
        team_id, signal_id, revision, cause, dry_run, reasoning, evidence, evaluator, verdict,
        reason, detail, latency_ms
    )
    SELECT team_id, id, 1, 'signal', false, '', '', 'lexical', 'skip', 'no_match', '', 1
    FROM signals
"""

_FILTER = ("T1", list(Outcome), 4_000)


@pytest.fixture
def feed(pool: Pool) -> Feed:
    return Feed(pool)


async def _sop(pool: Pool, team: TeamId = TEAM) -> int:
    await pool.execute("INSERT INTO teams (team_id) VALUES ($1) ON CONFLICT DO NOTHING", team)
    workflow: int = await pool.fetchval(
        "INSERT INTO workflows (team_id, slug, version) VALUES ($1, $2, 1) RETURNING id",
        team,
        SOP.slug,
    )
    await pool.execute(
        "INSERT INTO workflow_versions (workflow_id, version, definition, created_by) "
        "VALUES ($1, 1, $2, 'U1')",
        workflow,
        json.dumps(definition_to_json(SOP)),
    )
    return workflow


async def _signal(
    pool: Pool, ts: str, team: TeamId = TEAM, state: SignalState = SignalState.EVALUATED
) -> int:
    found: int = await pool.fetchval(_SIGNAL, team, ts, "it crashes", state)
    return found


async def _evaluate(
    pool: Pool,
    signal: int,
    *,
    team: TeamId = TEAM,
    revision: int = 1,
    cause: Cause = Cause.SIGNAL,
    workflow: int | None = None,
    confidence: float | None = 0.2,
) -> int:
    verdict, reason = (
        (Verdict.SKIP, Reason.NO_MATCH) if workflow is None else (Verdict.PROPOSE, Reason.PROPOSED)
    )
    version = None if workflow is None else 1
    found: int = await pool.fetchval(
        _EVALUATION, team, signal, revision, cause, workflow, version, confidence, verdict, reason
    )
    return found


async def test_the_newest_evaluations_come_first(feed: Feed, pool: Pool) -> None:
    ids = [await _evaluate(pool, await _signal(pool, f"{n}.000000")) for n in range(4)]
    assert [each.id for each in await feed.latest(TEAM, 3)] == ids[:0:-1]


async def test_the_feed_is_read_page_by_page(feed: Feed, pool: Pool) -> None:
    ids = [await _evaluate(pool, await _signal(pool, f"{n}.000000")) for n in range(5)]
    first = await feed.latest(TEAM, 2)
    second = await feed.latest(TEAM, 2, before=first[-1].id)
    assert [each.id for each in (*first, *second)] == ids[:0:-1]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, "abcde"),
        ({"channel": "C2"}, "ce"),
        ({"sop": True}, "bc"),
        ({"sop": True, "channel": "C2"}, "c"),
        ({"outcome": Outcome.PROPOSED}, "bc"),
        ({"outcome": Outcome.NO_SOP}, "ae"),
        ({"outcome": Outcome.UNJUDGED}, "d"),
        ({"outcome": Outcome.NO_SOP, "channel": "C2"}, "e"),
        ({"outcome": Outcome.STARTED, "sop": True, "channel": "C2"}, ""),
        ({"outcome": Outcome.PROPOSED, "sop": True, "channel": "C2"}, "c"),
    ],
)
async def test_the_feed_is_filtered(
    feed: Feed, pool: Pool, filters: dict[str, Any], found: str
) -> None:
    sop = await _sop(pool)
    names: dict[int, str] = {}
    for name in "abcde":
        signal = await _signal(pool, f"{len(names)}.000000")
        if name in "ce":
            await pool.execute("UPDATE raw_signals SET channel_id = 'C2' WHERE id = $1", signal)
        workflow = sop if name in "bc" else None
        names[await _evaluate(pool, signal, workflow=workflow)] = name
        if name == "d":
            await pool.execute(
                "UPDATE evaluations SET reason = 'timed_out' WHERE signal_id = $1", signal
            )
    if filters.get("sop"):
        filters = filters | {"sop": SOP.slug}
    seen = [names[each.id] for each in await feed.latest(TEAM, 10, **filters)]
    assert "".join(reversed(seen)) == found


async def test_the_sop_that_is_chosen_has_its_title_also_where_it_is_archived(
    feed: Feed, pool: Pool
) -> None:
    workflow = await _sop(pool)
    assert await feed.sops(TEAM, 9, SOP.slug) == {SOP.slug: SOP.title}
    await pool.execute("UPDATE workflows SET archived_at = now() WHERE id = $1", workflow)
    assert await feed.sops(TEAM, 9) == {}
    assert await feed.sops(TEAM, 9, SOP.slug) == {SOP.slug: SOP.title}
    assert await feed.sops(OTHER, 9, SOP.slug) == {}


async def test_an_evaluation_comes_with_its_sop_and_its_signal(feed: Feed, pool: Pool) -> None:
    workflow = await _sop(pool)
    await _evaluate(pool, await _signal(pool, "1.000001"), workflow=workflow, confidence=0.8)
    [found] = await feed.latest(TEAM, 10)
    assert found.workflow is not None
    assert found.workflow.definition == SOP
    assert (found.signal.channel, found.signal.message_ts) == ("C1", "1.000001")
    assert (found.confidence, found.reasoning, found.evidence) == (0.8, "because", "it crashes")
    assert (found.decision.verdict, found.decision.reason) == (Verdict.PROPOSE, Reason.PROPOSED)


async def test_no_match_and_no_confidence_stay_that(feed: Feed, pool: Pool) -> None:
    await _evaluate(pool, await _signal(pool, "1.000001"), confidence=None)
    [found] = await feed.latest(TEAM, 10)
    assert (found.workflow, found.confidence) == (None, None)


async def test_teams_do_not_see_each_others_messages(feed: Feed, pool: Pool) -> None:
    await _evaluate(pool, await _signal(pool, "1.000001", OTHER), team=OTHER)
    assert await feed.latest(TEAM, 10) == []
    assert await feed.of_message(TEAM, CHANNEL, MessageTs("1.000001")) is None
    assert await feed.of_message(OTHER, CHANNEL, MessageTs("1.000001")) is not None


async def test_a_message_gives_its_latest_evaluation(feed: Feed, pool: Pool) -> None:
    signal = await _signal(pool, "1.000001")
    await _evaluate(pool, signal)
    again = await _evaluate(pool, signal, cause=Cause.REPLAY)
    found = await feed.of_message(TEAM, CHANNEL, MessageTs("1.000001"))
    assert found is not None
    assert found[1] is not None
    assert (found[1].id, found[1].cause) == (again, Cause.REPLAY)


async def test_an_edit_shows_in_the_revisions(feed: Feed, pool: Pool) -> None:
    signal = await _signal(pool, "1.000001")
    await _evaluate(pool, signal)
    await pool.execute("UPDATE raw_signals SET revision = 2, text = 'it works'")
    found = await feed.of_message(TEAM, CHANNEL, MessageTs("1.000001"))
    assert found is not None
    assert found[1] is not None
    assert (found[0].revision, found[1].signal.revision) == (2, 1)


async def test_a_message_that_waits_has_no_evaluation(feed: Feed, pool: Pool) -> None:
    await _signal(pool, "1.000001", state=SignalState.PENDING)
    found = await feed.of_message(TEAM, CHANNEL, MessageTs("1.000001"))
    assert found is not None
    assert (found[0].state, found[1]) == (SignalState.PENDING, None)


async def test_an_unknown_message_is_none(feed: Feed) -> None:
    assert await feed.of_message(TEAM, CHANNEL, MessageTs("1.000001")) is None


@pytest.mark.parametrize(
    ("query", "arguments", "indexes"),
    [
        ("recent_signals", ("T1", 10), {"raw_signals_pkey"}),
        ("feed_ids", (*_FILTER, 10), {"evaluations_by_outcome"}),
        ("feed_ids_in_channel", (*_FILTER, 10, "C1"), {"evaluations_by_channel"}),
        ("feed_ids_of_sop", (*_FILTER, 10, 1), {"evaluations_by_sop"}),
        (
            "feed_ids_of_sop_in_channel",
            (*_FILTER, 10, 1, "C1"),
            {"evaluations_by_sop_and_channel"},
        ),
        ("evaluations_by_id", ([7, 8, 9],), {"evaluations_pkey", "raw_signals_pkey"}),
        (
            "evaluation_of_message",
            ("T1", "C1:77"),
            {"raw_signals_team_id_source_external_id_key", "evaluations_of_signal"},
        ),
    ],
)
async def test_the_cost_does_not_grow_with_history(
    pool: Pool, query: str, arguments: tuple[object, ...], indexes: set[str]
) -> None:
    """Also for a team whose rows are few among those of others."""
    await pool.execute(_MANY)
    await pool.execute("ANALYZE raw_signals, evaluations")
    plan = json.loads(await pool.fetchval(f"EXPLAIN (FORMAT json) {sql(query)}", *arguments))
    nodes = list(_nodes(plan[0]["Plan"]))
    big = ("raw_signals", "evaluations")
    scans = [n["Node Type"] for n in nodes if n.get("Relation Name") in big]
    assert scans
    assert not [scan for scan in scans if "Index" not in scan]
    assert indexes <= {node.get("Index Name") for node in nodes}


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", []) for node in _nodes(child))]
