"""Knowledge: `/livesop kb` and `/livesop search`, the shortcut “Add to knowledge”, and the form."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.slack_calls import slack_errors
from livesop_bot.db.documents import Added
from livesop_bot.domain.knowledge import DocumentId
from livesop_bot.domain.message_text import as_read
from livesop_bot.domain.rights import Role
from livesop_bot.domain.signals import ChannelId, MessageTs, TeamId, UserId
from livesop_bot.errors import DatabaseAway, DocumentRefused, SlackAway, SlackRefused
from livesop_bot.slack.listeners import message_link
from livesop_bot.slack.listeners.boundary import boundary
from livesop_bot.slack.listeners.face import Face, team_of, within
from livesop_bot.slack.listeners.home.frame import changed_below
from livesop_bot.slack.listeners.whisper import whisper
from livesop_bot.slack.pointed_message import message_at, permalink_of
from livesop_bot.views import commands, knowledge
from livesop_bot.views.blocks import Message
from livesop_bot.views.ids import ActionId, BlockId, CallbackId

log = structlog.get_logger()

_FILE_S = 30.0
"""Seconds that storing a file may take; nobody waits for an ack then."""

_FOUND, _LOOKED_AT = 5, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Who typed what after `kb` or `search`, where; `text` is the line as it was typed."""

    team: TeamId
    user: UserId
    channel: ChannelId
    text: str


def register(app: AsyncApp, face: Face) -> None:
    """Answer to the shortcut and the form."""

    @app.message_shortcut(CallbackId.KNOWLEDGE_SHORTCUT.value)
    async def shortcut(
        ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        answer = whisper(respond)
        await ack()
        async with boundary(body, lambda: answer(commands.went_wrong())):
            place = ChannelId(body["channel"]["id"]), MessageTs(body["message"]["ts"])
            text = as_read(body["message"].get("text") or "")
            user = UserId(body["user"]["id"])
            if body["message"].get("files") or len(text) > knowledge.FORM_TEXT:
                message = await _add_message(
                    face, client, team_of(body), user, place, body["message"]
                )
                await answer(message)
            else:
                form = knowledge.form(text=text, metadata=json.dumps(place))
                with slack_errors():
                    await client.views_open(trigger_id=body["trigger_id"], view=form)

    @app.view(CallbackId.KNOWLEDGE_FORM.value)
    async def submitted(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        async def complain(why: str) -> None:
            await ack(response_action="errors", errors={BlockId.KNOWLEDGE_TEXT.value: why})

        async with boundary(body, lambda: complain("Something went wrong; please try again.")):
            try:
                added = await _add_form(face, client, team_of(body), body)
            except DocumentRefused as error:
                await complain(str(error))
            except DatabaseAway:
                await complain("The database did not answer. Please try again in a moment.")
            else:
                message = _confirmed(face, team_of(body), added)
                await ack(response_action="update", view=knowledge.done(message))
                await changed_below(client, face, body)


async def answer(
    face: Face, client: AsyncWebClient, request: Request, trigger_id: str
) -> Message | None:
    """Answer `kb …`; None where a form opens instead. It may take longer than an ack may."""
    word, _, rest = request.text.strip().partition(" ")
    rest = rest.strip()
    try:
        match word.lower():
            case "add" if not rest:
                with slack_errors():
                    await client.views_open(trigger_id=trigger_id, view=knowledge.form())
                return None
            case "add":
                return await _add(face, client, request, rest)
            case "list":
                return await within(_list(face, request.team))
            case "search" if rest:
                found = await face.retrieval.find_passages(request.team, rest, _FOUND)
                return knowledge.passages(found, rest)
            case "remove" if rest:
                return await _remove(face, request, rest)
            case _:
                return knowledge.usage()
    except DatabaseAway:
        return commands.database_away()


async def search(face: Face, request: Request) -> Message:
    """Answer `search …`: past cases that this person may read, with what came of them."""
    if not request.text.strip():
        return knowledge.search_usage()
    try:
        found = await face.retrieval.find_cases(request.team, request.text, _LOOKED_AT)
    except DatabaseAway:
        return commands.database_away()
    allowed = await asyncio.gather(
        *(
            face.readers.may_read(request.user, placed.channel, here=request.channel)
            for placed in found
        )
    )
    shown = [placed.case for placed, may in zip(found, allowed, strict=True) if may]
    return knowledge.past_cases(shown[:_FOUND], request.text)


async def _add(face: Face, client: AsyncWebClient, request: Request, text: str) -> Message:
    place = message_link.parse(text)
    if place is not None:
        channel, ts = place
        if not await face.readers.may_read(request.user, channel, here=request.channel):
            return knowledge.no_message()
        message = await message_at(client, channel, ts)
        if message is None:
            return knowledge.no_message()
        return await _add_message(face, client, request.team, request.user, place, message)
    try:
        added = await within(
            face.shelf.add_text(request.team, as_read(text), by=request.user, source="a note")
        )
    except DocumentRefused as error:
        return knowledge.refused("That text", str(error))
    return _confirmed(face, request.team, added)


async def _add_message(
    face: Face,
    client: AsyncWebClient,
    team: TeamId,
    user: UserId,
    place: tuple[ChannelId, MessageTs],
    message: Mapping[str, Any],
) -> Message:
    """Add the files that a message shares, or its text where it shares none."""
    link = await permalink_of(client, *place)
    files: Sequence[Mapping[str, Any]] = message.get("files") or ()
    answers = []
    for file in files[:10]:
        name = str(file.get("name") or file.get("title") or "A file")
        try:
            content = await face.files.read(file)
            storing = face.shelf.add_file(
                team, name, content, by=user, source=f"file {name}", link=link, message=place
            )
            answers.append(_confirmed(face, team, await within(storing, _FILE_S)))
        except DocumentRefused as error:
            answers.append(knowledge.refused(name, str(error)))
        except (SlackAway, SlackRefused) as error:
            log.warning("knowledge.file_not_read", team=team, error=str(error))
            answers.append(knowledge.refused(name, f"{error}. Please try again in a moment."))
        except DatabaseAway:
            answers.append(commands.database_away())
    if answers:
        return knowledge.together(answers)
    text = as_read(str(message.get("text") or ""))
    try:
        storing = face.shelf.add_text(
            team, text, by=user, source="a Slack message", link=link, message=place
        )
        return _confirmed(face, team, await within(storing))
    except DocumentRefused as error:
        return knowledge.refused("That message", str(error))
    except DatabaseAway:
        return commands.database_away()


async def _add_form(
    face: Face, client: AsyncWebClient, team: TeamId, body: Mapping[str, Any]
) -> Added:
    values, metadata = body["view"]["state"]["values"], body["view"].get("private_metadata")
    title, text = (
        values[block.value][action.value].get("value") or ""
        for block, action in (
            (BlockId.KNOWLEDGE_TITLE, ActionId.KNOWLEDGE_TITLE),
            (BlockId.KNOWLEDGE_TEXT, ActionId.KNOWLEDGE_TEXT),
        )
    )
    place = link = None
    if metadata and isinstance(where := json.loads(metadata), list):  # else it is Home's state
        channel, ts = where
        place = ChannelId(channel), MessageTs(ts)
        link = await permalink_of(client, *place)
    storing = face.shelf.add_text(
        team,
        text,
        title=title,
        by=body["user"]["id"],
        source="a note" if place is None else "a Slack message",
        link=link,
        message=place,
    )
    return await within(storing)


async def _list(face: Face, team: TeamId) -> Message:
    return knowledge.documents(
        await face.documents.list(team, knowledge.LISTED), await face.documents.count(team)
    )


async def _remove(face: Face, request: Request, number: str) -> Message:
    digits = number.removeprefix("#")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 18):
        return knowledge.unknown(number)
    id_ = DocumentId(int(digits))
    document = await within(face.documents.get(request.team, id_))
    if document is None:
        return knowledge.unknown(number)
    if document.added_by != request.user:
        try:
            if await face.people.role(request.team, request.user) is not Role.ADMIN:
                return knowledge.not_yours()
        except (SlackAway, SlackRefused) as error:
            log.warning("knowledge.admin_unknown", user=request.user, error=str(error))
            return knowledge.not_yours()
    await within(face.documents.remove(request.team, id_))
    face.homes.change(request.team)
    log.info("knowledge.removed", team=request.team, document=id_, by=request.user)
    return knowledge.removed(document)


def _confirmed(face: Face, team: TeamId, added: Added) -> Message:
    if added.is_new:
        face.homes.change(team)
        log.info("knowledge.added", document=added.document.id, chunks=added.document.chunks)
    return knowledge.added(added.document, is_new=added.is_new)
