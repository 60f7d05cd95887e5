"""Buttons of a run's message: acked at once, carried out, and shown in the message itself."""

import re
from collections.abc import Mapping
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.domain.audit import run_subject
from livesop_bot.domain.rights import Right
from livesop_bot.domain.runs import Run, RunState, ShownOtherwise, TooLate
from livesop_bot.domain.signals import TeamId, UserId
from livesop_bot.domain.steps import NotOffered, Press
from livesop_bot.errors import DatabaseAway, SlackAway, SlackRefused
from livesop_bot.slack.listeners import waiting
from livesop_bot.slack.listeners.boundary import boundary
from livesop_bot.slack.listeners.face import Face, team_of, within
from livesop_bot.slack.listeners.modals import Modal
from livesop_bot.slack.listeners.rights import note_refusal, refusal
from livesop_bot.slack.listeners.whisper import whisper
from livesop_bot.views import commands, presses
from livesop_bot.views.blocks import Message
from livesop_bot.views.ids import ActionId
from livesop_bot.views.press import Pressed

log = structlog.get_logger()

_STEP = {
    ActionId.STEP_APPROVE: Press.APPROVE,
    ActionId.STEP_DONE: Press.DONE,
    ActionId.STEP_SKIP: Press.SKIP,
    ActionId.STEP_HOLD: Press.HOLD,
    ActionId.STEP_RETRY: Press.RETRY,
    ActionId.STEP_MARK_DONE: Press.MARK_DONE,
    ActionId.STEP_CHOOSE: Press.CHOOSE,
}
_STOPPING = frozenset({ActionId.STEP_HOLD, ActionId.RUN_CANCEL})
"""What stops something, and is open to everybody."""

_NAMES = "|".join((*_STEP, ActionId.RUN_START, ActionId.RUN_DISMISS, ActionId.RUN_CANCEL))
_BUTTON = re.compile(rf"(?P<name>{_NAMES})(?::\d+)?")


def register(app: AsyncApp, face: Face) -> None:
    """Answer to each button; only the person who pressed it is told what the message does not."""

    @app.action(re.compile(f"^{_BUTTON.pattern}$"))
    async def on_button(
        ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond, client: AsyncWebClient
    ) -> None:
        tell = whisper(respond)
        await ack()
        if body.get("view"):  # in the list of what waits, where nothing can be told beside it
            async with boundary(body, Modal.pressed(client, body).went_wrong):
                await waiting.pressed(face, client, body, await _answer(face, body))
            return
        async with boundary(body, lambda: tell(commands.went_wrong())):
            answer = await _answer(face, body)
            if answer is not None:
                await tell(answer)


async def _answer(face: Face, body: Mapping[str, Any]) -> Message | None:
    action = body["actions"][0]
    found = _BUTTON.fullmatch(action["action_id"])
    try:
        pressed = Pressed.read(action.get("value") or "")
    except (ValueError, KeyError, TypeError):
        return presses.not_ours()
    assert found is not None, "the listener's own pattern"
    team, user = team_of(body), UserId(body["user"]["id"])
    subject = run_subject(pressed.run, pressed.step)
    try:
        if await face.people.is_bot(user):
            await note_refusal(face, team, user, subject, {"why": "a_bot"})
            return presses.no_bots()
        return await _press(face, team, user, ActionId(found["name"]), pressed)
    except DatabaseAway as error:
        log.warning("press.not_confirmed", team=team, run=pressed.run, error=str(error))
        return commands.not_confirmed()
    except (SlackAway, SlackRefused) as error:
        log.warning("press.person_unknown", user=user, error=str(error))
        await note_refusal(face, team, user, subject, {"why": "unknown"})
        return presses.nobody_knows()


async def _refused(face: Face, team: TeamId, user: UserId, pressed: Pressed) -> Message | None:
    """What to tell somebody who may not move a run on; None: they may."""
    run, step = pressed.run, pressed.step
    approvers = await within(face.presses.approvers(team, run, step)) if step is not None else ()
    if not approvers:
        return await refusal(face, team, user, Right.APPROVE, run_subject(run, step))
    if await face.people.is_among(user, approvers):
        return None
    await note_refusal(face, team, user, run_subject(run, step), {"why": "not_an_approver"})
    return presses.not_allowed(approvers)


async def _press(
    face: Face, team: TeamId, user: UserId, name: ActionId, pressed: Pressed
) -> Message | None:
    book, run, step = face.presses, pressed.run, pressed.step
    if name not in _STOPPING and (refused := await _refused(face, team, user, pressed)):
        return refused
    outcome: Run | TooLate | ShownOtherwise
    match name:
        case ActionId.RUN_START:
            outcome = await within(book.start(team, run, user))
        case ActionId.RUN_DISMISS:
            outcome = await within(book.end(team, run, RunState.DISMISSED, user))
        case ActionId.RUN_CANCEL:
            outcome = await within(book.end(team, run, RunState.CANCELLED, user))
        case _ if step is None:
            return presses.not_ours()
        case _:
            try:
                work = book.step(
                    team, run, step, _STEP[name], user, pressed.chosen, shown=pressed.request
                )
                outcome = await within(work)
            except (NotOffered, KeyError):
                return presses.not_ours()
    if isinstance(outcome, TooLate):
        return presses.too_late(outcome, user)
    if isinstance(outcome, ShownOtherwise):
        log.info("press.shown_otherwise", team=team, run=run, step=step, by=user)
        return presses.shown_otherwise(outcome)
    face.homes.change(team)
    log.info("run.pressed", team=team, run=run, step=step, press=name, by=user)
    return None
