"""The words about SOPs: workflows, show, start, autopilot."""

from collections.abc import Mapping

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.domain.audit import workflow_subject
from livesop_bot.domain.rights import Right
from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.workflows import Workflow
from livesop_bot.errors import DatabaseAway
from livesop_bot.slack.listeners import autopilot
from livesop_bot.slack.listeners.commands.asked import Asked, Word
from livesop_bot.slack.listeners.face import Face, within
from livesop_bot.slack.listeners.rights import refusal
from livesop_bot.slack.pointed_message import storable
from livesop_bot.views import commands, starts
from livesop_bot.views.blocks import Message
from livesop_bot.views.sop_card import sop, sop_list

log = structlog.get_logger()


async def _workflows(face: Face, _client: AsyncWebClient, asked: Asked) -> Message:
    async def look() -> Message:
        workflows = await face.workflows.current(asked.team)
        return sop_list(workflows, await face.teams.switched_on(asked.team))

    return await within(look())


async def _show(face: Face, _client: AsyncWebClient, asked: Asked) -> Message:
    async def look() -> Message:
        found = await _named(face, asked.team, asked.rest, "show")
        if isinstance(found, Message):
            return found
        return sop(found, await face.teams.switched_on(asked.team))

    return await within(look())


async def _start(face: Face, _client: AsyncWebClient, asked: Asked) -> Message:
    name, _, about = asked.rest.partition(" ")
    workflow = await within(_named(face, asked.team, name, "start"))
    if isinstance(workflow, Message):
        return workflow
    subject = workflow_subject(workflow.slug)
    if refused := await refusal(face, asked.team, asked.user, Right.APPROVE, subject):
        return refused
    if not await face.readers.is_here(asked.channel):
        return starts.not_here()
    opening = face.remarks.ask_for_opening(
        asked.team,
        asked.channel,
        workflow,
        about=storable(about.strip()),
        by=asked.user,
        request=asked.trigger_id,
    )
    try:
        await within(opening)
    except DatabaseAway as error:
        log.warning("start.not_confirmed", team=asked.team, sop=workflow.slug, error=str(error))
        return commands.not_confirmed()
    face.homes.change(asked.team)
    log.info("start.asked", team=asked.team, sop=workflow.slug, by=asked.user)
    return starts.starting(workflow)


async def _autopilot(face: Face, client: AsyncWebClient, asked: Asked) -> Message:
    return await autopilot.answer(
        face, client, asked.team, asked.user, asked.words, here=asked.channel
    )


async def _named(face: Face, team: TeamId, name: str, word: str) -> Workflow | Message:
    """The SOP of that name, or what to say where there is none."""
    workflows = await face.workflows.current(team)
    wanted = " ".join(name.lower().split())
    for workflow in workflows:
        if wanted in (workflow.slug, " ".join(workflow.title.lower().split())):
            return workflow
    if not wanted:
        return starts.which(word, workflows)
    return commands.unknown_sop(name, workflows)


WORDS: Mapping[str, Word] = {
    "workflows": Word(_workflows),
    "show": Word(_show),
    "start": Word(_start, is_slow=True),
    "autopilot": Word(_autopilot),
}
