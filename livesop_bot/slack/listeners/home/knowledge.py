"""App Home, Knowledge: a page of documents, and what is pressed on it."""

import json
import re
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.slack_calls import slack_errors
from livesop_bot.domain.knowledge import Document, DocumentId
from livesop_bot.domain.rights import Role
from livesop_bot.domain.signals import TeamId, UserId
from livesop_bot.errors import DatabaseAway, DocumentRefused, SlackAway, SlackRefused
from livesop_bot.slack.homes import Visitor
from livesop_bot.slack.listeners.boundary import boundary
from livesop_bot.slack.listeners.face import Face, within
from livesop_bot.slack.listeners.home.frame import Spot, changed, show, trouble_shown
from livesop_bot.slack.listeners.modals import opened
from livesop_bot.views import knowledge as form_views
from livesop_bot.views import knowledge_forms as forms
from livesop_bot.views import modal
from livesop_bot.views.blocks import Block, View
from livesop_bot.views.home import knowledge
from livesop_bot.views.home.tabs import HomeState, HomeTab
from livesop_bot.views.ids import ActionId, BlockId, CallbackId

log = structlog.get_logger()

_WORDS = "words"
"""The filter of the tab: what documents must have."""

_SAVE_S = 2.4
"""Seconds that a change may take; the ack comes with the answer."""


async def blocks(face: Face, visitor: Visitor, state: HomeState) -> Sequence[Block]:
    """Show the tab."""
    words, page = state.filters.get(_WORDS, ""), _page(state)
    found, total = await face.documents.page(
        visitor.team, words, skip=page * knowledge.PAGE, limit=knowledge.PAGE
    )
    if not found and page:  # what was on this page is gone
        return await blocks(face, visitor, replace(state, page=""))
    lacking = await face.retrieval.lacking([one.document.id for one in found])
    return knowledge.shelf(
        knowledge.Shelf(
            documents=[replace(one, is_waiting=one.document.id in lacking) for one in found],
            found=total,
            words=words,
            page=page,
            by_meaning=face.retrieval.by_meaning,
        )
    )


def register(app: AsyncApp, face: Face) -> None:
    """Answer to each button and form."""

    @app.action(ActionId.KB_ADD)
    async def add(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        async with trouble_shown(client, body) as spot:
            view = form_views.form(metadata=spot.state.write())
            with slack_errors():
                await client.views_open(trigger_id=body["trigger_id"], view=view)

    @app.action(ActionId.KB_SEARCH)
    async def search(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        async with trouble_shown(client, body) as spot:
            view = forms.search_form(spot.state.filters.get(_WORDS, ""), spot.state.write())
            with slack_errors():
                await client.views_open(trigger_id=body["trigger_id"], view=view)

    @app.view(CallbackId.KNOWLEDGE_SEARCH.value)
    async def searched(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        async with trouble_shown(client, body) as spot:
            words = " ".join(_typed(body, BlockId.KB_SEARCH, ActionId.KB_SEARCH).split())[:100]
            filters = {_WORDS: words} if words else {}
            await show(client, face, spot, HomeState(tab=HomeTab.KNOWLEDGE, filters=filters))

    @app.action(ActionId.KB_CLEAR)
    async def clear(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        async with trouble_shown(client, body) as spot:
            await show(client, face, spot, HomeState(tab=HomeTab.KNOWLEDGE))

    @app.action(re.compile(rf"^{ActionId.KB_PAGE}:\d+$"))
    async def turn(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        async with trouble_shown(client, body) as spot:
            await show(client, face, spot, replace(spot.state, page=body["actions"][0]["value"]))

    @app.action(re.compile(rf"^{ActionId.KB_MORE}:\d+$"))
    async def more(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        spot = Spot.of(body)
        what, _, number = body["actions"][0]["selected_option"]["value"].partition(":")
        title = forms.EDIT_TITLE if what == knowledge.EDIT else forms.DELETE_TITLE
        form = await opened(client, body["trigger_id"], modal.loading(title))
        async with boundary(body, form.went_wrong):
            await form.fill_from(_form(face, spot, DocumentId(int(number)), title))

    @app.view(re.compile(f"^({CallbackId.KNOWLEDGE_EDIT}|{CallbackId.KNOWLEDGE_REMOVE})$"))
    async def submitted(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        is_edit = body["view"]["callback_id"] == CallbackId.KNOWLEDGE_EDIT
        title = forms.EDIT_TITLE if is_edit else forms.DELETE_TITLE

        async def become(view: View) -> None:
            await ack(response_action="update", view=view)

        async with boundary(body, lambda: become(modal.went_wrong(title))):
            state, number = json.loads(body["view"]["private_metadata"])
            spot = replace(Spot.of(body), state=HomeState.read(state))
            change = _edit if is_edit else _remove
            await become(await _answer(change(face, spot, DocumentId(number), body), spot, title))
            await changed(client, face, spot)


async def _answer(work: Coroutine[Any, Any, View], spot: Spot, title: str) -> View:
    """What a form becomes, whatever came of it."""
    try:
        view = await within(work, _SAVE_S)
    except DocumentRefused as error:
        return forms.refused(title, str(error))
    except DatabaseAway as error:
        log.warning("knowledge.not_confirmed", team=spot.team, error=str(error))
        return forms.not_confirmed(title)
    else:
        return view


async def _form(face: Face, spot: Spot, number: DocumentId, title: str) -> View:
    document = await face.documents.get(spot.team, number)
    if document is None:
        return forms.gone(title)
    if not await _may_change(face, spot.team, spot.user, document):
        return forms.not_yours(title)
    metadata = json.dumps([spot.state.write(), number])
    if title == forms.EDIT_TITLE:
        return forms.edit_form(document, await face.documents.body(spot.team, number), metadata)
    return forms.delete_form(document, await face.documents.cited(spot.team, number), metadata)


async def _edit(face: Face, spot: Spot, number: DocumentId, body: Mapping[str, Any]) -> View:
    document = await face.documents.get(spot.team, number)
    if document is None:
        return forms.gone(forms.EDIT_TITLE)
    if not await _may_change(face, spot.team, spot.user, document):
        return forms.not_yours(forms.EDIT_TITLE)
    has_text = BlockId.KNOWLEDGE_TEXT in body["view"]["state"]["values"]
    text = _typed(body, BlockId.KNOWLEDGE_TEXT, ActionId.KNOWLEDGE_TEXT) if has_text else None
    title = _typed(body, BlockId.KNOWLEDGE_TITLE, ActionId.KNOWLEDGE_TITLE)
    saving = face.shelf.rewrite(spot.team, document, title=title, text=text)
    saved = await saving
    log.info("knowledge.edited", team=spot.team, document=number, by=spot.user)
    return forms.saved(saved)


async def _remove(face: Face, spot: Spot, number: DocumentId, _body: Mapping[str, Any]) -> View:
    document = await face.documents.get(spot.team, number)
    if document is None:
        return forms.gone(forms.DELETE_TITLE)
    if not await _may_change(face, spot.team, spot.user, document):
        return forms.not_yours(forms.DELETE_TITLE)
    await face.documents.remove(spot.team, number)
    log.info("knowledge.removed", team=spot.team, document=number, by=spot.user)
    return forms.deleted(document)


async def _may_change(face: Face, team: TeamId, user: UserId, document: Document) -> bool:
    """Whoever added it may, and admins; not knowing means that they may not."""
    if document.added_by == user:
        return True
    try:
        return await within(face.people.role(team, user)) is Role.ADMIN
    except (SlackAway, SlackRefused) as error:
        log.warning("rights.person_unknown", team=team, user=user, error=str(error))
        return False


def _typed(body: Mapping[str, Any], block: BlockId, action: ActionId) -> str:
    values = body["view"]["state"]["values"]
    return str(values[block.value][action.value].get("value") or "")


def _page(state: HomeState) -> int:
    return int(state.page) if state.page.isascii() and state.page.isdigit() else 0
