"""App Home, Settings: shown to everybody, changed by admins in small modals."""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.db.retention import COUNTED
from livesop_bot.domain.audit import BOT, AuditKind, AuditRow, settings_subject
from livesop_bot.domain.rights import Right, Role
from livesop_bot.domain.signals import TeamId
from livesop_bot.errors import DatabaseAway, SlackAway, SlackRefused
from livesop_bot.slack.channels import join
from livesop_bot.slack.homes import Visitor
from livesop_bot.slack.listeners.boundary import boundary
from livesop_bot.slack.listeners.face import Face, within
from livesop_bot.slack.listeners.home.frame import Spot, changed
from livesop_bot.slack.listeners.modals import opened
from livesop_bot.slack.listeners.rights import refusal
from livesop_bot.views import inputs, settings_answers, settings_forms, settings_notices
from livesop_bot.views.blocks import Block, View
from livesop_bot.views.home import settings
from livesop_bot.views.home.settings import Form
from livesop_bot.views.home.tabs import HomeState
from livesop_bot.views.ids import ActionId, CallbackId
from livesop_bot.views.modal import loading
from livesop_bot.views.rights import notice
from livesop_bot.views.settings_answers import Invalid
from livesop_bot.views.settings_forms import TITLES

log = structlog.get_logger()

_JOIN_S = 1.5
"""Seconds that joining gets before the form says that it goes on; Slack waits for 3 in all."""

_joining: set[asyncio.Task[Any]] = set()
"""Joining that goes on behind a form; kept from being collected."""

_LOOKED_AT = 200
"""Rows of the audit log in which changes of settings and switches are looked for."""
_KINDS = frozenset({AuditKind.SETTINGS, AuditKind.SWITCH, AuditKind.PUBLISH})


def register(app: AsyncApp, face: Face) -> None:
    """Answer to the buttons of the tab, and to its forms."""

    @app.action(re.compile(rf"^{ActionId.SETTINGS_EDIT}:\d+$"))
    async def edit(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        which = Form(body["actions"][0]["value"])
        modal = await opened(client, body["trigger_id"], loading(TITLES[which]))
        async with boundary(body, modal.went_wrong):
            await modal.fill_from(_form(face, Spot.of(body), which))

    @app.action(ActionId.SETTINGS_JIRA)
    async def jira(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        modal = await opened(client, body["trigger_id"], loading("Jira"))
        async with boundary(body, modal.went_wrong):
            problem = await face.administration.jira.problem()
            await modal.fill(settings_notices.jira(face.administration.environment, problem))

    @app.view(CallbackId.SETTINGS_FORM.value)
    async def sent(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        async with boundary(body, partial(_complain, ack, body, _WRONG)):
            await _sent(face, ack, body, client)

    @app.view(CallbackId.SETTINGS_FORGET.value)
    async def forget(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        async with boundary(body, partial(_complain, ack, body, _WRONG)):
            days = int(_carried(body)["days"])
            await _save(face, ack, body, client, {"retention_days": days})


async def blocks(face: Face, visitor: Visitor, _state: HomeState) -> Sequence[Block]:
    """Show the tab."""
    team, book = visitor.team, face.administration
    return settings.settings_tab(
        settings.SettingsShown(
            settings=await book.settings.now(team),
            environment=book.environment,
            used=await book.usage.today(team),
            evaluator=(await face.home_health()).evaluator,
            admins=() if visitor.is_admin else await face.people.who_are(team, Role.ADMIN),
            changes=await _changes(face, team),
            not_reported=await book.reports.failures(team),
            is_admin=visitor.is_admin,
        )
    )


async def _changes(face: Face, team: TeamId) -> list[AuditRow]:
    rows = await face.audit.last(team, _LOOKED_AT)
    people = [row for row in rows if row.kind in _KINDS and row.actor != BOT]
    return people[-settings.CHANGES :]


async def _form(face: Face, spot: Spot, which: Form) -> View:
    refused = await _refused(face, spot)
    if refused is not None:
        return refused
    book = face.administration
    try:
        zone = await face.people.time_zone(spot.user)
    except (SlackAway, SlackRefused):
        zone = "UTC"
    return settings_forms.form(
        which,
        await book.settings.now(spot.team),
        book.environment,
        metadata=_carry(spot.state, form=which.value),
        zone=zone,
    )


async def _refused(face: Face, spot: Spot) -> View | None:
    subject = settings_subject(spot.team)
    refused = await refusal(face, spot.team, spot.user, Right.SETTINGS, subject)
    return None if refused is None else notice(refused)


async def _sent(face: Face, ack: AsyncAck, body: Mapping[str, Any], client: AsyncWebClient) -> None:
    which, book = Form(_carried(body)["form"]), face.administration
    answers, spot = inputs.answers(body["view"]), Spot.of(body)
    if which is Form.JOIN:
        await _join(face, ack, body, client, answers.get("join") or ())
        return
    try:
        values = settings_answers.filled(which, answers, book.environment)
        zone = values.get("time_zone")
        if zone is not None and not await within(book.settings.is_time_zone(zone)):
            await ack(response_action="errors", errors=settings_answers.NO_SUCH_ZONE.errors())
            return
        own = await within(book.settings.now(spot.team))
        if settings_answers.shortens(own, values):
            days = values["retention_days"]
            texts = await within(book.retention.due(spot.team, timedelta(days=days)))
            carried = _carry(spot.state, days=days)
            view = settings_notices.confirm_forgetting(days, texts, COUNTED, metadata=carried)
            await ack(response_action="push", view=view)
            return
    except Invalid as error:
        await ack(response_action="errors", errors=error.errors())
        return
    except DatabaseAway:
        await _complain(ack, body, _AWAY)
        return
    await _save(face, ack, body, client, values)


_WRONG = "Something went wrong, so this is not confirmed. It has been logged; please try again."
_AWAY = "The database did not answer, so this is not confirmed. Please try again in a moment."


async def _save(
    face: Face,
    ack: AsyncAck,
    body: Mapping[str, Any],
    client: AsyncWebClient,
    values: Mapping[str, Any],
) -> None:
    spot = Spot.of(body)
    refused = await _refused(face, spot)
    if refused is not None:
        await ack(response_action="update", view=refused)
        return
    try:
        saving = face.administration.settings.change(
            spot.team, spot.user, lambda own: settings_answers.changed(own, values)
        )
        await within(saving)
    except DatabaseAway as error:
        log.warning("settings.not_confirmed", team=spot.team, error=str(error))
        await _complain(ack, body, _AWAY)
        return
    log.info("settings.changed", team=spot.team, by=spot.user, names=sorted(values))
    await ack(response_action="clear")
    await changed(client, face, spot)
    if where := values.get("digest_channel"):
        await join(client, [where])  # a private one is not joined, but invited to


async def _join(
    face: Face,
    ack: AsyncAck,
    body: Mapping[str, Any],
    client: AsyncWebClient,
    wanted: Sequence[str],
) -> None:
    spot = Spot.of(body)
    refused = await _refused(face, spot)
    if refused is not None:
        await ack(response_action="update", view=refused)
        return
    joining = asyncio.create_task(join(client, wanted))
    _joining.add(joining)
    joining.add_done_callback(_joining.discard)
    await asyncio.wait({joining}, timeout=_JOIN_S)
    if joining.done():
        done, not_done = joining.result()
        log.info("channels.joined", team=spot.team, by=spot.user, joined=len(done))
        await ack(response_action="update", view=settings_notices.joined(done, not_done))
    else:
        await ack(response_action="update", view=settings_notices.still_joining())


async def _complain(ack: AsyncAck, body: Mapping[str, Any], why: str) -> None:
    """Say it at the first field, or in a form's place where it has none."""
    fields = [one for one in body["view"]["blocks"] if one["type"] == "input"]
    if fields:
        await ack(response_action="errors", errors={fields[0]["block_id"]: why})
    else:
        await ack(response_action="update", view=settings_notices.trouble(why))


def _carry(state: HomeState, **more: object) -> str:
    """A form's metadata: where in Home it was opened, and what it needs itself."""
    carried: dict[str, object] = json.loads(state.write())
    return json.dumps(carried | more)


def _carried(body: Mapping[str, Any]) -> dict[str, Any]:
    carried: dict[str, Any] = json.loads(body["view"]["private_metadata"])
    return carried
