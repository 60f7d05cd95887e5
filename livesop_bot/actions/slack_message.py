"""The action `slack_message`: a message in the thread, in a channel, or to the requester."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from aiohttp import ClientConnectorError, ConnectionTimeoutError
from cachetools import TTLCache
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.keyed_message import find_keyed, post_keyed
from livesop_bot.actions.kind import Kind, Tools, looking
from livesop_bot.actions.slack_calls import slack_errors
from livesop_bot.domain.action_fields import filled
from livesop_bot.domain.actions import ActionRequest, Receipt
from livesop_bot.domain.occasion import THREAD
from livesop_bot.domain.workflows import ActionKind
from livesop_bot.errors import (
    ActionDelayed,
    ActionInDoubt,
    ActionRefused,
    SlackAway,
    SlackBusy,
    SlackRefused,
)
from livesop_bot.views.blocks import clip, escape

_EVENT_TYPE = "livesop_action"
_CLOCKS_APART = timedelta(minutes=5)
"""How far Slack's clock may be from ours, at most."""
_REMEMBERED_S = 300
_PAGE = 200
_PERSON = re.compile(r"[UW][A-Z0-9]{1,29}")
_CHANNEL = re.compile(r"[CDG][A-Z0-9]{1,29}")

_ADVICE = {
    "channel_not_found": "it knows no such channel; invite LiveSOP there, or change the SOP",
    "not_in_channel": "LiveSOP is not in the channel; invite it with /invite",
    "is_archived": "the channel is archived; change the SOP",
    "restricted_action": "the workspace's settings let LiveSOP not post there",
    "thread_not_found": "the thread is gone",
    "user_not_found": "it does not know the person",
    "user_disabled": "the person's account was deactivated",
    "cannot_dm_bot": "the message came from an app, which gets no direct messages",
    "missing_scope": "a permission is missing; reinstall the app with the newest manifest",
} | dict.fromkeys(
    ("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"),
    "the token is not valid; set SLACK_BOT_TOKEN",
)


class SlackMessage:
    """Posts messages. `client` must not retry by itself."""

    name = ActionKind.SLACK_MESSAGE

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._ids: TTLCache[str, str] = TTLCache(maxsize=1_000, ttl=_REMEMBERED_S)

    def render(self, fields: Mapping[str, str], values: Mapping[str, str]) -> ActionRequest:
        """Values are escaped, so that none can mention, broadcast or link."""
        done = filled(self.name, fields, values, escape=_escaped, cut=clip)
        where, words = _place(done["channel"], values)
        return ActionRequest(
            kind=self.name,
            words=f"Post {words}",
            preview=filled(self.name, fields, values)["text"],
            body={**where, "words": words, "text": done["text"]},
        )

    async def find(self, request: ActionRequest, key: UUID, tried_at: datetime) -> Receipt | None:
        """The key is in the message's metadata."""
        oldest = f"{(tried_at - _CLOCKS_APART).timestamp():.6f}"
        thread_ts = request.body.get("thread_ts")
        with looking(), _slack_outcomes():
            channel = await self._channel(request.body)
            ts = await find_keyed(self._client, key, channel, thread_ts=thread_ts, oldest=oldest)
        return None if ts is None else await self._receipt(request, channel, ts)

    async def perform(self, request: ActionRequest, key: UUID) -> Receipt:
        """Finding the channel posts nothing, so that no doubt comes of it."""
        with _slack_outcomes(in_doubt=False):
            channel = await self._channel(request.body)
        with _slack_outcomes():
            ts = await post_keyed(
                self._client,
                key,
                channel,
                event_type=_EVENT_TYPE,
                text=request.body["text"],
                thread_ts=request.body.get("thread_ts"),
            )
        return await self._receipt(request, channel, ts)

    async def _channel(self, body: Mapping[str, Any]) -> str:
        if person := body.get("person"):
            with slack_errors():
                opened = await self._client.conversations_open(users=person)
            return str(opened["channel"]["id"])
        channel = str(body["channel"])
        return await self._id(channel) if channel.startswith("#") else channel

    async def _id(self, name: str) -> str:
        """The id of a public channel that LiveSOP is in; look-ups need it where posts do not."""
        cursor: str | None = None
        while (known := self._ids.get(name)) is None:
            with slack_errors():
                page = await self._client.users_conversations(
                    types="public_channel", exclude_archived=True, limit=_PAGE, cursor=cursor
                )
            found = {f"#{one['name']}": str(one["id"]) for one in page.get("channels") or ()}
            self._ids.update(found)
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if name not in found and not cursor:
                raise ActionRefused(
                    f"LiveSOP is in no public channel {name}: invite it there, or give a private "
                    "channel by its id."
                )
        return known

    async def _receipt(self, request: ActionRequest, channel: str, ts: str) -> Receipt:
        try:
            with slack_errors():
                found = await self._client.chat_getPermalink(channel=channel, message_ts=ts)
            link = str(found["permalink"])
        except (SlackAway, SlackRefused):
            link = None  # it was posted all the same
        words = f"Posted {request.body['words']}"
        return Receipt(id=ts, words=words, link=link, response={"channel": channel})


def make(tools: Tools) -> Kind:
    return SlackMessage(tools.slack)


def _place(channel: str, values: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """Where a message goes, for the body and in words."""
    if channel == "thread":
        at, thread_ts = values.get("message.channel", ""), values.get(THREAD, "")
        if not (_CHANNEL.fullmatch(at) and thread_ts):
            raise ActionRefused("The message is not from Slack, so that it has no thread.")
        return {"channel": at, "thread_ts": thread_ts}, "in the thread"
    if channel.startswith("dm:"):
        person = values.get("message.author", "")
        if not _PERSON.fullmatch(person):
            raise ActionRefused("No person wrote the message, so that there is nobody to write to.")
        return {"person": person}, "to the requester"
    return {"channel": channel}, f"in {channel}"


def _escaped(name: str, value: str) -> str:
    if name == "message.author" and _PERSON.fullmatch(value):
        return f"<@{value}>"
    if name == "message.channel" and _CHANNEL.fullmatch(value):
        return f"<#{value}>"
    return escape(value)


@contextmanager
def _slack_outcomes(*, in_doubt: bool = True) -> Iterator[None]:
    """Slack's ways of failing, by what they say about whether it was done."""
    try:
        yield
    except SlackBusy as error:
        raise ActionDelayed(str(error), error.retry_after) from error
    except SlackAway as error:
        unreached = isinstance(error.__cause__, ClientConnectorError | ConnectionTimeoutError)
        if unreached or not in_doubt:
            raise ActionDelayed(str(error), error.retry_after) from error
        raise ActionInDoubt(str(error), error.retry_after) from error
    except SlackRefused as error:
        advice = _ADVICE.get(error.code, "change the SOP, or ask an admin of the workspace")
        raise ActionRefused(f"Slack refused ({error.code}): {advice}.") from error
