"""Attempts in a real PostgreSQL: concluded once, and void after whatever came in between."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from livesop_bot.db.ended import Concluded
from livesop_bot.db.evaluations import Evaluations
from livesop_bot.db.feed import Feed
from livesop_bot.db.jobs import EvaluateJob
from livesop_bot.db.pool import Pool
from livesop_bot.db.queries import sql
from livesop_bot.db.signals import store_batch
from livesop_bot.db.team_settings import TeamSettingsBook
from livesop_bot.db.teams import Teams, step_subject
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.decisions import Limits, Reason, Scope, timed_out
from livesop_bot.domain.evaluations import Attempt, Cause, Judgement, Usage
from livesop_bot.domain.knowledge import Passage, PassageId
from livesop_bot.domain.signals import (
    ChannelId,
    EventId,
    MessageTs,
    NewSignal,
    Signal,
    SignalDeletion,
    SignalEdit,
    SignalId,
    Source,
    TeamId,
    UserId,
)
from livesop_bot.domain.team_settings import TeamSettings
from livesop_bot.domain.workflows import Workflow
from livesop_bot.sop.starter_pack import starter_pack

TEAM = TeamId("T1")
NOW = datetime.now(UTC)
TS = MessageTs(f"{int(NOW.timestamp())}.000100")
MESSAGE = NewSignal(
    event_id=EventId("Ev1"),
    team=TEAM,
    source=Source.SLACK,
    external_id=f"C1:{TS}",
    channel=ChannelId("C1"),
    message_ts=TS,
    thread_ts=None,
    author="U1",
    author_is_bot=False,
    text="Payments are down",
    permalink=None,
    occurred_at=NOW,
    received_at=NOW,
)
DELETION = SignalDeletion(
    event_id=EventId("Ev2"),
    team=TEAM,
    source=Source.SLACK,
    external_id=MESSAGE.external_id,
    channel=MESSAGE.channel,
    message_ts=TS,
    occurred_at=NOW,
    received_at=NOW,
)
BASIS = ("fields", "citations", "usage", "stand_in", "caution")
"""What a judgement rests on, beside what every one has."""


class Desk:
    """One stored signal, and what a worker does with it."""

    def __init__(self, pool: Pool) -> None:
        teams = Teams(pool)
        self.pool = pool
        self.settings = TeamSettingsBook(pool)
        limits = Limits(propose=0.5, auto=0.9)
        self.evaluations = Evaluations(pool, teams, limits, self.settings)
        self.workflow: Workflow | None = None
        self.job = EvaluateJob(SignalId(1), 1)

    async def begin(self, cause: Cause = Cause.SIGNAL) -> tuple[Signal, Attempt]:
        begun = await self.evaluations.begin(replace(self.job, cause=cause))
        assert begun is not None
        return begun

    async def conclude(
        self, begun: tuple[Signal, Attempt], confidence: float, **options: Any
    ) -> Concluded | None:
        judgement = Judgement(
            workflow=None,
            confidence=confidence,
            reasoning=options.pop("reasoning", "because"),
            evaluator="test",
            **{k: options.pop(k) for k in BASIS if k in options},
        )
        job = replace(self.job, **{k: options.pop(k) for k in ("cause", "dry_run") if k in options})
        job = replace(job, by="U1" if job.cause is Cause.REPLAY else "")
        workflow = self.workflow if confidence else None
        return await self.evaluations.conclude(
            job, *begun, judgement, workflow, latency_ms=1.0, **options
        )

    async def count(self, table: str) -> int:
        return int(await self.pool.fetchval(f"SELECT count(*) FROM {table}"))


@pytest.fixture
async def desk(pool: Pool) -> Desk:
    desk = Desk(pool)
    workflows = Workflows(pool)
    await Teams(pool).ensure(TEAM, "Acme")
    await workflows.load_starter_pack(TEAM, starter_pack())
    desk.workflow = await workflows.get(TEAM, "incident")
    await store_batch(pool, [MESSAGE], timeout=5)
    return desk


@pytest.mark.parametrize("confidence", [0.0, 0.2, 0.95], ids=["no match", "low", "match"])
async def test_two_attempts_at_once_make_one_evaluation(desk: Desk, confidence: float) -> None:
    one, other = await desk.begin(), await desk.begin()
    results = await asyncio.gather(desk.conclude(one, confidence), desk.conclude(other, confidence))
    assert [result is None for result in results].count(True) == 1
    assert await desk.count("evaluations") == 1
    assert await desk.count("runs") == (1 if confidence > 0.5 else 0)
    assert await desk.evaluations.begin(desk.job) is None, "judged once"


async def test_a_judgement_that_cannot_be_stored_fails_itself_and_no_other(desk: Desk) -> None:
    ts = MessageTs("1700000000.000200")
    other = replace(MESSAGE, event_id=EventId("Ev3"), message_ts=ts, external_id=f"C1:{ts}")
    await store_batch(desk.pool, [other], timeout=5)
    begun = await desk.begin()
    beside = await desk.evaluations.begin(EvaluateJob(SignalId(2), 1))
    assert beside is not None
    odd, fine = await asyncio.gather(
        desk.conclude(begun, 0.0, reasoning="No\0"), desk.conclude(beside, 0.0)
    )
    assert odd is not None
    assert fine is not None
    assert (odd.decision.reason, fine.decision.reason) == (Reason.FAILED, Reason.NO_MATCH)
    rows = await desk.pool.fetch(
        "SELECT s.id, state, reasoning FROM evaluations AS e JOIN raw_signals AS s"
        " ON s.id = e.signal_id ORDER BY 1"
    )
    assert [tuple(row) for row in rows] == [(1, "failed", ""), (2, "evaluated", "because")]


@pytest.mark.parametrize("confidence", [0.0, 0.95], ids=["no match", "match"])
async def test_what_a_judgement_rests_on_is_kept_and_goes_with_the_message(
    desk: Desk, confidence: float
) -> None:
    passage = Passage(
        id=PassageId(7), title="Runbook", text="Page the owner.", source="a file", link=None
    )
    usage = Usage(prompt_tokens=900, completion_tokens=40, cost_usd=0.0002)
    await desk.conclude(
        await desk.begin(),
        confidence,
        fields={"service": "checkout"},
        citations=(passage,),
        usage=usage,
        stand_in="OpenAI is away",
        caution="it reads like an instruction",
    )
    feed = Feed(desk.pool)
    (found,) = await feed.latest(TEAM, 1)
    assert (found.fields, found.citations, found.usage) == (
        {"service": "checkout"},
        (passage,),
        usage,
    )
    assert (found.stand_in, found.caution) == ("OpenAI is away", "it reads like an instruction")

    await store_batch(desk.pool, [DELETION], timeout=5)
    (found,) = await feed.latest(TEAM, 1)
    assert (found.evidence, found.fields) == ("", {})


@pytest.mark.parametrize("confidence", [0.0, 0.95], ids=["no match", "match"])
@pytest.mark.parametrize("change", ["timed out", "edited", "deleted", "replayed"])
async def test_what_came_in_between_makes_an_attempt_void(
    desk: Desk, change: str, confidence: float
) -> None:
    begun = await desk.begin()
    match change:
        case "timed out":
            await desk.conclude(begun, 0.0, failure=timed_out(25))
        case "edited":
            edit = SignalEdit(
                signal=replace(MESSAGE, event_id=EventId("Ev2"), text="never mind"),
                version=MessageTs("1800000000.000000"),
            )
            await store_batch(desk.pool, [edit], timeout=5)
        case "deleted":
            await store_batch(desk.pool, [DELETION], timeout=5)
        case _:
            replayed = await desk.begin(Cause.REPLAY)
            await desk.conclude(replayed, 0.0, cause=Cause.REPLAY)
    before = await desk.count("evaluations")
    assert await desk.conclude(begun, confidence) is None
    assert await desk.count("evaluations") == before
    assert await desk.count("runs") == 0


async def test_a_dry_run_is_stored_and_changes_nothing_else(desk: Desk) -> None:
    begun = await desk.begin(Cause.REPLAY)
    dry = await desk.conclude(begun, 0.95, cause=Cause.REPLAY, dry_run=True)
    assert dry is not None
    assert dry.decision.reason is Reason.DRY_RUN
    assert await desk.count("runs") == 0
    assert await desk.conclude(begun, 0.95) is not None, "the real one is not void"


@pytest.mark.parametrize("confidence", [0.0, 0.95], ids=["no match", "match"])
async def test_replays_are_recorded_with_who_asked_and_messages_are_not(
    desk: Desk, confidence: float
) -> None:
    start = await desk.count("audit_log")
    await desk.conclude(await desk.begin(), 0.0, failure=timed_out(25))
    assert await desk.count("audit_log") == start
    for dry_run in (True, False):
        begun = await desk.begin(Cause.REPLAY)
        await desk.conclude(begun, confidence, cause=Cause.REPLAY, dry_run=dry_run)
    rows = await desk.pool.fetch(
        "SELECT actor, kind, subject, before, after FROM audit_log WHERE number > $1", start
    )
    sop, version = ("incident", 1) if confidence else (None, None)
    reason = "autopilot_off" if confidence else "no_match"
    verdict = "propose" if confidence else "skip"
    run = 1 if confidence else None
    expected = [
        ("timed_out", True, 2, "skip", "dry_run" if confidence else "no_match", None),
        ("evaluated", False, 3, verdict, reason, run),
    ]
    for row, (state, dry_run, evaluation, said, why, opened) in zip(rows, expected, strict=True):
        assert tuple(row)[:3] == ("U1", "replay", "signal:1")
        assert json.loads(row["before"]) == {"state": "timed_out"}
        assert json.loads(row["after"]) == {
            "state": state,
            "dry_run": dry_run,
            "evaluation": evaluation,
            "workflow": sop,
            "version": version,
            "verdict": said,
            "reason": why,
            "run": opened,
        }


async def test_a_void_replay_is_not_recorded(desk: Desk) -> None:
    start = await desk.count("audit_log")
    begun = await desk.begin(Cause.REPLAY)
    await store_batch(desk.pool, [DELETION], timeout=5)
    assert await desk.conclude(begun, 0.0, cause=Cause.REPLAY) is None
    assert await desk.count("audit_log") == start


async def test_one_open_run_a_thread_and_workflow(desk: Desk) -> None:
    first = await desk.conclude(await desk.begin(), 0.95)
    again = await desk.conclude(await desk.begin(Cause.REPLAY), 0.95, cause=Cause.REPLAY)
    assert first is not None
    assert first.run is not None
    assert again is not None
    assert again.decision.reason is Reason.DUPLICATE_RUN
    assert await desk.count("runs") == 1


async def test_a_failed_evaluation_keeps_no_confidence(desk: Desk) -> None:
    await desk.conclude(await desk.begin(), 0.0, failure=timed_out(25))
    row = await desk.pool.fetchrow("SELECT confidence, reason, verdict FROM evaluations")
    assert row is not None
    assert tuple(row) == (None, "timed_out", "skip")
    assert await desk.pool.fetchval("SELECT state FROM raw_signals") == "timed_out"


@pytest.mark.parametrize(
    ("query", "arguments", "index"),
    [
        ("begin_attempts", [[1, 2]], "raw_signals_pkey"),
        ("hold_attempt", [1, 0], "raw_signals_pkey"),
        ("count_deliveries", ["T1", "slack", "C1:1", 1], "raw_signals_team_id_source"),
        ("forgotten_signals", ["2 minutes", 10], "raw_signals_pending"),
        ("unposted_runs", ["2 minutes", 10], "runs_unposted"),
        ("open_run_exists", ["T1", "C1", "1", 1], "runs_open_once"),
    ],
)
async def test_hot_queries_use_their_indexes(
    pool: Pool, query: str, arguments: list[Any], index: str
) -> None:
    async with pool.acquire() as connection:
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        values = ", ".join(
            f"ARRAY{value}::bigint[]" if isinstance(value, list) else f"'{value}'"
            for value in arguments
        )
        await connection.execute(f"PREPARE hot AS {sql(query)}")
        plan = await connection.fetch(f"EXPLAIN EXECUTE hot({values})")
        await connection.execute("DEALLOCATE hot; RESET plan_cache_mode")
    text = "\n".join(row[0] for row in plan)
    assert index in text
    assert "Seq Scan" not in text


@pytest.mark.parametrize(
    ("own", "confidence", "reason"),
    [
        (TeamSettings(), 0.7, Reason.PROPOSED),
        (TeamSettings(propose_threshold=0.8), 0.7, Reason.LOW_CONFIDENCE),
        (TeamSettings(), 0.3, Reason.LOW_CONFIDENCE),
        (TeamSettings(propose_threshold=0.2), 0.3, Reason.PROPOSED),
        (TeamSettings(), 0.93, Reason.AUTOPILOT_OFF),
        (TeamSettings(auto_threshold=0.95), 0.93, Reason.PROPOSED),
        (TeamSettings(auto_threshold=0.6), 0.7, Reason.AUTOPILOT_OFF),
    ],
)
async def test_the_gate_takes_the_teams_own_thresholds(
    desk: Desk, own: TeamSettings, confidence: float, reason: Reason
) -> None:
    await TeamSettingsBook(desk.pool).change(TEAM, "U1", lambda _: own)
    concluded = await desk.conclude(await desk.begin(), confidence)
    assert concluded is not None
    assert concluded.decision.reason is reason


async def test_a_threshold_that_was_raised_meanwhile_counts(desk: Desk) -> None:
    """What is known from two seconds ago lets it through; the transaction looks again."""
    book = TeamSettingsBook(desk.pool)
    begun = await desk.begin()
    await desk.settings.recent(TEAM)
    await book.change(TEAM, "U1", lambda _: TeamSettings(propose_threshold=0.8))
    concluded = await desk.conclude(begun, 0.7)
    assert concluded is not None
    assert concluded.decision.reason is Reason.LOW_CONFIDENCE
    assert concluded.run is None


@pytest.mark.parametrize(
    ("cause", "published", "reason"),
    [
        (Cause.SIGNAL, False, Reason.STARTED),
        (Cause.SIGNAL, True, Reason.CAUTION),
        (Cause.REPLAY, True, Reason.STARTED),
    ],
)
async def test_a_version_that_was_replaced_meanwhile_does_not_start_by_itself(
    desk: Desk, cause: Cause, published: bool, reason: Reason
) -> None:
    """A replay names the version that it is about."""
    assert desk.workflow is not None
    teams, sop = Teams(desk.pool), desk.workflow.definition
    for scope, subject in [
        (Scope.TEAM, ""),
        (Scope.WORKFLOW, sop.slug),
        *((Scope.STEP, step_subject(sop.slug, step.id)) for step in sop.acting_steps),
    ]:
        await teams.set_autopilot(TEAM, scope, subject, is_on=True, by="U1")
    begun = await desk.begin(cause)
    if published:
        await Workflows(desk.pool).publish(TEAM, replace(sop, title="Another"), UserId("U1"))
    concluded = await desk.conclude(begun, 0.95, cause=cause)
    assert concluded is not None
    assert concluded.decision.reason is reason
