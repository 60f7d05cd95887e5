"""What matched in the past, counted in PostgreSQL with what people said of it."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from livesop_bot.db.pool import Pool
from livesop_bot.db.queries import sql
from livesop_bot.db.verdicts import Verdicts
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.what_if import THRESHOLDS, what_if
from livesop_bot.domain.workflows import (
    Step,
    StepId,
    StepKind,
    StepMode,
    Trigger,
    WorkflowDefinition,
)

TEAM, OTHER = TeamId("T1"), TeamId("T2")
SINCE = datetime.now(UTC) - timedelta(days=30)


def definition(slug: str) -> WorkflowDefinition:
    return WorkflowDefinition(
        slug=slug,
        title=slug,
        trigger=Trigger(description="x"),
        steps=(Step(id=StepId("a"), title="A", kind=StepKind.MANUAL, mode=StepMode.MANUAL),),
    )


Judged = Callable[..., Awaitable[tuple[int, int]]]


@pytest.fixture
async def sops(pool: Pool) -> dict[str, int]:
    """Two SOPs of the team, one of another."""
    found: dict[str, int] = {}
    for team, slug in ((TEAM, "incident"), (TEAM, "refund"), (OTHER, "theirs")):
        await pool.execute("INSERT INTO teams (team_id) VALUES ($1) ON CONFLICT DO NOTHING", team)
        workflow, _ = await Workflows(pool).publish(team, definition(slug), "U1")
        found[slug] = workflow.id
    return found


@pytest.fixture
def judged(pool: Pool, sops: dict[str, int]) -> Judged:
    """Store a message and what was made of it; or with `signal`, another judgement of one."""
    numbers = iter(range(1000))

    async def store(
        slug: str | None = "incident",
        confidence: float | None = 0.9,
        *,
        team: TeamId = TEAM,
        signal: int | None = None,
        revision: int = 1,
        cause: str = "signal",
        dry_run: bool = False,
        reason: str = "autopilot_off",
        days: int = 0,
        caution: str = "",
    ) -> tuple[int, int]:
        if signal is None:
            signal = await pool.fetchval(
                "INSERT INTO raw_signals (event_id, team_id, source, external_id, channel_id, "
                "message_ts, author_id, author_is_bot, text, occurred_at, received_at, state) "
                "VALUES ($1, $2, 'slack', $1, 'C1', $1, 'U1', false, 'x', now(), now(), "
                "'evaluated') RETURNING id",
                f"E{next(numbers)}",
                team,
            )
        evaluation = await pool.fetchval(
            "INSERT INTO evaluations (team_id, signal_id, revision, cause, dry_run, workflow_id, "
            "workflow_version, confidence, reasoning, evidence, evaluator, verdict, reason, "
            "detail, latency_ms, caution, created_at) VALUES ($1, $2, $3, $4, $5, $6::bigint, "
            "CASE WHEN $6::bigint IS NOT NULL THEN 1 END, $7, '', '', 'e', 'skip', $8, '', 1, $9, "
            "now() - make_interval(days => $10)) RETURNING id",
            team,
            signal,
            revision,
            cause,
            dry_run,
            sops[slug] if slug else None,
            confidence,
            reason,
            caution,
            days,
        )
        return signal, evaluation

    return store


async def counts(pool: Pool, slug: str | None = None) -> list[tuple[int, int, int]]:
    """Started, right and wrong at 50, 90 and 99 %."""
    rows = what_if(await Verdicts(pool).past_matches(TEAM, SINCE, slug))
    return [
        (row.started, row.right, row.wrong) for row in rows if row.threshold in (0.5, 0.9, 0.99)
    ]


async def say(
    pool: Pool, signal: int, workflow: int | None, fits: bool, *, revision: int = 1
) -> None:
    await pool.execute(sql("insert_verdict"), TEAM, signal, revision, workflow, fits, None, "UADA")


async def test_a_threshold_is_reached_from_its_own_value_on(judged: Judged, pool: Pool) -> None:
    for confidence in (0.49, 0.5, 0.89, 0.9, 0.99, 1.0):
        await judged(confidence=confidence)
    assert await counts(pool) == [(5, 0, 0), (3, 0, 0), (2, 0, 0)]
    reached = [row.reached for row in await Verdicts(pool).past_matches(TEAM, SINCE)]
    assert sorted(reached) == [0.5, 0.85, 0.9, 0.99]
    assert set(reached) <= set(THRESHOLDS)


@pytest.mark.parametrize(
    ("said", "right", "wrong"),
    [
        ([], 0, 0),
        ([("incident", True)], 1, 0),
        ([("incident", False)], 0, 1),
        ([(None, False)], 0, 1),
        ([("refund", True)], 0, 1),
        ([("refund", False)], 0, 0),
        ([(None, True)], 0, 0),
        ([("incident", True), ("refund", False)], 1, 0),
        ([("incident", False), (None, True)], 0, 1),
    ],
)
async def test_right_and_wrong_are_what_people_said_of_that_match(
    judged: Judged,
    pool: Pool,
    sops: dict[str, int],
    said: list[tuple[str | None, bool]],
    right: int,
    wrong: int,
) -> None:
    signal, _ = await judged()
    for slug, fits in said:
        await say(pool, signal, sops[slug] if slug else None, fits)
    assert (await counts(pool))[1] == (1, right, wrong)


async def test_a_verdict_on_another_text_or_that_was_replaced_does_not_count(
    judged: Judged, pool: Pool, sops: dict[str, int]
) -> None:
    first, _ = await judged()
    await say(pool, first, sops["incident"], True, revision=2)
    second, _ = await judged()
    await say(pool, second, sops["incident"], True)
    await pool.execute("UPDATE verdicts SET replaced_at = now() + interval '1 day'")
    assert (await counts(pool))[1] == (2, 0, 0)


async def test_a_message_counts_once_as_it_was_last_judged(judged: Judged, pool: Pool) -> None:
    edited, _ = await judged(confidence=0.99)
    await judged(confidence=0.6, signal=edited, revision=2)
    quiet, _ = await judged(confidence=0.99)
    await judged(None, 0.1, signal=quiet, revision=2, reason="no_match")
    replayed, _ = await judged(confidence=0.6)
    await judged(confidence=0.99, signal=replayed, cause="replay")
    assert await counts(pool) == [(2, 0, 0), (0, 0, 0), (0, 0, 0)]


@pytest.mark.parametrize(
    "left_out",
    [
        {"cause": "replay"},
        {"cause": "replay", "dry_run": True},
        {"reason": "other_channel"},
        {"reason": "duplicate_run"},
        {"days": 31},
        {"caution": "odd"},
        {"slug": None, "reason": "no_match"},
        {"slug": None, "confidence": None, "reason": "failed"},
        {"team": OTHER, "slug": "theirs"},
    ],
    ids=str,
)
async def test_what_could_not_have_started_is_left_out(
    judged: Judged, pool: Pool, left_out: dict[str, Any]
) -> None:
    await judged(**left_out)
    assert (await counts(pool))[0] == (0, 0, 0)


async def test_one_sop_can_be_looked_at_alone(judged: Judged, pool: Pool) -> None:
    await judged("incident")
    await judged("refund")
    assert (await counts(pool))[1] == (2, 0, 0)
    assert (await counts(pool, "refund"))[1] == (1, 0, 0)
    assert (await counts(pool, "theirs"))[1] == (0, 0, 0)


async def test_the_cost_is_that_of_the_teams_matches_in_that_time(
    pool: Pool, sops: dict[str, int]
) -> None:
    await pool.execute(
        """
        WITH signals AS (
            INSERT INTO raw_signals (
                event_id, team_id, source, external_id, channel_id, message_ts, author_id,
                author_is_bot, text, occurred_at, received_at, state
            )
            SELECT 'E' || n, 'T' || n % 20, 'slack', 'C1:' || n, 'C1', n::text, 'U1', false, 'x',
                now(), now(), 'evaluated'
            FROM generate_series(1, 10000) AS n
            RETURNING id, team_id
        )
        INSERT INTO evaluations (
            team_id, signal_id, revision, cause, dry_run, workflow_id, workflow_version,
            confidence, reasoning, evidence, evaluator, verdict, reason, detail, latency_ms,
            created_at
        )
        SELECT team_id, id, 1, 'signal', false, w, CASE WHEN w IS NOT NULL THEN 1 END, 0.9, '', '',
            'e', 'skip', 'no_match', '', 1, now() - make_interval(hours => id::integer)
        FROM signals, LATERAL (SELECT CASE WHEN id % 3 = 0 THEN $1::bigint END AS w) AS matched
        """,
        sops["incident"],
    )
    await pool.execute(
        "INSERT INTO verdicts (team_id, signal_id, revision, workflow_id, fits, given_by) "
        "SELECT 'T1', id, 1, $1, true, 'U1' FROM raw_signals WHERE id % 2 = 0",
        sops["incident"],
    )
    await pool.execute("ANALYZE raw_signals, evaluations, verdicts")
    arguments = (TEAM, SINCE, list(THRESHOLDS), "incident", 1_000)
    plan = json.loads(
        await pool.fetchval(f"EXPLAIN (FORMAT json) {sql('past_matches')}", *arguments)
    )
    nodes = _nodes(plan[0]["Plan"])
    scanned = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
    assert scanned <= {"workflows"}, "a team has few"
    indexes = {node.get("Index Name") for node in nodes}
    assert {"evaluations_matched_sop", "verdicts_of_signal"} <= indexes


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", []) for node in _nodes(child))]
