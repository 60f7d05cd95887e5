"""An SOP's versions, listed and compared, and the SOP as its document."""

import re
from dataclasses import replace
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.domain.changes import changes
from livesop_bot.slack.listeners.boundary import boundary
from livesop_bot.slack.listeners.face import Face
from livesop_bot.slack.listeners.home.frame import trouble_shown
from livesop_bot.slack.listeners.modals import opened, pushed
from livesop_bot.slack.listeners.sops.drafting import Desk, gone
from livesop_bot.sop.document import dump
from livesop_bot.views.blocks import View
from livesop_bot.views.ids import ActionId
from livesop_bot.views.modal import loading
from livesop_bot.views.sops import history as views
from livesop_bot.views.sops.editing import Editing


def register(app: AsyncApp, face: Face) -> None:
    """Answer to “History”, to a version of it, and to “SOP document”."""

    @app.action(ActionId.SOP_HISTORY)
    async def history(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        async with trouble_shown(client, body) as spot:
            editing = Editing(slug=body["actions"][0]["value"], home=spot.state)
            modal = await opened(client, body["trigger_id"], loading(views.HISTORY))
            async with boundary(body, modal.went_wrong):
                await modal.fill_from(_history(face, Desk(spot.team, spot.user, editing)))

    @app.action(re.compile(rf"^{ActionId.VERSION_COMPARE.value}:\d+$"))
    async def compare(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        version = int(body["actions"][0]["value"])
        modal = await pushed(client, body["trigger_id"], loading(f"Version {version}"))
        async with boundary(body, modal.went_wrong):
            await modal.fill_from(_compared(face, Desk.of(body), version))

    @app.action(ActionId.SOP_DOCUMENT)
    async def document(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        async with trouble_shown(client, body) as spot:
            slug = body["actions"][0]["value"]

            async def view() -> View:
                workflow = await face.workflows.get(spot.team, slug)
                if workflow is None:
                    return gone()
                return views.document(workflow.title, dump([workflow.definition]))

            modal = await opened(client, body["trigger_id"], loading(views.DOCUMENT))
            async with boundary(body, modal.went_wrong):
                await modal.fill_from(view())


async def _history(face: Face, desk: Desk) -> View:
    slug = desk.editing.slug
    workflow = await face.workflows.get(desk.team, slug)
    if workflow is None:
        return gone()
    versions = await face.workflows.history(desk.team, slug, views.SHOWN)
    editing = replace(desk.editing, base=workflow.version)
    # Versions count from 1 and none is ever taken out, so the newest says how many there are.
    return views.history(workflow.title, versions, workflow.version, workflow.version, editing)


async def _compared(face: Face, desk: Desk, version: int) -> View:
    slug = desk.editing.slug
    workflow = await face.workflows.get(desk.team, slug)
    sop = await face.workflows.version(desk.team, slug, version)
    if workflow is None or sop is None:
        return gone()
    before = await face.workflows.version(desk.team, slug, version - 1)
    editing = replace(desk.editing, base=workflow.version)
    made, now = changes(before, sop), changes(workflow.definition, sop)
    return views.compared(version, workflow.version, made, now, editing)
