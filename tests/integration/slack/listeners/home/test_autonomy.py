"""The button with which a step that has earned it is switched on."""

import asyncio
from typing import Any

import pytest

from livesop_bot.db.pool import Pool
from livesop_bot.db.teams import Teams
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.autonomy import content_of
from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.signals import TeamId
from livesop_bot.sandbox.changes import Change, HomePublished
from livesop_bot.sandbox.demo import ADA, GRACE
from tests.integration.slack.listeners.conftest import Desk

TEAM = TeamId("T0SANDBOX")


async def press(desk: Desk, user: str, action_id: str, value: str) -> None:
    """Press a step's button, and wait until Home is shown anew."""
    shown = asyncio.Event()

    def look(change: Change) -> None:
        if isinstance(change, HomePublished):
            shown.set()

    stop = desk.slack.workspace.listen(look)
    view = desk.slack.workspace.views.homes[user]
    action = {"type": "button", "action_id": action_id, "block_id": "any", "value": value}
    await desk.slack.interactions.block_action(
        user, {"type": "view", "view_id": view["id"]}, action
    )
    async with asyncio.timeout(5):
        await shown.wait()
    stop()


async def is_on(pool: Pool) -> bool:
    """Whether the SOP's step is switched on."""
    return (Scope.STEP, "bug-report/tell") in await Teams(pool).switched_on(TEAM)


@pytest.fixture
async def earned(pool: Pool, desk: Desk, judged: Any) -> None:
    """People approved the step on twelve days."""
    (workflow,) = await Workflows(pool).current(TEAM)
    (step,) = workflow.definition.acting_steps
    await judged()
    await pool.execute(
        """
        WITH evaluated AS (
            INSERT INTO evaluations (team_id, signal_id, revision, cause, dry_run, workflow_id,
                workflow_version, confidence, reasoning, evidence, evaluator, verdict, reason,
                detail, latency_ms)
            SELECT s.team_id, s.id, 1, 'replay', false, $1, 1, 1, '', '', '', 'propose', 'proposed',
                '', 1 FROM raw_signals AS s, generate_series(1, 12)
            RETURNING id, signal_id
        ), opened AS (
            INSERT INTO runs (team_id, evaluation_id, signal_id, workflow_id, workflow_version,
                channel_id, thread_ts, state, ended_at)
            SELECT $2, id, signal_id, $1, 1, 'C1', id::text, 'done', now() FROM evaluated
            RETURNING id
        )
        INSERT INTO shadow_decisions (run_id, step_id, team_id, workflow_id, content, approved,
            decided_by, decided_at)
        SELECT id, $3, $2, $1, $4, true, 'U1', now() - id * interval '1 day' FROM opened
        """,
        workflow.id,
        TEAM,
        step.id,
        content_of(step),
    )


@pytest.mark.usefixtures("earned")
async def test_an_admin_switches_on_what_is_earned(desk: Desk, pool: Pool) -> None:
    await desk.home(ADA)
    await desk.home(GRACE)
    await press(desk, GRACE, "autonomy_on", "bug-report/tell")
    assert not await is_on(pool)
    assert await pool.fetchval("SELECT count(*) FROM audit_log WHERE kind = 'refusal'") == 1
    await press(desk, ADA, "autonomy_on", "bug-report/tell")
    assert await is_on(pool)


async def test_everybody_may_switch_a_step_off(desk: Desk, pool: Pool) -> None:
    await Teams(pool).set_autopilot(TEAM, Scope.STEP, "bug-report/tell", is_on=True, by=ADA)
    await desk.home(GRACE)
    await press(desk, GRACE, "sop_open", "bug-report")
    assert "it does this by itself" in str(desk.slack.workspace.views.homes[GRACE]["blocks"])
    await press(desk, GRACE, "autonomy_off", "bug-report/tell")
    assert await Teams(pool).switched_on(TEAM) == frozenset()
    assert "autonomy_off" not in str(desk.slack.workspace.views.homes[GRACE]["blocks"])


@pytest.mark.usefixtures("earned")
async def test_an_sop_shows_what_its_steps_have_earned(desk: Desk) -> None:
    await desk.home(ADA)
    await press(desk, ADA, "sop_open", "bug-report")
    said = str(desk.slack.workspace.views.homes[ADA]["blocks"])
    assert "12 of 12 approved in 11 days" in said
    assert "autonomy_on" in said


@pytest.mark.parametrize("value", ["bug-report/tell", "bug-report/see", "other/tell", "nonsense"])
async def test_what_is_not_earned_is_not_switched_on(desk: Desk, pool: Pool, value: str) -> None:
    await desk.home(ADA)
    await press(desk, ADA, "autonomy_on", value)
    assert await Teams(pool).switched_on(TEAM) == frozenset()
