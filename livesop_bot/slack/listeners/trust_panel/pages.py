"""“… more” in a Trust Panel: pages that lie over it."""

import re
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.errors import DatabaseAway
from livesop_bot.slack.listeners.boundary import boundary
from livesop_bot.slack.listeners.face import Face, within
from livesop_bot.slack.listeners.modals import Modal, pushed
from livesop_bot.slack.listeners.trust_panel.opening import Asker, panel_of
from livesop_bot.views.blocks import View
from livesop_bot.views.ids import ActionId, CallbackId
from livesop_bot.views.modal import database_away, loading
from livesop_bot.views.trust_panel.more import TITLES, asked
from livesop_bot.views.trust_panel.panel import full_page, history_page
from livesop_bot.views.trust_panel.state import PanelState, Part
from livesop_bot.views.trust_panel.unknown import not_there


def register(app: AsyncApp, face: Face) -> None:
    """Answer to the buttons that lead there and on."""

    @app.action(re.compile(rf"^{ActionId.WHY_MORE}(?::\d+)?$"))
    async def more(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        part, number = asked(body["actions"][0]["value"])
        if body["view"]["callback_id"] == CallbackId.TRUST_PAGE:
            modal = Modal.pressed(client, body)
        else:
            modal = await pushed(client, body["trigger_id"], loading(TITLES[part]))
        async with boundary(body, modal.went_wrong):
            state = PanelState.read(body["view"]["private_metadata"])
            try:
                view = await _page(face, Asker.of(body), state, part, number)
            except DatabaseAway:
                view = database_away(TITLES[part])
            await modal.fill(view)


async def _page(face: Face, asker: Asker, state: PanelState, part: Part, number: int) -> View:
    panel = await panel_of(face, asker, state)
    if panel is None:
        return not_there()
    if part is Part.HISTORY:
        found = await within(face.explanations.history(asker.team, state.signal))
        return history_page(panel, found, number)
    return full_page(panel, part, number)
