"""Response URLs: a few answers to an interaction, for half an hour."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from aiohttp import web

from livesop_bot.sandbox.chat_methods import content
from livesop_bot.sandbox.timing import Timing
from livesop_bot.sandbox.wire import ApiError, JsonObject
from livesop_bot.sandbox.workspace import Workspace


@dataclass(slots=True, kw_only=True)
class Place:
    """Where an interaction happened: channel, person, and the message it was on, if any."""

    channel: str
    user: str
    message_ts: str | None = None
    thread_ts: str | None = None
    is_ephemeral: bool = False
    deadline: float = field(default=0.0)
    uses_left: int = field(default=0)


class ResponseUrls:
    """Hands them out and takes what is posted to them."""

    def __init__(self, workspace: Workspace, timing: Timing, address: Callable[[], str]) -> None:
        self._workspace, self._timing, self._address = workspace, timing, address
        self._places: dict[str, Place] = {}

    def register(self, app: web.Application) -> None:
        """Serve them."""
        app.router.add_post("/response/{key}", self._handle)

    def issue(self, place: Place) -> str:
        """A URL that answers at this place."""
        place.deadline = time.monotonic() + self._timing.response_url_life
        place.uses_left = self._timing.response_url_uses
        key = uuid4().hex
        self._places[key] = place
        return f"{self._address()}/response/{key}"

    async def _handle(self, request: web.Request) -> web.Response:
        place = self._places.get(request.match_info["key"])
        if place is None or time.monotonic() > place.deadline:
            return web.json_response({"ok": False, "error": "expired_url"}, status=404)
        if place.uses_left == 0:
            return web.json_response({"ok": False, "error": "used_url"}, status=404)
        try:
            answer: Any = json.loads(await request.read())
        except ValueError:
            return web.json_response({"ok": False, "error": "invalid_payload"}, status=400)
        if not isinstance(answer, dict):
            return web.json_response({"ok": False, "error": "invalid_payload"}, status=400)
        place.uses_left -= 1
        try:
            self.apply(place, answer)
        except ApiError as error:
            return web.json_response(error.body(), status=200)
        return web.json_response({"ok": True})

    def apply(self, place: Place, answer: JsonObject) -> None:
        """Do what an answer says: delete or replace the original, or write a new message."""
        if answer.get("delete_original"):
            self._delete_original(place)
            return
        text, fields = content(answer)
        if answer.get("replace_original") and place.message_ts is not None:
            self._replace_original(place, text, fields)
            return
        thread_ts = answer.get("thread_ts")
        if answer.get("response_type") == "in_channel":
            bot = self._workspace.bot.user_id
            self._workspace.post(place.channel, bot, text, thread_ts=thread_ts, **fields)
            return
        self._show(place, text, fields, thread_ts=thread_ts)

    def _show(
        self,
        place: Place,
        text: str,
        fields: JsonObject,
        *,
        ts: str | None = None,
        thread_ts: str | None = None,
    ) -> None:
        if thread_ts := thread_ts or place.thread_ts:
            fields["thread_ts"] = thread_ts
        channel = self._workspace.channel(place.channel)
        self._workspace.ephemerals.show(channel, place.user, text, ts=ts, **fields)

    def _delete_original(self, place: Place) -> None:
        if place.message_ts is None:
            raise ApiError("cant_delete_message")
        if place.is_ephemeral:
            self._workspace.ephemerals.hide(place.message_ts)
        else:
            self._workspace.delete(place.channel, place.message_ts)

    def _replace_original(self, place: Place, text: str, fields: JsonObject) -> None:
        assert place.message_ts is not None
        if place.is_ephemeral:
            self._show(place, text, fields, ts=place.message_ts)
        else:
            fields.setdefault("blocks", None)
            self._workspace.edit(place.channel, place.message_ts, text=text, **fields)
