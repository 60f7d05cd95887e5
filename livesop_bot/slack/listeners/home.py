"""App Home: shown when it is opened, and again when asked."""

import asyncio
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.slack_calls import slack_errors
from livesop_bot.domain.rights import Role
from livesop_bot.domain.signals import TeamId, UserId
from livesop_bot.errors import DatabaseAway, SlackAway, SlackRefused
from livesop_bot.slack.listeners.boundary import boundary
from livesop_bot.slack.listeners.face import Face, team_of, within
from livesop_bot.slack.people import People
from livesop_bot.views import home
from livesop_bot.views.blocks import View

_PUBLISH_S = 10.0


def register(app: AsyncApp, face: Face) -> None:
    """Answer to the opening of the tab; Slack tells of the Messages tab by the same event."""

    @app.event("app_home_opened")
    async def opened(event: dict[str, Any], body: dict[str, Any], client: AsyncWebClient) -> None:
        if event.get("tab") != "home":
            return
        user = event["user"]
        async with boundary(body, lambda: publish(client, user, home.went_wrong())):
            if not event.get("view"):  # the first visit: the tab is still empty
                await publish(client, user, home.loading())
            await refresh(client, face, team_of(body), user)


async def refresh(client: AsyncWebClient, face: Face, team: TeamId, user: UserId) -> None:
    """Show the tab as things are now."""
    is_admin = await _is_surely_admin(face.people, team, user)
    try:
        view = await within(_view(face, team, is_admin=is_admin))
    except DatabaseAway:
        view = home.database_away()
    await publish(client, user, view)


async def publish(client: AsyncWebClient, user: str, view: View) -> None:
    """Put a view into a person's Home tab. Raises SlackAway, SlackRefused."""
    with slack_errors():
        async with asyncio.timeout(_PUBLISH_S):
            await client.views_publish(user_id=user, view=view)


async def _view(face: Face, team: TeamId, *, is_admin: bool) -> View:
    return home.home(
        autopilot=await face.teams.autopilot(team),
        is_admin=is_admin,
        health=await face.home_health(),
        latest=await face.feed.latest(team, home.LATEST),
    )


async def _is_surely_admin(people: People, team: TeamId, user: UserId) -> bool:
    """Only decides which button is shown; pressing it asks again."""
    try:
        return await within(people.role(team, user)) is Role.ADMIN
    except (DatabaseAway, SlackAway, SlackRefused):
        return False
