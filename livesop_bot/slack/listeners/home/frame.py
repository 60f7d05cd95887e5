"""The frame of App Home: opened, moved about in, and shown anew after a change.

A tab lands from what was kept of the last half minute, and is replaced where the database says
otherwise. A publish carries the hash of the view that it replaces, so that Slack refuses it where
something newer is shown by now: an opening then leaves that alone, a press reads again and wins.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.slack_calls import slack_errors
from livesop_bot.domain.signals import TeamId, UserId
from livesop_bot.errors import DatabaseAway, SlackAway, SlackRefused
from livesop_bot.slack.homes import Visitor
from livesop_bot.slack.listeners.boundary import boundary
from livesop_bot.slack.listeners.face import Face, team_of, within
from livesop_bot.views.blocks import View
from livesop_bot.views.home import tabs
from livesop_bot.views.home.tabs import HomeState, HomeTab
from livesop_bot.views.ids import ActionId, CallbackId

log = structlog.get_logger()

_PUBLISH_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Who looks at which state of Home, and the hash of that view (None: not known)."""

    team: TeamId
    user: UserId
    state: HomeState = field(default_factory=HomeState)
    hash: str | None = None

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Spot":
        """Read it from an opening or a press in Home, or from a modal that carries its state."""
        event = body.get("event") or {}
        view = body.get("view") or event.get("view") or {}
        is_home = view.get("callback_id") == CallbackId.HOME
        return cls(
            team=team_of(body),
            user=UserId(event.get("user") or body["user"]["id"]),
            state=HomeState.read(view.get("private_metadata") or ""),
            hash=view.get("hash") if is_home else None,
        )


def register(app: AsyncApp, face: Face) -> None:
    """Answer to the opening of Home, to its tabs, and to Refresh."""

    @app.event("app_home_opened")
    async def opened(event: dict[str, Any], body: dict[str, Any], client: AsyncWebClient) -> None:
        if event.get("tab") == "home":  # Slack tells of the Messages tab by the same event
            async with trouble_shown(client, body) as spot:
                await _open(client, face, spot)

    @app.action(re.compile(rf"^{ActionId.HOME_TAB}:\d+$"))
    async def tab(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        async with trouble_shown(client, body) as spot:
            chosen = HomeTab(body["actions"][0]["value"])
            await show(client, face, spot, HomeState(tab=chosen))

    @app.action(ActionId.HOME_REFRESH)
    async def again(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        async with trouble_shown(client, body) as spot:
            await changed(client, face, spot)


async def show(
    client: AsyncWebClient, face: Face, spot: Spot, state: HomeState | None = None
) -> None:
    """Show a state of Home (None: the one that the press came from), first as it was lately.

    Raises SlackAway, SlackRefused.
    """
    to = spot.state if state is None else state
    press = face.homes.press(spot.team, spot.user)
    kept, seen = face.homes.kept(spot.team, spot.user, to), spot.hash
    if kept is not None:
        seen = await _replace(client, face, spot, to, kept, seen, press)
    view = await _built(face, spot, to)
    if view != kept:
        await _replace(client, face, spot, to, view, seen, press)


async def changed(
    client: AsyncWebClient, face: Face, spot: Spot, state: HomeState | None = None
) -> None:
    """Show that something changed: nothing that was built before it is shown any more.

    Raises SlackAway, SlackRefused.
    """
    face.homes.change(spot.team)
    await show(client, face, spot, state)


async def changed_below(client: AsyncWebClient, face: Face, body: Mapping[str, Any]) -> None:
    """Show in Home what was changed in a modal that lies over it; one that was opened elsewhere
    carries no state of Home, and it is only noted. Raises SlackAway, SlackRefused.
    """
    spot = Spot.of(body)
    if HomeState.find(body["view"].get("private_metadata") or "") is None:
        face.homes.change(spot.team)
    else:
        await changed(client, face, spot)


async def publish(
    client: AsyncWebClient, spot: Spot, view: View, *, seen: str | None = None
) -> str | None:
    """Put a view into a person's Home, in place of the one `seen`; gives its hash.

    Raises SlackAway, SlackRefused (`hash_conflict`: another one is shown by now).
    """
    guard = {} if seen is None else {"hash": seen}
    with slack_errors():
        async with asyncio.timeout(_PUBLISH_S):
            answer = await client.views_publish(user_id=spot.user, view=view, **guard)
    return (answer.get("view") or {}).get("hash")


@asynccontextmanager
async def trouble_shown(client: AsyncWebClient, body: Mapping[str, Any]) -> AsyncIterator[Spot]:
    """Give where a press came from; what is raised inside is logged, and Home says so."""
    spot = Spot.of(body)
    async with boundary(body, lambda: publish(client, spot, tabs.went_wrong(spot.state))):
        yield spot


async def _open(client: AsyncWebClient, face: Face, spot: Spot) -> None:
    """Show Home as things are now; until then Slack itself shows what was published last."""
    press, seen = face.homes.last_press(spot.team, spot.user), spot.hash
    try:
        if seen is None:  # the first visit: the tab is still empty
            seen = await publish(client, spot, tabs.loading(spot.state))
        view = await _built(face, spot, spot.state)
        if press == face.homes.last_press(spot.team, spot.user):
            await publish(client, spot, view, seen=seen)
    except SlackRefused as error:
        if error.code != "hash_conflict":
            raise
        log.info("home.newer_shown", team=spot.team, user=spot.user)


async def _replace(
    client: AsyncWebClient,
    face: Face,
    spot: Spot,
    state: HomeState,
    view: View,
    seen: str | None,
    press: int,
) -> str | None:
    """Show what a press asked for, unless they pressed something else since."""
    if press != face.homes.last_press(spot.team, spot.user):
        return seen
    try:
        return await publish(client, spot, view, seen=seen)
    except SlackRefused as error:
        if error.code != "hash_conflict":
            raise
    log.info("home.read_again", team=spot.team, user=spot.user)
    view = await _built(face, spot, state)
    if press != face.homes.last_press(spot.team, spot.user):
        return seen
    return await publish(client, spot, view)


async def _built(face: Face, spot: Spot, state: HomeState) -> View:
    """Build a state of Home as things are now, and keep it."""
    visitor = await _visitor(face, spot)
    change = face.homes.last_change(spot.team)
    try:
        blocks = await within(face.homes.draws[state.tab](visitor, state))
    except DatabaseAway:
        return tabs.database_away(state)
    view = tabs.home(state, blocks)
    if not state.notice:
        face.homes.keep(spot.team, spot.user, state, view, change)
    return view


async def _visitor(face: Face, spot: Spot) -> Visitor:
    """Only decides which buttons are shown; pressing them asks again."""
    try:
        return Visitor(
            team=spot.team,
            user=spot.user,
            role=await within(face.people.role(spot.team, spot.user)),
        )
    except (DatabaseAway, SlackAway, SlackRefused):
        return Visitor(team=spot.team, user=spot.user)
