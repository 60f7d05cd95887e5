"""`/livesop autopilot`: shows the switches and turns them."""

import re
from collections.abc import Coroutine, Sequence
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.db.teams import step_subject
from livesop_bot.domain.audit import switch_subject
from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.rights import Right
from livesop_bot.domain.signals import ChannelId, TeamId, UserId
from livesop_bot.domain.workflows import Step, StepKind, StepMode, Workflow
from livesop_bot.errors import DatabaseAway
from livesop_bot.slack.channels import named
from livesop_bot.slack.listeners.face import Face, within
from livesop_bot.slack.listeners.rights import refusal
from livesop_bot.views import autopilot, commands
from livesop_bot.views.blocks import Message

log = structlog.get_logger()


async def answer(
    face: Face,
    client: AsyncWebClient,
    team: TeamId,
    user: UserId,
    words: Sequence[str],
    *,
    here: ChannelId,
) -> Message:
    """Answer what follows `autopilot`: nothing, or `on` or `off` and what is meant.

    `here`: the channel in which it was asked for. Raises DatabaseAway where the switches cannot be
    read, SlackAway and SlackRefused where a channel's name cannot be looked up.
    """
    match [word.lower() for word in words]:
        case []:
            return await within(_overview(face, team))
        case ["on" | "off" as turn, "here"]:
            return await turn_channel(face, team, user, here, is_on=turn == "on")
        case ["on" | "off" as turn, name] if name.startswith(("#", "<#")):
            channel = await _channel(client, name)
            if channel is None:
                return autopilot.unknown_channel(name)
            return await turn_channel(face, team, user, channel, is_on=turn == "on")
        case ["on" | "off" as turn, *names] if len(names) <= 2 and "here" not in names[:1]:
            return await turn_named(face, team, user, names, is_on=turn == "on")
        case _:
            return autopilot.usage(" ".join(words))


async def turn_named(
    face: Face, team: TeamId, user: UserId, names: Sequence[str], *, is_on: bool
) -> Message:
    """Switch the team, an SOP or a step of it: everybody off, admins on. Raises DatabaseAway."""
    if is_on:
        subject = await within(_wanted(face, team, names))
        if refused := await refusal(face, team, user, Right.SWITCH_ON, subject):
            return refused
    return await _confirmed(_switch(face, team, user, names, is_on=is_on), team, is_on=is_on)


async def turn_channel(
    face: Face, team: TeamId, user: UserId, channel: ChannelId, *, is_on: bool
) -> Message:
    """Switch a channel: everybody off, admins on."""
    subject = switch_subject(Scope.CHANNEL, channel)
    if is_on and (refused := await refusal(face, team, user, Right.SWITCH_ON, subject)):
        return refused

    async def turned() -> Message:
        now = await turn(face, team, Scope.CHANNEL, channel, user, is_on=is_on)
        team_on = await face.teams.autopilot(team)
        return autopilot.switched_channel(channel, is_on=now, team_on=team_on)

    return await _confirmed(turned(), team, is_on=is_on)


async def turn(
    face: Face, team: TeamId, scope: Scope, subject: str, user: UserId, *, is_on: bool
) -> bool:
    """Turn a switch; gives it as it now stands. Raises DatabaseAway: it may have moved or not."""
    now = await face.teams.set_autopilot(team, scope, subject, is_on=is_on, by=user)
    face.homes.change(team)
    log.info("autopilot.switched", team=team, scope=scope, subject=subject, is_on=now, by=user)
    return now


async def _channel(client: AsyncWebClient, name: str) -> ChannelId | None:
    """The channel that was typed: as Slack writes a reference, or as people write its name."""
    if reference := re.fullmatch(r"<#(\w+)(?:\|[^>]*)?>", name):
        return ChannelId(reference[1].upper())
    found = await named(client, name.removeprefix("#"))
    return None if found is None else ChannelId(found)


async def _overview(face: Face, team: TeamId) -> Message:
    return autopilot.overview(
        is_on=await face.teams.autopilot(team),
        channels_off=await face.teams.channels_off(team),
        workflows=await face.workflows.current(team),
        on=await face.teams.switched_on(team),
    )


async def _wanted(face: Face, team: TeamId, names: Sequence[str]) -> str:
    """Name the switch that was meant; what somebody typed is kept only where it is one."""
    if not names:
        return switch_subject(Scope.TEAM, team)
    scope = Scope.STEP if names[1:] else Scope.WORKFLOW
    for workflow in await face.workflows.current(team):
        if workflow.slug == names[0]:
            if scope is Scope.WORKFLOW:
                return switch_subject(scope, workflow.slug)
            if step := _step(workflow, names[1]):
                return switch_subject(scope, step_subject(workflow.slug, step.id))
    return switch_subject(scope, "unknown")


async def _confirmed(turned: Coroutine[Any, Any, Message], team: TeamId, *, is_on: bool) -> Message:
    try:
        return await within(turned)
    except DatabaseAway as error:
        log.warning("autopilot.not_confirmed", team=team, is_on=is_on, error=str(error))
        return commands.not_confirmed()


async def _switch(
    face: Face, team: TeamId, user: UserId, names: Sequence[str], *, is_on: bool
) -> Message:
    if not names:
        now = await turn(face, team, Scope.TEAM, team, user, is_on=is_on)
        return autopilot.switched(is_on=now)
    slug, *step_names = names
    workflows = await face.workflows.current(team)
    workflow = next((each for each in workflows if each.slug == slug), None)
    if workflow is None:
        return commands.unknown_sop(slug, workflows)
    if step_names:
        return await _switch_step(face, team, user, workflow, step_names[0], is_on=is_on)
    now = await turn(face, team, Scope.WORKFLOW, slug, user, is_on=is_on)
    team_on = await face.teams.autopilot(team)
    return autopilot.switched(is_on=now, workflow=workflow, team_on=team_on)


async def _switch_step(
    face: Face, team: TeamId, user: UserId, workflow: Workflow, name: str, *, is_on: bool
) -> Message:
    step = _step(workflow, name)
    if step is None:
        return commands.unknown_step(name, workflow)
    if is_on and not _may_run_by_itself(step):
        return autopilot.never_automatic(step, workflow)
    subject = step_subject(workflow.slug, step.id)
    now = await turn(face, team, Scope.STEP, subject, user, is_on=is_on)
    team_on = await face.teams.autopilot(team)
    return autopilot.switched(is_on=now, workflow=workflow, step=step, team_on=team_on)


def _step(workflow: Workflow, name: str) -> Step | None:
    return next((each for each in workflow.definition.steps if each.id.lower() == name), None)


def _may_run_by_itself(step: Step) -> bool:
    return step.kind is StepKind.ACTION and step.mode is StepMode.AUTO
