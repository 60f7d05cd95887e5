"""What explains a message, on a real PostgreSQL: within its team, and from indexes."""

import json
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from livesop_bot.db.explanations import Explanations
from livesop_bot.db.pool import Pool
from livesop_bot.db.queries import sql
from livesop_bot.db.teams import Teams
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.decisions import Limits, Scope
from livesop_bot.domain.evaluations import Cause
from livesop_bot.domain.explanation import OfMessage, OfRun, OfSignal
from livesop_bot.domain.runs import RunId
from livesop_bot.domain.signals import ChannelId, MessageTs, SignalId, TeamId
from livesop_bot.domain.workflows import (
    ActionKind,
    Step,
    StepId,
    StepKind,
    StepMode,
    Trigger,
    WorkflowDefinition,
)

TEAM, OTHER = TeamId("T1"), TeamId("T2")
LIMITS = Limits(propose=0.5, auto=0.9)
SOP = WorkflowDefinition(
    slug="bug-report",
    title="Bug report",
    trigger=Trigger(description="Something is broken"),
    steps=(
        Step(
            id=StepId("tell"),
            title="Tell the channel",
            kind=StepKind.ACTION,
            mode=StepMode.AUTO,
            action=ActionKind.SLACK_MESSAGE,
            fields={"channel": "C1", "text": "broken"},
        ),
    ),
)
EVALUATION = """
INSERT INTO evaluations (team_id, signal_id, revision, cause, dry_run, workflow_id,
    workflow_version, confidence, reasoning, evidence, evaluator, verdict, reason, detail,
    latency_ms)
SELECT 'T1', s.id, 1, $1, $2, w.id, 1, 0.8, $3, '', 'lexical', 'skip', 'no_match', '', 1
FROM raw_signals AS s, workflows AS w WHERE s.team_id = 'T1' RETURNING id
"""
RUN = """
INSERT INTO runs (team_id, evaluation_id, signal_id, workflow_id, workflow_version, channel_id,
    thread_ts, state)
SELECT 'T1', e.id, e.signal_id, e.workflow_id, 1, 'C1', '1.1', 'proposed'
FROM evaluations AS e WHERE e.id = $1 RETURNING id
"""
SIGNALS = """
INSERT INTO raw_signals (event_id, team_id, source, external_id, channel_id, message_ts, author_id,
    author_is_bot, text, occurred_at, received_at, state)
SELECT $1 || n, $1, 'slack', 'C1:' || n || '.1', 'C1', n || '.1', 'U1', false, 'it crashes', now(),
    now(), 'evaluated'
FROM generate_series(1, $2::integer) AS n RETURNING id
"""


@pytest_asyncio.fixture
async def explanations(pool: Pool) -> Explanations:
    """A team with an SOP and a message."""
    teams, workflows = Teams(pool), Workflows(pool)
    await teams.ensure(TEAM, "One")
    await workflows.publish(TEAM, SOP, "U1")
    await pool.execute(SIGNALS, TEAM, 1)
    return Explanations(pool, teams, workflows, LIMITS)


async def test_a_message_without_a_judgement_is_known_all_the_same(
    explanations: Explanations,
) -> None:
    found = await explanations.find(TEAM, OfMessage(ChannelId("C1"), MessageTs("1.1")))
    assert found is not None
    assert (found.evaluation, found.run, found.said, found.judged) == (None, None, (), 0)
    assert found.limits == LIMITS


async def test_the_newest_judgement_counts_that_was_no_dry_run(
    explanations: Explanations, pool: Pool
) -> None:
    await pool.fetchval(EVALUATION, "signal", False, "first")
    await pool.fetchval(EVALUATION, "replay", False, "again")
    await pool.fetchval(EVALUATION, "replay", True, "tried")
    signal = SignalId(await pool.fetchval("SELECT id FROM raw_signals"))
    found = await explanations.find(TEAM, OfSignal(signal))
    assert found is not None
    assert found.evaluation is not None
    assert (found.evaluation.reasoning, found.evaluation.cause) == ("again", Cause.REPLAY)
    assert found.judged == 3
    history = await explanations.history(TEAM, signal)
    assert [one.reasoning for one in history] == ["tried", "again", "first"]


async def test_a_run_is_explained_by_what_it_came_of(
    explanations: Explanations, pool: Pool
) -> None:
    first = await pool.fetchval(EVALUATION, "signal", False, "first")
    run = RunId(await pool.fetchval(RUN, first))
    again = await pool.fetchval(EVALUATION, "replay", False, "again")
    await pool.execute("UPDATE runs SET state = 'dismissed', ended_at = now()")
    newest = await pool.fetchval(RUN, again)
    found = await explanations.find(TEAM, OfRun(run))
    assert found is not None
    assert found.evaluation is not None
    assert found.run is not None
    assert (found.evaluation.reasoning, found.run.id) == ("first", run)
    whole = await explanations.find(TEAM, OfSignal(found.signal.id))
    assert whole is not None
    assert whole.run is not None
    assert whole.run.id == newest


async def test_the_sop_is_shown_as_it_is_now_with_its_switches(
    explanations: Explanations, pool: Pool
) -> None:
    await pool.fetchval(EVALUATION, "signal", False, "first")
    await Workflows(pool).publish(TEAM, replace(SOP, title="Bugs"), "U1")
    await Teams(pool).set_autopilot(TEAM, Scope.STEP, "bug-report/tell", is_on=True, by="U1")
    message = OfMessage(ChannelId("C1"), MessageTs("1.1"))
    found = await explanations.find(TEAM, message)
    assert found is not None
    assert found.workflow is not None
    assert (found.workflow.title, found.workflow.version) == ("Bugs", 2)
    assert found.switches.steps == {StepId("tell"): True}
    assert (found.switches.team, found.switches.workflow) == (False, False)
    await pool.execute("UPDATE workflows SET archived_at = now()")
    found = await explanations.find(TEAM, message)
    assert found is not None
    assert found.workflow is None


async def test_what_was_said_and_still_counts(explanations: Explanations, pool: Pool) -> None:
    await pool.execute(
        "INSERT INTO verdicts (team_id, signal_id, revision, workflow_id, fits, given_by, "
        "given_at, replaced_at) SELECT 'T1', s.id, 1, w.id, fits, 'U' || n, "
        "now() - interval '1 h', CASE WHEN n = 1 THEN now() END FROM raw_signals AS s, "
        "workflows AS w, (VALUES (1, true), (2, false)) AS v (n, fits)"
    )
    found = await explanations.find(TEAM, OfMessage(ChannelId("C1"), MessageTs("1.1")))
    assert found is not None
    assert [(said.workflow, said.fits, said.by) for said in found.said] == [
        ("bug-report", False, "U2")
    ]


async def test_nothing_of_another_team_is_explained(explanations: Explanations, pool: Pool) -> None:
    evaluation = await pool.fetchval(EVALUATION, "signal", False, "first")
    run = RunId(await pool.fetchval(RUN, evaluation))
    signal = SignalId(await pool.fetchval("SELECT id FROM raw_signals"))
    for about in (OfSignal(signal), OfRun(run), OfMessage(ChannelId("C1"), MessageTs("1.1"))):
        assert await explanations.find(OTHER, about) is None
    assert await explanations.history(OTHER, signal) == []


@pytest.mark.parametrize(
    ("query", "arguments"),
    [
        ("signal_of_message", ("T1", "C1:9.1")),
        ("explained_signal", ("T1", 9, None)),
        ("evaluations_of_signal", ("T1", 9, 50)),
        ("latest_run_of_signal", ("T1", 9)),
        ("verdicts_on_signal", ("T1", 9)),
    ],
)
async def test_no_history_is_scanned(
    explanations: Explanations, pool: Pool, query: str, arguments: tuple[object, ...]
) -> None:
    await pool.execute(SIGNALS, "T3", 5000)
    await pool.execute(
        "INSERT INTO evaluations (team_id, signal_id, revision, cause, dry_run, reasoning, "
        "evidence, evaluator, verdict, reason, detail, latency_ms) SELECT team_id, id, 1, "
        "'signal', false, '', '', 'lexical', 'skip', 'no_match', '', 1 FROM raw_signals"
    )
    await pool.execute("ANALYZE raw_signals, evaluations")
    found = await pool.fetchval(f"EXPLAIN (FORMAT json) {sql(query)}", *arguments)
    scanned = [
        node["Relation Name"]
        for node in nodes(json.loads(found)[0]["Plan"])
        if node["Node Type"] == "Seq Scan"
    ]
    assert {"raw_signals", "evaluations"}.isdisjoint(scanned)


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """A plan's nodes, all of them."""
    return [plan, *(node for child in plan.get("Plans", []) for node in nodes(child))]
