"""The editor's forms: opened, and what was filled in saved, or refused at its field."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.domain.drafts import Draft, DraftMoved
from livesop_bot.domain.editing import free_name
from livesop_bot.domain.workflows import Trigger, WorkflowDefinition
from livesop_bot.errors import DatabaseAway
from livesop_bot.slack.listeners.boundary import boundary
from livesop_bot.slack.listeners.face import Face, within
from livesop_bot.slack.listeners.home.frame import Spot, changed
from livesop_bot.slack.listeners.modals import pushed
from livesop_bot.slack.listeners.sops.drafting import (
    Desk,
    Gone,
    at,
    draft_of,
    editor_view,
    first_field,
    gone,
    moved_words,
    not_yours,
    refuse,
    seen,
    show,
)
from livesop_bot.sop.checking import check
from livesop_bot.sop.checking import within as below
from livesop_bot.views.blocks import View
from livesop_bot.views.ids import ActionId, CallbackId
from livesop_bot.views.inputs import Answers, answers
from livesop_bot.views.modal import loading
from livesop_bot.views.sops import forms
from livesop_bot.views.sops.editing import Editing

log = structlog.get_logger()

AWAY = "Not confirmed: the database did not answer. Please try again in a moment."
WRONG = "Not confirmed: something went wrong. It has been logged; please try again."

Taken = tuple[WorkflowDefinition, dict[str, str]]
"""A draft with what was filled in, and what is wrong with that, by field."""


@dataclass(frozen=True, slots=True)
class Form:
    """One form: the press that opens it, how it is shown, and how what was filled in is taken.

    `show` and `take` raise Gone where what the form is about is not in the draft any more.
    """

    press: ActionId | None
    callback: CallbackId
    title: str
    show: Callable[[WorkflowDefinition, Editing, str], View]
    take: Callable[[WorkflowDefinition, Editing, Answers], Taken]


def register(app: AsyncApp, face: Face) -> None:
    """Answer to the forms of the SOP itself."""
    for form in _FORMS:
        serve(app, face, form)

    @app.view(CallbackId.SOP_NEW_FORM.value)
    async def new(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        async with boundary(body, lambda: refuse(ack, {"title": WRONG})):
            desk, filled = Desk.of(body), answers(body["view"])
            try:
                if refused := await not_yours(face, desk):
                    await ack(response_action="update", view=refused)
                    return
                draft, errors = await within(_begin(face, desk, filled))
            except DatabaseAway:
                draft, errors = None, {"title": AWAY}
            if draft is None:
                await refuse(ack, errors)
                return
            log.info("sop.draft_saved", team=desk.team, sop=draft.definition.slug, by=desk.user)
            begun = replace(desk, editing=replace(desk.editing, slug=draft.definition.slug))
            await ack(response_action="update", view=await within(editor_view(face, begun, draft)))
            await changed(client, face, Spot.of(body))


def serve(app: AsyncApp, face: Face, form: Form) -> None:
    """Answer to one form: open it, and take what was filled in."""
    if form.press is not None:

        @app.action(form.press)
        async def press(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
            await ack()
            await open_form(face, client, body, form, Desk.of(body))

    @app.view(form.callback.value)
    async def sent(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        first = first_field(body["view"])
        async with boundary(body, lambda: refuse(ack, {first: WRONG})):
            try:
                await _take(face, ack, body, client, form)
            except DatabaseAway:
                await refuse(ack, {first: AWAY})


async def open_form(
    face: Face, client: AsyncWebClient, body: Mapping[str, Any], form: Form, desk: Desk
) -> None:
    """Lay a form over the editor: at once, and filled when the draft was read."""

    async def view() -> View:
        try:
            draft = await draft_of(face, desk.team, desk.editing.slug)
            now = at(desk.editing, draft)
            note = "" if now == desk.editing else moved_words(draft, desk.user)
            return form.show(draft.definition, now, note)
        except Gone:
            return gone()

    modal = await pushed(client, body["trigger_id"], loading(form.title))
    async with boundary(body, modal.went_wrong):
        await modal.fill_from(view())


async def _take(
    face: Face, ack: AsyncAck, body: Mapping[str, Any], client: AsyncWebClient, form: Form
) -> None:
    desk, filled = Desk.of(body), answers(body["view"])
    if refused := await not_yours(face, desk):
        await ack(response_action="update", view=refused)
        return
    try:
        draft = await within(draft_of(face, desk.team, desk.editing.slug))
        new, errors = form.take(draft.definition, desk.editing, filled)
        if errors:
            await refuse(ack, errors)
            return
        try:
            saved = await within(save(face, desk, draft, new))
        except DraftMoved:
            draft = await within(draft_of(face, desk.team, desk.editing.slug))
            mine, _ = form.take(draft.definition, desk.editing, filled)
            note = (
                f"{moved_words(draft, desk.user)} What you filled in stands here still; "
                "save it again to have it in their draft."
            )
            view = form.show(mine, at(desk.editing, draft), note)
            await ack(response_action="update", view=view)
            return
    except Gone:
        await ack(response_action="update", view=gone())
        return
    await ack()
    await after_saving(face, body, client, desk, saved)


async def save(face: Face, desk: Desk, draft: Draft, new: WorkflowDefinition) -> Draft:
    """Save what is different to the draft that was seen. Raises DraftMoved."""
    if seen(draft, desk.editing).definition == new:
        return draft
    saved = await face.drafts.save(desk.team, draft, new, desk.user)
    log.info("sop.draft_saved", team=desk.team, sop=new.slug, by=desk.user)
    return saved


async def after_saving(
    face: Face,
    body: Mapping[str, Any],
    client: AsyncWebClient,
    desk: Desk,
    saved: Draft,
    note: str = "",
) -> None:
    """Show the draft in the editor below, and in Home that there is one."""
    root = body["view"]["root_view_id"]
    await show(client, root, await within(editor_view(face, desk, saved, note)))
    if saved.revision == 1:
        await changed(client, face, Spot.of(body))


async def _begin(face: Face, desk: Desk, filled: Answers) -> tuple[Draft | None, dict[str, str]]:
    """Begin a draft of a new SOP, named after its title."""
    title = " ".join((filled["title"] or "").split())
    slug = free_name(title, await face.workflows.taken_slugs(desk.team))
    empty = WorkflowDefinition(slug=slug, title=title, trigger=Trigger(description=""), steps=())
    usual = {"keywords": None, "channels": None, "trust_local": None}
    usual |= {"propose_from": None, "auto_from": None}
    new = forms.trigger(empty, usual | dict(filled))
    problems = check(new)
    errors = forms.about_errors(below(problems))
    errors |= forms.trigger_errors(new, below(problems, "trigger"))
    if errors:
        return None, errors
    try:
        return await face.drafts.save(desk.team, Draft(definition=new, base=0), new, desk.user), {}
    except DraftMoved:
        return None, {"title": "Somebody began one of that name just now; please try again."}


def _take_about(sop: WorkflowDefinition, _: Editing, filled: Answers) -> Taken:
    new = forms.about(sop, filled)
    return new, forms.about_errors(below(check(new)))


def _take_trigger(sop: WorkflowDefinition, _: Editing, filled: Answers) -> Taken:
    new = forms.trigger(sop, filled)
    return new, forms.trigger_errors(new, below(check(new), "trigger"))


def _take_extract(sop: WorkflowDefinition, _: Editing, filled: Answers) -> Taken:
    new, errors = forms.extract(sop, filled)
    return new, errors or forms.extract_errors(below(check(new), "extract"))


_FORMS = (
    Form(
        ActionId.EDIT_ABOUT,
        CallbackId.SOP_ABOUT_FORM,
        "Name and purpose",
        forms.about_form,
        _take_about,
    ),
    Form(
        ActionId.EDIT_TRIGGER,
        CallbackId.SOP_TRIGGER_FORM,
        "When it fires",
        forms.trigger_form,
        _take_trigger,
    ),
    Form(
        ActionId.EDIT_EXTRACT,
        CallbackId.SOP_EXTRACT_FORM,
        "Found in the message",
        forms.extract_form,
        _take_extract,
    ),
)
