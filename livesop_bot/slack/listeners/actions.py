"""Buttons of the home tab: acked at once, then carried out, then the tab shown anew."""

from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.domain.audit import switch_subject
from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.rights import Right
from livesop_bot.domain.signals import TeamId, UserId
from livesop_bot.errors import DatabaseAway
from livesop_bot.slack.listeners.boundary import boundary
from livesop_bot.slack.listeners.face import Face, team_of, within
from livesop_bot.slack.listeners.home import publish, refresh
from livesop_bot.slack.listeners.modals import opened
from livesop_bot.slack.listeners.rights import refusal
from livesop_bot.views import home
from livesop_bot.views.ids import ActionId
from livesop_bot.views.rights import notice

log = structlog.get_logger()


def register(app: AsyncApp, face: Face) -> None:
    """Answer to each button."""

    @app.action(ActionId.AUTOPILOT_OFF)
    async def off(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        team, user = team_of(body), UserId(body["user"]["id"])
        async with boundary(body, lambda: publish(client, user, home.went_wrong())):
            await _switch(client, face, team, user, is_on=False)

    @app.action(ActionId.AUTOPILOT_ON)
    async def on(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        team, user = team_of(body), UserId(body["user"]["id"])
        async with boundary(body, lambda: publish(client, user, home.went_wrong())):
            subject = switch_subject(Scope.TEAM, team)
            refused = await refusal(face, team, user, Right.SWITCH_ON, subject)
            if refused is None:
                await _switch(client, face, team, user, is_on=True)
            else:
                await opened(client, body["trigger_id"], notice(refused))
                await refresh(client, face, team, user)

    @app.action(ActionId.HOME_REFRESH)
    async def again(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        team, user = team_of(body), UserId(body["user"]["id"])
        async with boundary(body, lambda: publish(client, user, home.went_wrong())):
            await refresh(client, face, team, user)


async def _switch(
    client: AsyncWebClient, face: Face, team: TeamId, user: UserId, *, is_on: bool
) -> None:
    try:
        await within(face.teams.set_autopilot(team, Scope.TEAM, team, is_on=is_on, by=user))
    except DatabaseAway as error:
        log.warning("autopilot.not_confirmed", team=team, is_on=is_on, error=str(error))
        await publish(client, user, home.not_confirmed())
        return
    log.info("autopilot.switched", team=team, scope=Scope.TEAM, is_on=is_on, by=user)
    await refresh(client, face, team, user)
