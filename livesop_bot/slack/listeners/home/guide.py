"""The guide: a team's first steps, on top of the Overview and in a message to who began.

A press in Home shows Home anew, one in the message that message.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.db.teams import step_subject
from livesop_bot.domain.audit import settings_subject, switch_subject
from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.guide import Guide, GuideStep, Shown
from livesop_bot.domain.rights import Right
from livesop_bot.errors import DatabaseAway, EvaluatorAway, EvaluatorBroken
from livesop_bot.evaluation.rehearsal import ANYWHERE
from livesop_bot.slack.channels import join
from livesop_bot.slack.homes import Draw, Visitor
from livesop_bot.slack.listeners.boundary import boundary
from livesop_bot.slack.listeners.face import Face, within
from livesop_bot.slack.listeners.home.frame import Spot, changed, trouble_shown
from livesop_bot.slack.listeners.modals import opened
from livesop_bot.slack.listeners.rights import refusal
from livesop_bot.slack.listeners.whisper import whisper
from livesop_bot.views import commands
from livesop_bot.views.blocks import Block, View
from livesop_bot.views.home import guide as view
from livesop_bot.views.home.tabs import HomeState, HomeTab
from livesop_bot.views.ids import ActionId, BlockId
from livesop_bot.views.modal import database_away, loading
from livesop_bot.views.rights import notice
from livesop_bot.views.sops import sample

log = structlog.get_logger()

_BUTTONS = (
    ActionId.GUIDE_JOIN,
    ActionId.GUIDE_SOPS,
    ActionId.GUIDE_AGAIN,
    ActionId.GUIDE_SWITCH,
    ActionId.GUIDE_LATER,
    ActionId.GUIDE_RESUME,
    ActionId.GUIDE_NEVER,
)
_RIGHTS = {ActionId.GUIDE_JOIN: Right.SETTINGS, ActionId.GUIDE_SWITCH: Right.SWITCH_ON}
_SHOWN = {
    ActionId.GUIDE_LATER: Shown.LATER,
    ActionId.GUIDE_RESUME: Shown.WHOLE,
    ActionId.GUIDE_NEVER: Shown.NEVER,
}


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What is to be shown after a press: a word on it, and where in Home."""

    notice: str = ""
    tab: HomeTab = HomeTab.OVERVIEW


def register(app: AsyncApp, face: Face) -> None:
    """Answer to each button; what is picked is read when one is pressed."""

    @app.action(re.compile(f"^({ActionId.GUIDE_CHANNELS}|{ActionId.GUIDE_STEP})$"))
    async def picked(ack: AsyncAck) -> None:
        await ack()

    @app.action(ActionId.GUIDE_TRY)
    async def tried(
        ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        await ack()
        modal = await opened(client, body["trigger_id"], loading(sample.TITLE))
        async with boundary(body, modal.went_wrong):
            spot = Spot.of(body)
            shown, is_judged = await _tried(face, spot)
            await modal.fill(shown)
            if is_judged:
                await within(face.guides.note(spot.team, GuideStep.TEST))
                if body.get("view"):
                    await changed(client, face, spot, HomeState())
                else:
                    await _show_message(face, spot, "", respond)

    @app.action(re.compile(f"^({'|'.join(_BUTTONS)})$"))
    async def pressed(
        ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        await ack()
        if body.get("view"):
            async with trouble_shown(client, body) as spot:
                outcome = await _carry_out(client, face, spot, body)
                is_here = outcome.tab is HomeTab.OVERVIEW
                notice = outcome.notice if is_here else ""  # else the tab itself is the answer
                await changed(client, face, spot, HomeState(tab=outcome.tab, notice=notice))
            return

        async with boundary(body, lambda: whisper(respond)(commands.went_wrong())):
            spot = Spot.of(body)
            outcome = await _carry_out(client, face, spot, body)
            if outcome.tab is not HomeTab.OVERVIEW:
                await changed(client, face, spot, HomeState(tab=outcome.tab))
            await _show_message(face, spot, outcome.notice, respond)


async def blocks(face: Face, visitor: Visitor, state: HomeState) -> Sequence[Block]:
    """Show the step that is next; nothing once they are done. The first visitor is greeted."""
    guide = await _guide(face, visitor)
    if guide.next and not guide.is_greeted and await face.guides.greet(visitor.team, visitor.user):
        log.info("guide.greets", team=visitor.team, user=visitor.user)
    return view.guide_blocks(
        guide,
        await face.workflows.current(visitor.team),
        is_admin=visitor.is_admin,
        notice=state.notice,
    )


def seen(face: Face, draw: Draw) -> Draw:
    """Note that a team's SOPs were looked at, where this draws them."""

    async def drawn(visitor: Visitor, state: HomeState) -> Sequence[Block]:
        shown = await draw(visitor, state)
        await face.guides.note(visitor.team, GuideStep.SOPS)
        return shown

    return drawn


async def _guide(face: Face, visitor: Visitor) -> Guide:
    guide = await face.guides.get(visitor.team, visitor.user)
    if guide.next is GuideStep.CHANNELS and await face.is_in_a_channel():
        await face.guides.note(visitor.team, GuideStep.CHANNELS)
        return replace(guide, done=guide.done | {GuideStep.CHANNELS})
    return guide


async def _carry_out(
    client: AsyncWebClient, face: Face, spot: Spot, body: Mapping[str, Any]
) -> _Outcome:
    press = ActionId(body["actions"][0]["action_id"])
    if press in _RIGHTS:
        right, subject = _RIGHTS[press], switch_subject(Scope.TEAM, spot.team)
        if right is Right.SETTINGS:
            subject = settings_subject(spot.team)
        if refused := await refusal(face, spot.team, spot.user, right, subject):
            await opened(client, body["trigger_id"], notice(refused))
            return _Outcome()
    try:
        match press:
            case ActionId.GUIDE_JOIN:
                return _Outcome(
                    await _join(client, face, spot, _picked(body, BlockId.GUIDE_CHANNELS))
                )
            case ActionId.GUIDE_SWITCH:
                return _Outcome(await _switch(face, spot, _picked(body, BlockId.GUIDE_STEP)))
            case ActionId.GUIDE_SOPS:
                await within(face.guides.note(spot.team, GuideStep.SOPS))
                return _Outcome(view.sops_shown(), HomeTab.WORKFLOWS)
            case ActionId.GUIDE_AGAIN:
                guide = await within(face.guides.get(spot.team, spot.user))
                return _Outcome(view.heard(is_heard=GuideStep.TEST in guide.done))
            case _:
                await within(face.guides.show(spot.team, spot.user, _SHOWN[press]))
                return _Outcome()
    except DatabaseAway as error:
        log.warning("guide.not_confirmed", team=spot.team, press=press, error=str(error))
        return _Outcome(view.not_confirmed())


async def _join(client: AsyncWebClient, face: Face, spot: Spot, picked: Mapping[str, Any]) -> str:
    channels = picked.get("selected_channels") or ()
    if not channels:
        return view.nothing_picked()
    done, refused = await join(client, channels)
    log.info("guide.joined", team=spot.team, by=spot.user, channels=len(done))
    if done:
        await within(face.guides.note(spot.team, GuideStep.CHANNELS))
    return view.joined(done, refused)


async def _switch(face: Face, spot: Spot, picked: Mapping[str, Any]) -> str:
    value = (picked.get("selected_option") or {}).get("value")
    if not value:
        return view.nothing_picked()
    workflows = await within(face.workflows.current(spot.team))
    chosen = next((one for one in view.candidates(workflows) if one.value == value), None)
    if chosen is None:
        return view.no_such_step()
    slug = chosen.workflow.slug
    subjects = [
        (Scope.STEP, step_subject(slug, chosen.step.id)),
        (Scope.WORKFLOW, slug),
        (Scope.TEAM, spot.team),
    ]
    await within(face.teams.switch_on(spot.team, subjects, by=spot.user))
    for scope, subject in subjects:
        log.info(
            "autopilot.switched",
            team=spot.team,
            scope=scope,
            subject=subject,
            is_on=True,
            by=spot.user,
        )
    return view.switched(chosen)


async def _tried(face: Face, spot: Spot) -> tuple[View, bool]:
    """What a sample would lead to, and whether that could be said."""
    try:
        text = view.sample(await within(face.workflows.current(spot.team)))
        found = await face.rehearsal.sample(spot.team, spot.user, text, ANYWHERE)
    except DatabaseAway:
        return database_away(sample.TITLE), False
    except TimeoutError:
        return sample.not_tested("The evaluator did not answer in time; please try again."), False
    except (EvaluatorAway, EvaluatorBroken) as error:
        log.warning("sample.not_judged", team=spot.team, error=str(error))
        return sample.not_judged(), False
    asked = found.workflow.slug if found.workflow else ""
    return sample.tested(text, found.judgement, found.workflow, found.decision, asked), True


async def _show_message(face: Face, spot: Spot, notice: str, respond: AsyncRespond) -> None:
    """Show the message that was pressed in as things are now."""

    async def greeting() -> Mapping[str, Any]:
        role = await face.people.role(spot.team, spot.user)
        visitor = Visitor(team=spot.team, user=spot.user, role=role)
        guide = await _guide(face, visitor)
        workflows = await face.workflows.current(spot.team)
        shown = view.greeting(guide, workflows, is_admin=visitor.is_admin, notice=notice)
        return shown.payload()

    try:
        payload = await within(greeting())
    except DatabaseAway:
        await whisper(respond)(commands.database_away())
        return
    await respond(**payload, replace_original=True)


def _picked(body: Mapping[str, Any], block: BlockId) -> Mapping[str, Any]:
    """What is picked in a block, of Home or of a message."""
    state = (body.get("view") or body).get("state") or {}
    fields = (state.get("values") or {}).get(block.value) or {}
    return next(iter(fields.values()), {})
