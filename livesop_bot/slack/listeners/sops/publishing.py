"""Publishing: what changed is shown with what it would have done, and then it is put in use."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.db.publishing import Published, VersionMoved
from livesop_bot.db.teams import step_subject
from livesop_bot.domain.audit import workflow_subject
from livesop_bot.domain.changes import Change, changes, lost_switches
from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.drafts import DraftMoved
from livesop_bot.domain.rights import Right, Role, may
from livesop_bot.domain.signals import ChannelId, SignalId
from livesop_bot.domain.workflows import WorkflowDefinition
from livesop_bot.errors import (
    ActionRefused,
    DatabaseAway,
    EvaluatorAway,
    EvaluatorBroken,
    SlackAway,
    SlackRefused,
)
from livesop_bot.slack.listeners.boundary import boundary
from livesop_bot.slack.listeners.face import Face, within
from livesop_bot.slack.listeners.home.frame import Spot, changed
from livesop_bot.slack.listeners.modals import pushed
from livesop_bot.slack.listeners.rights import refusal
from livesop_bot.slack.listeners.sops.drafting import (
    Desk,
    Gone,
    at,
    draft_of,
    flaws,
    gone,
    moved_words,
    show,
)
from livesop_bot.views import modal as modals
from livesop_bot.views.blocks import View
from livesop_bot.views.home.sop import published as published_words
from livesop_bot.views.home.tabs import HomeTab
from livesop_bot.views.ids import ActionId, CallbackId
from livesop_bot.views.sops.publishing import HITS, TITLE, Found, Looking, Sent, refused, review

log = structlog.get_logger()

_SIGNALS = 200
_COMPARED_S = 20.0
_NOWHERE = ChannelId("")


@dataclass(frozen=True, slots=True)
class Candidate:
    """What would be published, in place of what, and what that changes."""

    desk: Desk
    sop: WorkflowDefinition
    changed: tuple[Change, ...]
    lost: tuple[str, ...]
    sends: tuple[Sent, ...]
    flaws: tuple[str, ...]
    admins: tuple[str, ...] | None
    """Whom to ask who may not publish; None: this person may."""

    def view(
        self,
        *,
        found: Found = Looking.ON,
        readable: frozenset[SignalId] = frozenset(),
        note: str = "",
    ) -> View:
        """Show it."""
        return review(
            self.sop.title,
            self.changed,
            self.desk.editing,
            lost=self.lost,
            sends=self.sends,
            found=found,
            readable=readable,
            flaws=self.flaws,
            admins=self.admins,
            note=note,
        )


def register(app: AsyncApp, face: Face) -> None:
    """Answer to “Review and publish”, “Restore”, and “Publish”."""

    @app.action(ActionId.EDIT_PUBLISH)
    async def publish(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await _open(face, client, body, Desk.of(body))

    @app.action(ActionId.VERSION_RESTORE)
    async def restore(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        desk = Desk.of(body)
        editing = replace(desk.editing, version=int(body["actions"][0]["value"]))
        await _open(face, client, body, replace(desk, editing=editing))

    @app.view(CallbackId.SOP_PUBLISH_FORM.value)
    async def sent(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        async def tell(view: View) -> None:
            await ack(response_action="update", view=view)

        async with boundary(body, lambda: tell(modals.went_wrong(TITLE))):
            await _publish(face, ack, client, body, Desk.of(body))


async def _open(face: Face, client: AsyncWebClient, body: dict[str, Any], desk: Desk) -> None:
    """Show at once what changed, and what that would have done as soon as it is known."""
    modal = await pushed(client, body["trigger_id"], modals.loading(TITLE))
    async with boundary(body, modal.went_wrong):
        try:
            candidate = await within(_candidate(face, desk))
        except DatabaseAway:
            await modal.fill(modals.database_away(TITLE))
            return
        except Gone:
            await modal.fill(gone())
            return
        if await modal.fill(candidate.view()) and candidate.changed:
            await modal.fill(await _compared(face, candidate))


async def _compared(face: Face, candidate: Candidate, note: str = "") -> View:
    """Show it with what it would have done with the latest messages."""
    team, user = candidate.desk.team, candidate.desk.user
    try:
        signals = await within(face.feed.recent_signals(team, _SIGNALS))
        found = await face.rehearsal.compare(team, candidate.sop, signals, seconds=_COMPARED_S)
    except (DatabaseAway, EvaluatorAway, EvaluatorBroken) as error:
        log.warning("sop.not_compared", team=team, error=str(error))
        return candidate.view(found=Looking.FAILED, note=note)
    hits = [hit.signal for hit in (*found.starts[:HITS], *found.stops[:HITS])]
    readable = frozenset(
        [
            signal.id
            for signal in hits
            if await face.readers.may_read(user, signal.channel, here=_NOWHERE)
        ]
    )
    return candidate.view(found=found, readable=readable, note=note)


async def _candidate(face: Face, desk: Desk) -> Candidate:
    """Read what would be published, as things are now. Raises Gone."""
    team, editing = desk.team, desk.editing
    workflow = await face.workflows.get(team, editing.slug)
    base = 0 if workflow is None else workflow.version
    if editing.version:
        sop = await face.workflows.version(team, editing.slug, editing.version)
        if sop is None:
            raise Gone
        now = replace(editing, base=base)
    else:
        draft = await draft_of(face, team, editing.slug)
        sop, now = draft.definition, replace(at(editing, draft), base=base)
    before = None if workflow is None else workflow.definition
    return Candidate(
        desk=replace(desk, editing=now),
        sop=sop,
        changed=changes(before, sop),
        lost=await _lost(face, desk, before, sop),
        sends=tuple(_sends(face, before, sop)),
        flaws=tuple(flaws(sop)),
        admins=await _admins(face, desk),
    )


def _sends(
    face: Face, before: WorkflowDefinition | None, sop: WorkflowDefinition
) -> Iterator[Sent]:
    """What each action that is new or changed would send."""
    known = {step.id: (step.action, step.fields) for step in before.steps} if before else {}
    for step in sop.acting_steps:
        if known.get(step.id) == (step.action, step.fields):
            continue
        try:
            yield step.title, face.preview(sop, step)
        except ActionRefused as error:
            yield step.title, str(error)


async def _lost(
    face: Face, desk: Desk, before: WorkflowDefinition | None, sop: WorkflowDefinition
) -> tuple[str, ...]:
    """Titles of the steps whose switch is on, and goes off with this."""
    if before is None:
        return ()
    on = await face.teams.switched_on(desk.team)
    lost = set(lost_switches(before, sop))
    return tuple(
        step.title
        for step in before.acting_steps
        if step.id in lost and (Scope.STEP, step_subject(sop.slug, step.id)) in on
    )


async def _admins(face: Face, desk: Desk) -> tuple[str, ...] | None:
    """Only decides whether there is a button, or who is named; pressing it asks again."""
    try:
        if may(await face.people.role(desk.team, desk.user), Right.PUBLISH):
            return None
        return await face.people.who_are(desk.team, Role.ADMIN)
    except (SlackAway, SlackRefused):
        return ()


async def _publish(
    face: Face, ack: AsyncAck, client: AsyncWebClient, body: dict[str, Any], desk: Desk
) -> None:
    editing = desk.editing
    subject = workflow_subject(editing.slug)
    why = await refusal(face, desk.team, desk.user, Right.PUBLISH, subject)
    if why is not None:
        await ack(response_action="update", view=refused(why.text))
        return
    try:
        published = await within(_put_in_use(face, desk))
    except (DraftMoved, VersionMoved) as error:
        await _look_again(face, ack, client, body, desk, error)
        return
    except Gone:
        await ack(response_action="update", view=gone())
        return
    except DatabaseAway as error:
        log.warning("sop.publish_not_confirmed", team=desk.team, error=str(error))
        await ack(response_action="update", view=modals.not_confirmed(TITLE))
        return
    workflow = published.workflow
    log.info(
        "sop.published",
        team=desk.team,
        sop=workflow.slug,
        version=workflow.version,
        switched_off=len(published.lost),
        by=desk.user,
    )
    await ack(response_action="clear")
    state = replace(
        editing.home,
        tab=HomeTab.WORKFLOWS,
        opened=workflow.slug,
        notice=published_words(workflow.version),
    )
    await changed(client, face, Spot.of(body), state)


async def _put_in_use(face: Face, desk: Desk) -> Published:
    """Publish what was looked at: a draft, or an earlier version; flaws count as if it had moved.

    Raises DraftMoved, VersionMoved, Gone.
    """
    team, user, editing = desk.team, desk.user, desk.editing
    if editing.version:
        sop = await face.workflows.version(team, editing.slug, editing.version)
        if sop is None:
            raise Gone
        if flaws(sop):
            raise DraftMoved
        return await face.drafts.publish_again(team, sop, user, base=editing.base)
    draft = await draft_of(face, team, editing.slug)
    if draft.revision != editing.revision or flaws(draft.definition):
        raise DraftMoved
    return await face.drafts.publish(team, editing.slug, editing.revision, user, base=editing.base)


async def _look_again(
    face: Face,
    ack: AsyncAck,
    client: AsyncWebClient,
    body: dict[str, Any],
    desk: Desk,
    error: DraftMoved | VersionMoved,
) -> None:
    """Show what would be published by now instead; nothing that was not seen is put in use."""
    candidate = await within(_candidate(face, desk))
    if isinstance(error, VersionMoved):
        what = f"Version {error.version} was published meanwhile."
    else:
        draft = await within(draft_of(face, desk.team, desk.editing.slug))
        what = moved_words(draft, desk.user)
    note = f"{what} Nothing of yours was published; please look at this again."
    await ack(response_action="update", view=candidate.view(note=note))
    await show(client, body["view"]["id"], await _compared(face, candidate, note))
