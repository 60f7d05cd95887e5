"""Switches, as tests set them without asking an admin."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from livesop_bot.db.pool import create_pool
from livesop_bot.db.teams import Teams, step_subject
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.workflows import (
    ActionKind,
    Step,
    StepId,
    StepKind,
    StepMode,
    WorkflowDefinition,
)
from livesop_bot.sandbox.demo import ADA

TEAM = TeamId("T0SANDBOX")

ALL_ON = (
    "UPDATE teams SET autopilot = true",
    """INSERT INTO autopilot_switches (team_id, scope, subject, is_on)
    SELECT w.team_id, 'workflow', w.slug, true FROM workflows AS w
    UNION SELECT w.team_id, 'step', w.slug || '/' || (step ->> 'id'), true
    FROM workflows AS w
    JOIN workflow_versions AS v ON v.workflow_id = w.id
    CROSS JOIN jsonb_array_elements(v.definition -> 'steps') AS step""",
)
"""Statements that switch Auto-Pilot on for all teams, their SOPs and steps."""


def tells(mode: StepMode = StepMode.AUTO, **more: Any) -> Step:
    """A step that posts what it was told to #general."""
    return Step(
        id=StepId("tell"),
        title="Tell",
        kind=StepKind.ACTION,
        mode=mode,
        action=ActionKind.SLACK_MESSAGE,
        fields={"channel": "#general", "text": "Told: {{ message.text }}"},
        **more,
    )


@asynccontextmanager
async def allowed(dsn: str, *sops: WorkflowDefinition) -> AsyncIterator[Teams]:
    """A team with SOPs that Auto-Pilot may carry out as far as their steps say so."""
    async with await create_pool(dsn, min_size=1, max_size=2) as pool:
        teams = Teams(pool)
        await teams.ensure(TEAM, "Acme")
        await teams.set_autopilot(TEAM, Scope.TEAM, TEAM, is_on=True, by=ADA)
        for sop in sops:
            await Workflows(pool).publish(TEAM, sop, ADA)
            await teams.set_autopilot(TEAM, Scope.WORKFLOW, sop.slug, is_on=True, by=ADA)
            for step in (one for one in sop.acting_steps if one.mode is StepMode.AUTO):
                subject = step_subject(sop.slug, step.id)
                await teams.set_autopilot(TEAM, Scope.STEP, subject, is_on=True, by=ADA)
        yield teams
