"""App Home, Workflows: its cards, an SOP's details, and the buttons on them."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.db.teams import step_subject
from livesop_bot.domain.audit import switch_subject, workflow_subject
from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.drafts import DraftLine
from livesop_bot.domain.figures import SopFigures
from livesop_bot.domain.rights import Right
from livesop_bot.domain.workflows import Step, StepMode, Workflow, WorkflowId
from livesop_bot.errors import DatabaseAway
from livesop_bot.slack.homes import Visitor
from livesop_bot.slack.listeners.autopilot import turn
from livesop_bot.slack.listeners.face import Face, within
from livesop_bot.slack.listeners.home import autonomy
from livesop_bot.slack.listeners.home.frame import Spot, changed, publish, show, trouble_shown
from livesop_bot.slack.listeners.modals import opened
from livesop_bot.slack.listeners.rights import refusal
from livesop_bot.views import rights
from livesop_bot.views.blocks import Block, Message
from livesop_bot.views.home import sop, tabs, workflows
from livesop_bot.views.home.tabs import HomeState, HomeTab
from livesop_bot.views.ids import ActionId

log = structlog.get_logger()

_WORDS, _ARCHIVED = "words", "archived"
Press = Callable[[AsyncWebClient, Spot, str], Awaitable[None]]


def register(app: AsyncApp, face: Face) -> None:
    """Answer to each button."""

    async def open_(client: AsyncWebClient, spot: Spot, slug: str) -> None:
        await show(client, face, spot, _at(spot, opened=slug))

    async def back(client: AsyncWebClient, spot: Spot, _: str) -> None:
        await show(client, face, spot, _at(spot))

    async def page(client: AsyncWebClient, spot: Spot, number: str) -> None:
        await show(client, face, spot, _at(spot, page=number, filters=spot.state.filters))

    async def archived(client: AsyncWebClient, spot: Spot, _: str) -> None:
        await show(client, face, spot, _at(spot, filters={_ARCHIVED: "yes"}, page=""))

    async def find(client: AsyncWebClient, spot: Spot, words: str) -> None:
        filters = {_WORDS: words[:60]} if words.strip() else {}
        await show(client, face, spot, _at(spot, filters=filters, page=""))

    async def pause(client: AsyncWebClient, spot: Spot, slug: str) -> None:
        if await within(face.upkeep.pause(spot.team, slug, spot.user)):
            log.info("sop.paused", team=spot.team, sop=slug, by=spot.user)
        await changed(client, face, spot)

    async def resume(client: AsyncWebClient, spot: Spot, slug: str) -> None:
        if await within(face.upkeep.resume(spot.team, slug, spot.user)):
            log.info("sop.resumed", team=spot.team, sop=slug, by=spot.user)
        await changed(client, face, spot)

    async def archive(client: AsyncWebClient, spot: Spot, slug: str) -> None:
        workflow = await within(face.workflows.get(spot.team, slug))
        if workflow is None:
            await changed(client, face, spot, _at(spot))
            return
        if await within(face.upkeep.archive(spot.team, workflow, spot.user)):
            log.info("sop.archived", team=spot.team, sop=slug, by=spot.user)
        await changed(client, face, spot, _at(spot))

    async def take_back(client: AsyncWebClient, spot: Spot, slug: str) -> None:
        notice = ""
        if await within(face.upkeep.take_back(spot.team, slug, spot.user)):
            log.info("sop.taken_back", team=spot.team, sop=slug, by=spot.user)
            notice = sop.restored()
        await changed(client, face, spot, _at(spot, opened=slug, notice=notice, page=""))

    async def off(client: AsyncWebClient, spot: Spot, slug: str) -> None:
        await _switch(client, face, spot, slug, is_on=False)

    async def on(client: AsyncWebClient, spot: Spot, slug: str) -> None:
        await _switch(client, face, spot, slug, is_on=True)

    def pressed(action: ActionId, handle: Press, right: Right | None = None) -> None:
        """Who has not the right that it needs is told in a modal, at once, and it is noted."""

        @app.action(re.compile(rf"^{action.value}(:\d+)?$"))
        async def listener(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
            await ack()
            async with trouble_shown(client, body) as spot:
                value = body["actions"][0].get("value") or ""
                if right is not None and (refused := await _refused(face, spot, right, value)):
                    await opened(client, body["trigger_id"], rights.notice(refused))
                    return
                try:
                    await handle(client, spot, value)
                except DatabaseAway as error:
                    log.warning("sop.not_confirmed", team=spot.team, error=str(error))
                    await publish(client, spot, tabs.not_confirmed(spot.state))

    pressed(ActionId.SOP_OPEN, open_)
    pressed(ActionId.SOP_LIST, back)
    pressed(ActionId.SOP_PAGE, page)
    pressed(ActionId.SOP_ARCHIVED, archived)
    pressed(ActionId.SOP_FIND, find)
    pressed(ActionId.SOP_PAUSE, pause)
    pressed(ActionId.SOP_SWITCH_OFF, off)
    pressed(ActionId.SOP_SWITCH_ON, on, Right.SWITCH_ON)
    pressed(ActionId.SOP_RESUME, resume, Right.PUBLISH)
    pressed(ActionId.SOP_ARCHIVE, archive, Right.PUBLISH)
    pressed(ActionId.SOP_TAKE_BACK, take_back, Right.PUBLISH)


async def _refused(face: Face, spot: Spot, right: Right, slug: str) -> Message | None:
    subject = workflow_subject(slug)
    if right is Right.SWITCH_ON:
        subject = switch_subject(Scope.WORKFLOW, slug)
    return await refusal(face, spot.team, spot.user, right, subject)


async def blocks(face: Face, visitor: Visitor, state: HomeState) -> Sequence[Block]:
    """Show the tab: a page of cards, what is archived, or one SOP."""
    team = visitor.team
    if state.filters.get(_ARCHIVED):
        page, size = _page(state), workflows.ARCHIVED
        found = await face.workflows.archived(team, size + 1, after=page * size)
        return workflows.archived(found, page)
    current = await face.workflows.current(team)
    on = await face.teams.switched_on(team)
    drafts = {draft.slug: draft for draft in await face.drafts.of_team(team)}
    figures = await face.figures.of_sops(team)
    team_on = await face.teams.autopilot(team)
    if state.opened:
        workflow = next((one for one in current if one.slug == state.opened), None)
        if workflow is None:
            return sop.gone(state.opened)
        steps = workflow.definition.acting_steps
        whole = sop.details(
            _card(workflow, on, drafts, figures),
            team_on=team_on,
            steps_on={s.id for s in steps if _is_on(on, workflow.slug, s)},
            is_admin=visitor.is_admin,
            notice=state.notice,
        )
        return [*whole, *await autonomy.blocks(face, visitor, workflow)]
    words = state.filters.get(_WORDS, "")
    hits = [workflow for workflow in current if _has(workflow, words)]
    pages = max(1, -(-len(hits) // workflows.PAGE))
    page = min(_page(state), pages - 1)
    listed = hits[page * workflows.PAGE : (page + 1) * workflows.PAGE]
    slugs = {workflow.slug for workflow in current}
    return workflows.listing(
        workflows.Listing(
            cards=[_card(workflow, on, drafts, figures) for workflow in listed],
            page=page,
            pages=pages,
            found=len(hits),
            total=len(current),
            team_on=team_on,
            words=words,
            new=[d for d in drafts.values() if d.slug not in slugs and d.base == 0],
        )
    )


def _at(
    spot: Spot,
    *,
    opened: str = "",
    page: str | None = None,
    filters: Mapping[str, str] | None = None,
    notice: str = "",
) -> HomeState:
    """Another place in the tab; the page and what was looked for are kept for the way back."""
    state = spot.state
    searched = {_WORDS: state.filters[_WORDS]} if _WORDS in state.filters else {}
    return HomeState(
        tab=HomeTab.WORKFLOWS,
        filters=searched if filters is None else filters,
        page=state.page if page is None else page,
        opened=opened,
        notice=notice,
    )


def _page(state: HomeState) -> int:
    return int(state.page) if state.page.isdecimal() else 0


def _card(
    workflow: Workflow,
    on: frozenset[tuple[Scope, str]],
    drafts: dict[str, DraftLine],
    figures: dict[WorkflowId, SopFigures],
) -> workflows.Card:
    able = [s for s in workflow.definition.acting_steps if s.mode is StepMode.AUTO]
    return workflows.Card(
        workflow=workflow,
        figures=figures.get(workflow.id, SopFigures()),
        is_on=(Scope.WORKFLOW, workflow.slug) in on,
        steps_on=sum(_is_on(on, workflow.slug, s) for s in able),
        draft=drafts.get(workflow.slug),
    )


def _is_on(on: frozenset[tuple[Scope, str]], slug: str, step: Step) -> bool:
    return (Scope.STEP, step_subject(slug, step.id)) in on


def _has(workflow: Workflow, words: str) -> bool:
    definition = workflow.definition
    text = f"{definition.slug} {definition.title} {definition.trigger.description}".casefold()
    return all(word in text for word in words.casefold().split())


async def _switch(
    client: AsyncWebClient, face: Face, spot: Spot, slug: str, *, is_on: bool
) -> None:
    """Turn the switch of an SOP that there is."""
    if await within(face.workflows.get(spot.team, slug)) is not None:
        await within(turn(face, spot.team, Scope.WORKFLOW, slug, spot.user, is_on=is_on))
    await changed(client, face, spot)
