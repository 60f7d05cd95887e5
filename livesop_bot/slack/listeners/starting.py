"""The message shortcut “Start an SOP…”: a form to pick one, and its start for that message."""

import json
from collections.abc import Mapping
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.domain.audit import workflow_subject
from livesop_bot.domain.message_text import as_read
from livesop_bot.domain.rights import Right
from livesop_bot.domain.signals import ChannelId, MessageTs, TeamId, UserId
from livesop_bot.domain.starts import NotStarted
from livesop_bot.errors import DatabaseAway
from livesop_bot.slack.listeners.boundary import boundary
from livesop_bot.slack.listeners.face import Face, team_of, within
from livesop_bot.slack.listeners.modals import opened
from livesop_bot.slack.listeners.rights import refusal
from livesop_bot.slack.pointed_message import signal_at
from livesop_bot.views import modal, starts
from livesop_bot.views.blocks import View
from livesop_bot.views.ids import ActionId, BlockId, CallbackId
from livesop_bot.views.rights import notice

log = structlog.get_logger()

_START_S = 2.4
"""Seconds that a start may take, questions to Slack included; the ack comes with the answer."""


def register(app: AsyncApp, face: Face) -> None:
    """Answer to the shortcut and the form."""

    @app.message_shortcut(CallbackId.START_SHORTCUT.value)
    async def shortcut(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        form = await opened(client, body["trigger_id"], modal.loading(starts.TITLE))
        async with boundary(body, form.went_wrong):
            await form.fill_from(_picker(face, team_of(body), body))

    @app.view(CallbackId.START_FORM.value)
    async def submitted(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        async def become(view: View) -> None:
            await ack(response_action="update", view=view)

        async with boundary(body, lambda: become(modal.went_wrong(starts.TITLE))):
            try:
                await become(await within(_start(face, client, body), _START_S))
            except DatabaseAway as error:
                log.warning("start.not_confirmed", team=team_of(body), error=str(error))
                await become(starts.not_confirmed())


async def _picker(face: Face, team: TeamId, body: Mapping[str, Any]) -> View:
    place = [body["channel"]["id"], body["message"]["ts"]]
    text = as_read(body["message"].get("text") or "")
    return starts.picker(await face.workflows.current(team), text, json.dumps(place))


async def _start(face: Face, client: AsyncWebClient, body: Mapping[str, Any]) -> View:
    team, user, view = team_of(body), UserId(body["user"]["id"]), body["view"]
    channel, ts = json.loads(view["private_metadata"])
    picked = view["state"]["values"][BlockId.START_SOP.value][ActionId.START_SOP.value]
    wanted = (picked.get("selected_option") or {}).get("value")
    current = await within(face.workflows.current(team))
    workflow = next((one for one in current if one.slug == wanted), None)
    if workflow is None:
        return starts.gone()
    subject = workflow_subject(workflow.slug)
    if refused := await refusal(face, team, user, Right.APPROVE, subject):
        return notice(refused)
    message = await signal_at(client, team, ChannelId(channel), MessageTs(ts))
    if message is None:
        return starts.unreadable()
    outcome = await face.starts.for_message(message, workflow, user)
    if isinstance(outcome, NotStarted):
        return starts.not_started(workflow, outcome)
    face.homes.change(team)
    log.info("start.done", team=team, sop=workflow.slug, run=outcome, by=user)
    return starts.started(workflow)
