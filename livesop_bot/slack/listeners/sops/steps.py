"""The editor's steps: added, edited, moved, taken out, led on, and their actions previewed."""

import re
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.domain import editing as edits
from livesop_bot.domain.drafts import DraftMoved
from livesop_bot.domain.workflows import Step, StepId, WorkflowDefinition
from livesop_bot.errors import ActionRefused, DatabaseAway
from livesop_bot.slack.listeners.boundary import boundary
from livesop_bot.slack.listeners.face import Face, within
from livesop_bot.slack.listeners.modals import Modal, pushed
from livesop_bot.slack.listeners.sops.drafting import (
    Desk,
    Gone,
    draft_of,
    gone,
    moved_view,
    not_yours,
)
from livesop_bot.slack.listeners.sops.forms import Form, Taken, after_saving, open_form, save, serve
from livesop_bot.sop.checking import check
from livesop_bot.sop.checking import within as below
from livesop_bot.views.blocks import View
from livesop_bot.views.ids import ActionId, CallbackId
from livesop_bot.views.inputs import Answers, answers
from livesop_bot.views.modal import loading, not_confirmed
from livesop_bot.views.sops import step_form as views
from livesop_bot.views.sops import ways_form as ways_views
from livesop_bot.views.sops.editing import Editing
from livesop_bot.views.sops.editor import TITLE

log = structlog.get_logger()


def register(app: AsyncApp, face: Face) -> None:
    """Answer to the steps' menus, to their form and to its buttons."""
    serve(app, face, _STEP)
    serve(app, face, _WAYS)

    @app.action(ActionId.EDIT_ADD_STEP)
    async def add(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        desk = Desk.of(body)
        await open_form(face, client, body, _STEP, replace(desk, editing=desk.editing.at()))

    @app.action(re.compile(rf"^{ActionId.EDIT_STEP.value}:\d+$"))
    async def menu(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        desk = Desk.of(body)
        what, _, step = body["actions"][0]["selected_option"]["value"].partition("/")
        if what in ("edit", "ways"):
            desk = replace(desk, editing=desk.editing.at(step))
            await open_form(face, client, body, _STEP if what == "edit" else _WAYS, desk)
            return
        modal = Modal.pressed(client, body)
        async with boundary(body, modal.went_wrong):
            try:
                if refused := await not_yours(face, desk):
                    await modal.fill(refused)
                else:
                    await _rearrange(face, client, body, desk, what, StepId(step))
            except DatabaseAway as error:
                log.warning("sop.draft_not_confirmed", team=desk.team, error=str(error))
                await modal.fill(not_confirmed(TITLE))

    @app.action(ActionId.EDIT_STEP_DOES)
    async def does(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """What happens was chosen: ask for what that needs, and keep what was typed."""
        await ack()
        desk, modal = Desk.of(body), Modal.pressed(client, body)
        async with boundary(body, modal.went_wrong):
            await modal.fill_from(_or_gone(_form_again(face, desk, answers(body["view"]))))

    @app.action(ActionId.EDIT_PREVIEW)
    async def preview(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        modal = await pushed(client, body["trigger_id"], loading("Preview"))
        async with boundary(body, modal.went_wrong):
            look = _preview(face, Desk.of(body), answers(body["view"]))
            await modal.fill_from(_or_gone(look))


async def _rearrange(
    face: Face,
    client: AsyncWebClient,
    body: dict[str, Any],
    desk: Desk,
    what: str,
    step: StepId,
) -> None:
    """Move a step or take it out; where somebody was quicker, show their draft instead."""
    modal = Modal.pressed(client, body)
    try:
        draft = await within(draft_of(face, desk.team, desk.editing.slug))
        match what:
            case "up" | "down":
                new = edits.moved(draft.definition, step, -1 if what == "up" else 1)
            case "remove":
                new = edits.without_step(draft.definition, step)
            case _:
                new = draft.definition
        saved = await within(save(face, desk, draft, new))
    except DraftMoved:
        nothing = "Nothing of yours was done; this is the newest."
        await modal.fill(await within(moved_view(face, desk, nothing)))
    except Gone:
        await modal.fill(gone())
    else:
        await after_saving(face, body, client, desk, saved)


async def _or_gone(look: Coroutine[Any, Any, View]) -> View:
    try:
        return await look
    except Gone:
        return gone()


async def _form_again(face: Face, desk: Desk, filled: Answers) -> View:
    draft = await draft_of(face, desk.team, desk.editing.slug)
    step = views.filled_step(_step(draft.definition, desk.editing), filled)
    return views.step_form(draft.definition, step, _after(desk.editing, filled))


async def _preview(face: Face, desk: Desk, filled: Answers) -> View:
    draft = await draft_of(face, desk.team, desk.editing.slug)
    step = views.filled_step(_step(draft.definition, desk.editing), filled)
    sop, errors = _with(draft.definition, desk.editing, step, filled)
    if wrong := {name: flaw for name, flaw in errors.items() if name.startswith("with ")}:
        name, flaw = next(iter(wrong.items()))
        return views.preview(step, f"{name.removeprefix('with ')}: {flaw}", desk.editing)
    try:
        return views.preview(step, face.preview(sop, step), desk.editing)
    except ActionRefused as error:
        return views.preview(step, str(error), desk.editing)


def _step(sop: WorkflowDefinition, editing: Editing) -> Step:
    """The step that a form is about, or a new one. Raises Gone."""
    if not editing.step:
        return views.new_step()
    found = next((one for one in sop.steps if one.id == editing.step), None)
    if found is None:
        raise Gone
    return found


def _after(editing: Editing, filled: Answers) -> Editing:
    return editing.at(editing.step, after=filled.get("after") or editing.after)


def _with(sop: WorkflowDefinition, editing: Editing, step: Step, filled: Answers) -> Taken:
    """The SOP with the step in it, and what is wrong with the step, by field."""
    if editing.step:
        new = edits.with_changed(sop, step)
    else:
        taken = {one.id for one in sop.steps}
        step = replace(step, id=StepId(edits.free_name(step.title, taken)))
        new = edits.with_step(sop, step, StepId(filled.get("after") or ""))
    place = next(number for number, one in enumerate(new.steps) if one.id == step.id)
    return new, views.step_errors(below(check(new), "steps", place))


def _show_step(sop: WorkflowDefinition, editing: Editing, note: str) -> View:
    if not editing.step or any(one.id == editing.step for one in sop.steps):
        return views.step_form(sop, _step(sop, editing), editing, note)
    raise Gone


def _take_step(sop: WorkflowDefinition, editing: Editing, filled: Answers) -> Taken:
    return _with(sop, editing, views.filled_step(_step(sop, editing), filled), filled)


def _show_ways(sop: WorkflowDefinition, editing: Editing, note: str) -> View:
    return ways_views.ways_form(sop, _step(sop, editing), editing, note)


def _take_ways(sop: WorkflowDefinition, editing: Editing, filled: Answers) -> Taken:
    """Circles and doubled answers stand at the field of the way that they are about."""
    step = _step(sop, editing)
    new = edits.with_ways(sop, step.id, ways_views.filled_ways(sop, step, filled))
    problems = check(new)
    errors: dict[str, str] = {}
    for (place, *_), flaw in ((p, f) for p, f in below(problems, "edges").items() if p):
        edge = new.edges[int(place)]
        if edge.source == step.id:
            name = f"to {edge.target}" if f"to {edge.target}" in filled else "next"
            errors.setdefault(name, flaw)
        elif "circle" in flaw:
            errors.setdefault(next(iter(filled), "next"), flaw)
    return new, errors


_STEP = Form(None, CallbackId.SOP_STEP_FORM, "Step", _show_step, _take_step)
_WAYS = Form(None, CallbackId.SOP_WAYS_FORM, "Where it leads", _show_ways, _take_ways)
