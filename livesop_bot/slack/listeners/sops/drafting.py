"""Drafts at the hands of people: read, changed, saved, and what is wrong with them."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from slack_bolt.async_app import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.slack_calls import slack_errors
from livesop_bot.domain.audit import workflow_subject
from livesop_bot.domain.drafts import Draft, DraftMoved
from livesop_bot.domain.rights import Right, may
from livesop_bot.domain.signals import TeamId, UserId
from livesop_bot.domain.workflows import WorkflowDefinition
from livesop_bot.errors import SlackAway, SlackRefused
from livesop_bot.slack.listeners.face import Face, team_of, within
from livesop_bot.slack.listeners.rights import refusal
from livesop_bot.sop.checking import check
from livesop_bot.sop.reading import Problem
from livesop_bot.views.blocks import View, date, person, section
from livesop_bot.views.inputs import block_id
from livesop_bot.views.modal import modal
from livesop_bot.views.rights import notice
from livesop_bot.views.sops.editing import Editing
from livesop_bot.views.sops.editor import TITLE, editor

_SHOW_S = 10.0


@dataclass(frozen=True, slots=True)
class Desk:
    """Who edits, and where in which draft they are."""

    team: TeamId
    user: UserId
    editing: Editing

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Desk":
        """Read it from something that was pressed or sent in one of the editor's modals."""
        editing = Editing.read(body["view"]["private_metadata"])
        return cls(team_of(body), UserId(body["user"]["id"]), editing)


async def not_yours(face: Face, desk: Desk) -> View | None:
    """None: this person may edit. Else what to tell them. Raises DatabaseAway."""
    with suppress(SlackAway, SlackRefused):  # refused below, too
        if may(await within(face.people.role(desk.team, desk.user)), Right.EDIT):
            return None
    subject = workflow_subject(desk.editing.slug)
    refused = await refusal(face, desk.team, desk.user, Right.EDIT, subject)
    return None if refused is None else notice(refused)


class Gone(Exception):
    """There is no such SOP, and no draft of it."""


async def draft_of(face: Face, team: TeamId, slug: str) -> Draft:
    """Give the draft of an SOP, or where there is none the version in use. Raises Gone."""
    draft = await face.drafts.get(team, slug)
    if draft is not None:
        return draft
    workflow = await face.workflows.get(team, slug)
    if workflow is None:
        raise Gone
    return Draft(definition=workflow.definition, base=workflow.version)


def seen(draft: Draft, editing: Editing) -> Draft:
    """The draft as somebody saw it; raises DraftMoved where it is another by now."""
    if (draft.revision, draft.base) != (editing.revision, editing.base):
        raise DraftMoved
    return draft


def moved_words(draft: Draft, me: UserId) -> str:
    """Tell the second of two who edit that somebody was quicker."""
    if draft.changed_by is None or draft.changed_at is None:
        return "The draft was published or thrown away meanwhile; this is what is in use now."
    who = "You" if draft.changed_by == me else person(draft.changed_by)
    where = " in another window" if draft.changed_by == me else ""
    return f"{who} changed this draft{where} meanwhile, {date(draft.changed_at)}."


def at(editing: Editing, draft: Draft) -> Editing:
    """The same place, in the draft as it is now."""
    return replace(editing, base=draft.base, revision=draft.revision)


async def editor_view(face: Face, desk: Desk, draft: Draft | None = None, note: str = "") -> View:
    """Build the editor's first modal as things are now."""
    try:
        draft = draft or await draft_of(face, desk.team, desk.editing.slug)
    except Gone:
        return gone()
    workflow = await face.workflows.get(desk.team, desk.editing.slug)
    return editor(
        draft,
        at(desk.editing, draft).at(),
        me=desk.user,
        flaws=flaws(draft.definition),
        newest=0 if workflow is None else workflow.version,
        note=note,
    )


async def moved_view(face: Face, desk: Desk, nothing: str) -> View:
    """The editor after somebody was quicker, with `nothing` said of what was pressed."""
    try:
        draft = await draft_of(face, desk.team, desk.editing.slug)
    except Gone:
        return gone()
    note = f"{moved_words(draft, desk.user)} {nothing}"
    return await editor_view(face, desk, draft, note)


def gone() -> View:
    """Say that there is nothing to edit any more."""
    return modal(
        TITLE,
        [
            section(
                "This SOP is not there any more: archived, or thrown away. What is archived can be "
                "restored in *Home*, *Workflows*, *Archived*."
            )
        ],
    )


def flaws(sop: WorkflowDefinition) -> list[str]:
    """Say in words what keeps a draft from being published."""
    return [_told(sop, problem) for problem in check(sop)]


def _told(sop: WorkflowDefinition, problem: Problem) -> str:
    message = problem.message.partition(": - {")[0]  # the rest is for those who write documents
    match problem.place:
        case ("steps", int(place), *rest) if place < len(sop.steps):
            where = f"Step {place + 1} “{sop.steps[place].title}”"
            return f"{', '.join([where, *map(str, rest)])}: {message}"
        case ("edges", int(place), *_) if place < len(sop.edges):
            titles = {step.id: step.title for step in sop.steps}
            edge = sop.edges[place]
            ends = (titles.get(end, end) for end in (edge.source, edge.target))
            return f"{' → '.join(ends)}: {message}"
        case ("steps",):
            return "It has no steps yet"
        case _:
            return f"{problem.field}: {message}"


async def show(client: AsyncWebClient, view_id: str, view: View) -> None:
    """Show something in a modal, whatever is in it; one that was closed needs nothing.

    Raises SlackAway, SlackRefused.
    """
    try:
        with slack_errors():
            async with asyncio.timeout(_SHOW_S):
                await client.views_update(view_id=view_id, view=view)
    except SlackRefused as error:
        if error.code not in ("not_found", "view_not_found"):
            raise


async def refuse(ack: AsyncAck, errors: Mapping[str, str]) -> None:
    """Have each flaw stand at its field."""
    shown = {
        block_id(name): f"{message[:1].upper()}{message[1:300]}" for name, message in errors.items()
    }
    await ack(response_action="errors", errors=shown)


def first_field(view: Mapping[str, Any], names: Sequence[str] = ()) -> str:
    """The name of a form's first field, where a word about the whole form may stand."""
    prefix = block_id("")
    found = (
        block["block_id"].removeprefix(prefix)
        for block in view["blocks"]
        if block["type"] == "input" and block["block_id"].startswith(prefix)
    )
    return next(found, names[0] if names else "title")
