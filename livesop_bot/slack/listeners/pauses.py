"""Buttons of a pause's card: acked at once, carried out, and shown in the card itself."""

import re
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from livesop_bot.domain.audit import pause_subject
from livesop_bot.domain.rights import Right
from livesop_bot.domain.signals import TeamId, UserId
from livesop_bot.errors import DatabaseAway, SlackAway, SlackRefused
from livesop_bot.slack.listeners.boundary import boundary
from livesop_bot.slack.listeners.face import Face, team_of, within
from livesop_bot.slack.listeners.rights import note_refusal, refusal
from livesop_bot.slack.listeners.whisper import whisper
from livesop_bot.views import commands, presses
from livesop_bot.views.blocks import Message
from livesop_bot.views.ids import ActionId
from livesop_bot.views.pause import pause_over
from livesop_bot.views.press import CardPressed

log = structlog.get_logger()


def register(app: AsyncApp, face: Face) -> None:
    """Answer to both buttons; only the person who pressed is told what the card does not say."""

    @app.action(re.compile(f"^({ActionId.PAUSE_END}|{ActionId.PAUSE_KEEP})$"))
    async def on_button(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        tell = whisper(respond)
        await ack()
        async with boundary(body, lambda: tell(commands.went_wrong())):
            action, team, user = body["actions"][0], team_of(body), UserId(body["user"]["id"])
            pressed = CardPressed.read(action["value"])
            answer = await _press(face, team, user, pressed, ActionId(action["action_id"]))
            if answer is not None:
                await tell(answer)


async def _press(
    face: Face, team: TeamId, user: UserId, pressed: CardPressed, press: ActionId
) -> Message | None:
    pause, subject = pressed.pause, pause_subject(pressed.pause)
    try:
        found = await within(face.pauses.get(pause))
        if found is None or found.team != team:
            return presses.not_ours()
        if await face.people.is_bot(user):
            await note_refusal(face, team, user, subject, {"why": "a_bot"})
            return presses.no_bots()
        approvers = found.step.approvers
        if approvers:
            if not await face.people.is_among(user, approvers):
                await note_refusal(face, team, user, subject, {"why": "not_an_approver"})
                return presses.not_allowed(approvers)
        elif refused := await refusal(face, team, user, Right.APPROVE, subject):
            return refused
        if press is ActionId.PAUSE_END:
            turned = face.pauses.end(team, pause, user, pressed.shown)
        else:
            turned = face.pauses.keep(team, pause, user)
        if not await within(turned):
            return pause_over()
    except DatabaseAway as error:
        log.warning("press.not_confirmed", team=team, pause=pause, error=str(error))
        return commands.not_confirmed()
    except (SlackAway, SlackRefused) as error:
        log.warning("press.person_unknown", user=user, error=str(error))
        await note_refusal(face, team, user, subject, {"why": "unknown"})
        return presses.nobody_knows()
    face.homes.change(team)
    log.info("pause.pressed", team=team, pause=pause, press=press, by=user)
    return None
