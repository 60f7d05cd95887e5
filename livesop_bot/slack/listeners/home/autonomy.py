"""App Home, Workflows, one SOP: how its steps stand with Auto-Pilot, and the button they earn."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.db.teams import step_subject
from livesop_bot.domain.audit import switch_subject
from livesop_bot.domain.decisions import Scope, limits_of
from livesop_bot.domain.rights import Right
from livesop_bot.domain.signals import UserId
from livesop_bot.domain.what_if import Shift, around, shifts, what_if
from livesop_bot.domain.workflows import StepId, Workflow
from livesop_bot.errors import DatabaseAway
from livesop_bot.slack.homes import Visitor
from livesop_bot.slack.listeners.autopilot import turn
from livesop_bot.slack.listeners.face import Face, within
from livesop_bot.slack.listeners.home.frame import Spot, changed, publish, trouble_shown
from livesop_bot.slack.listeners.modals import opened
from livesop_bot.slack.listeners.rights import refusal
from livesop_bot.views.autonomy import autonomy_blocks
from livesop_bot.views.blocks import Block
from livesop_bot.views.home import tabs
from livesop_bot.views.ids import ActionId
from livesop_bot.views.rights import notice

log = structlog.get_logger()

_DAYS = 30
_MOST = 2_000
"""Matches of an SOP that are looked at for other thresholds, the newest; so it stays quick."""


def register(app: AsyncApp, face: Face) -> None:
    """Answer to it."""

    @app.action(ActionId.AUTONOMY_ON)
    async def on(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        async with trouble_shown(client, body) as spot:
            value = body["actions"][0]["value"]
            subject = switch_subject(Scope.STEP, value)
            refused = await refusal(face, spot.team, spot.user, Right.SWITCH_ON, subject)
            if refused is None:
                await _switch(client, face, spot, value, is_on=True)
            else:
                await opened(client, body["trigger_id"], notice(refused))
                await changed(client, face, spot)

    @app.action(ActionId.AUTONOMY_OFF)
    async def off(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        async with trouble_shown(client, body) as spot:
            await _switch(client, face, spot, body["actions"][0]["value"], is_on=False)


async def blocks(face: Face, visitor: Visitor, workflow: Workflow) -> Sequence[Block]:
    """Show how an SOP's steps stand with Auto-Pilot. Raises DatabaseAway."""
    settings = await face.administration.settings.recent(visitor.team)
    today = limits_of(workflow, settings.limits(face.administration.environment.limits)).auto
    return autonomy_blocks(
        workflow,
        await face.autonomy.steps(workflow),
        await _shifts(face, workflow, today),
        today=today,
        days=_DAYS,
        is_admin=visitor.is_admin,
    )


async def _shifts(face: Face, workflow: Workflow, today: float) -> Sequence[Shift]:
    thresholds = around(today)
    since = datetime.now(UTC) - timedelta(days=_DAYS)
    matches = await face.verdicts.past_matches(
        workflow.team, since, workflow.slug, thresholds=thresholds, most=_MOST
    )
    return shifts(what_if(matches, thresholds), today)


async def _switch(
    client: AsyncWebClient, face: Face, spot: Spot, value: str, *, is_on: bool
) -> None:
    """Switch a step off, or on if it has earned that; what is so is shown after it."""
    slug, _, step = value.partition("/")
    try:
        workflow = await within(face.workflows.get(spot.team, slug))
        if workflow is not None and is_on:
            await within(_earned(face, workflow, StepId(step), spot.user))
        elif workflow is not None:
            await within(turn(face, spot.team, Scope.STEP, value, spot.user, is_on=False))
    except DatabaseAway as error:
        log.warning("autopilot.not_confirmed", team=spot.team, is_on=is_on, error=str(error))
        await publish(client, spot, tabs.not_confirmed(spot.state))
        return
    await changed(client, face, spot)


async def _earned(face: Face, workflow: Workflow, step: StepId, user: UserId) -> None:
    """Switch a step on if it has earned that. Raises DatabaseAway."""
    if await face.autonomy.switch_on(workflow, step, user):
        log.info(
            "autopilot.switched",
            team=workflow.team,
            scope=Scope.STEP,
            subject=step_subject(workflow.slug, step),
            is_on=True,
            by=user,
        )
