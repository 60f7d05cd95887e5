"""App Home, the Live Feed: its filters and its pages."""

import re
from dataclasses import replace
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.slack.listeners.face import Face
from livesop_bot.slack.listeners.home.frame import show, trouble_shown
from livesop_bot.views.home.feed import FeedFilter, narrowed
from livesop_bot.views.home.tabs import HomeState
from livesop_bot.views.ids import ActionId

_FILTERS = (ActionId.FEED_CHANNEL, ActionId.FEED_SOP, ActionId.FEED_OUTCOME, ActionId.FEED_CLEAR)


def register(app: AsyncApp, face: Face) -> None:
    """Answer to what is picked, and to the buttons below a page."""

    async def move(body: dict[str, Any], client: AsyncWebClient, to: HomeState) -> None:
        async with trouble_shown(client, body) as spot:
            await show(client, face, spot, to)

    @app.action(re.compile(f"^({'|'.join(_FILTERS)})$"))
    async def narrow(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await move(body, client, narrowed(_state(body), body["actions"][0]))

    @app.action(ActionId.SOP_FEED)
    async def of_sop(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await move(body, client, FeedFilter(sop=body["actions"][0]["value"]).state())

    @app.action(ActionId.FEED_OLDER)
    async def older(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        before = int(body["actions"][0]["value"])
        await move(body, client, replace(FeedFilter.of(_state(body)), before=before).state())

    @app.action(ActionId.FEED_NEWEST)
    async def newest(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await move(body, client, replace(FeedFilter.of(_state(body)), before=None).state())


def _state(body: dict[str, Any]) -> HomeState:
    return HomeState.read(body["view"]["private_metadata"])
