"""The editor's first modal: opened for an SOP or a draft, begun anew, and its draft thrown away."""

import re
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.slack_calls import slack_errors
from livesop_bot.domain.drafts import DraftMoved
from livesop_bot.errors import DatabaseAway
from livesop_bot.slack.listeners.boundary import boundary
from livesop_bot.slack.listeners.face import Face, within
from livesop_bot.slack.listeners.home.frame import Spot, changed, trouble_shown
from livesop_bot.slack.listeners.modals import Modal, opened
from livesop_bot.slack.listeners.sops.drafting import Desk, editor_view, moved_view, not_yours
from livesop_bot.views.blocks import View
from livesop_bot.views.ids import ActionId
from livesop_bot.views.modal import database_away, loading, not_confirmed
from livesop_bot.views.sops.editing import Editing
from livesop_bot.views.sops.editor import TITLE, discarded
from livesop_bot.views.sops.forms import new_form

log = structlog.get_logger()


def register(app: AsyncApp, face: Face) -> None:
    """Answer to the buttons that open the editor, and to the one that throws a draft away."""

    @app.action(re.compile(rf"^{ActionId.SOP_EDIT.value}(:\d+)?$"))
    async def edit(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        async with trouble_shown(client, body) as spot:
            editing = Editing(slug=body["actions"][0]["value"], home=spot.state)
            modal = await opened(client, body["trigger_id"], loading(TITLE))
            async with boundary(body, modal.went_wrong):
                await modal.fill_from(_edit(face, Desk(spot.team, spot.user, editing)))

    @app.action(ActionId.SOP_NEW)
    async def new(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        async with trouble_shown(client, body) as spot:
            editing = Editing(slug="", home=spot.state)
            try:
                refused = await not_yours(face, Desk(spot.team, spot.user, editing))
            except DatabaseAway:
                refused = database_away(TITLE)
            with slack_errors():
                form = refused or new_form(editing)
                await client.views_open(trigger_id=body["trigger_id"], view=form)

    @app.action(ActionId.EDIT_DISCARD)
    async def discard(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        desk, modal = Desk.of(body), Modal.pressed(client, body)
        async with boundary(body, modal.went_wrong):
            try:
                is_done = await _discard(face, modal, desk)
            except DatabaseAway as error:
                log.warning("sop.draft_not_confirmed", team=desk.team, error=str(error))
                await modal.fill(not_confirmed(TITLE))
                return
            if is_done:
                await changed(client, face, Spot.of(body))


async def _edit(face: Face, desk: Desk) -> View:
    return await not_yours(face, desk) or await editor_view(face, desk)


async def _discard(face: Face, modal: Modal, desk: Desk) -> bool:
    """Throw a draft away, if it is still the one that was seen, and say so. Raises DatabaseAway."""
    slug, revision = desk.editing.slug, desk.editing.revision
    if refused := await not_yours(face, desk):
        await modal.fill(refused)
        return False
    try:
        await within(face.drafts.discard(desk.team, slug, revision))
    except DraftMoved:
        await modal.fill(await within(moved_view(face, desk, "Nothing was thrown away.")))
        return False
    log.info("sop.draft_discarded", team=desk.team, sop=slug, by=desk.user)
    await modal.fill(discarded())
    return True
