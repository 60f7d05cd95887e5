"""App Home, Overview: what is shown, and the kill switch."""

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.domain.audit import switch_subject
from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.evaluations import Evaluation
from livesop_bot.domain.figures import Strain
from livesop_bot.domain.rights import Right
from livesop_bot.domain.signals import ChannelId, TeamId
from livesop_bot.domain.waiting import MOST_WAITING, count
from livesop_bot.errors import DatabaseAway
from livesop_bot.slack.homes import Visitor
from livesop_bot.slack.listeners.autopilot import turn
from livesop_bot.slack.listeners.face import Face, within
from livesop_bot.slack.listeners.home import guide
from livesop_bot.slack.listeners.home.frame import Spot, changed, publish, show, trouble_shown
from livesop_bot.slack.listeners.modals import opened
from livesop_bot.slack.listeners.rights import refusal
from livesop_bot.views.blocks import Block
from livesop_bot.views.home import tabs
from livesop_bot.views.home.feed import MOST_SOPS, PAGE, FeedFilter
from livesop_bot.views.home.figures import WEEK
from livesop_bot.views.home.overview import Overview, overview
from livesop_bot.views.home.tabs import HomeState
from livesop_bot.views.ids import ActionId
from livesop_bot.views.rights import notice

log = structlog.get_logger()


def register(app: AsyncApp, face: Face) -> None:
    """Answer to each button."""

    @app.action(ActionId.AUTOPILOT_OFF)
    async def off(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        async with trouble_shown(client, body) as spot:
            await _switch(client, face, spot, is_on=False)

    @app.action(ActionId.AUTOPILOT_ON)
    async def on(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        async with trouble_shown(client, body) as spot:
            subject = switch_subject(Scope.TEAM, spot.team)
            refused = await refusal(face, spot.team, spot.user, Right.SWITCH_ON, subject)
            if refused is None:
                await _switch(client, face, spot, is_on=True)
            else:
                await opened(client, body["trigger_id"], notice(refused))
                await show(client, face, spot)


async def blocks(face: Face, visitor: Visitor, state: HomeState) -> Sequence[Block]:
    """Show the tab, below the guide while that is not finished."""
    team, found = visitor.team, FeedFilter.of(state)
    switches, health, strain, days, waiting, (sops, evaluations) = await asyncio.gather(
        _switches(face, team),
        face.home_health(),
        _strain(face, visitor),
        face.figures.of_team(team, 2 * WEEK),
        face.waiting.runs(team, MOST_WAITING),
        _feed(face, team, found),
    )
    autopilot, channels_off = switches
    shown = Overview(
        role=visitor.role,
        autopilot=autopilot,
        channels_off=channels_off,
        health=health,
        strain=strain,
        days=days,
        waiting=count(waiting, most=MOST_WAITING),
        feed=found,
        sops=sops,
        evaluations=evaluations,
    )
    return [*await guide.blocks(face, visitor, state), *overview(shown)]


async def _switches(face: Face, team: TeamId) -> tuple[bool, Sequence[ChannelId]]:
    return await face.teams.autopilot(team), await face.teams.channels_off(team)


async def _strain(face: Face, visitor: Visitor) -> Strain | None:
    if not visitor.is_admin:
        return None
    book = face.administration
    own = (await book.settings.recent(visitor.team)).daily_token_budget
    budget = book.environment.daily_token_budget if own is None else own
    return Strain(
        unjudged=await face.figures.unjudged(visitor.team),
        tokens=(await book.usage.today(visitor.team)).tokens,
        token_budget=0 if book.environment.model is None else budget,
    )


async def _feed(
    face: Face, team: TeamId, found: FeedFilter
) -> tuple[dict[str, str], list[Evaluation]]:
    return await asyncio.gather(
        face.feed.sops(team, MOST_SOPS + 1, found.sop),
        face.feed.latest(
            team,
            PAGE + 1,
            before=found.before,
            channel=found.channel,
            sop=found.sop,
            outcome=found.outcome,
        ),
    )


async def _switch(client: AsyncWebClient, face: Face, spot: Spot, *, is_on: bool) -> None:
    team, user = spot.team, spot.user
    try:
        await within(turn(face, team, Scope.TEAM, team, user, is_on=is_on))
    except DatabaseAway as error:
        log.warning("autopilot.not_confirmed", team=team, is_on=is_on, error=str(error))
        await publish(client, spot, tabs.not_confirmed(spot.state))
        return
    await changed(client, face, spot)
