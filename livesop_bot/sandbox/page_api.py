"""The browser's side: the page's files, its verbs, and the socket that pushes changes.

Only the server's own page may use it: every request must name a host of this server, and a
browser's Origin must be the same.
"""

import base64
import json
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any

import structlog
from aiohttp import web

from livesop_bot.sandbox.chat_methods import TEXT_LIMIT
from livesop_bot.sandbox.compose import as_slack_text
from livesop_bot.sandbox.faults import AnswerStatus, Faults
from livesop_bot.sandbox.interactions import Interactions
from livesop_bot.sandbox.method import flag, optional, required
from livesop_bot.sandbox.page_feed import PageFeed
from livesop_bot.sandbox.page_state import page_state
from livesop_bot.sandbox.people import Channel
from livesop_bot.sandbox.socket_mode import SocketMode
from livesop_bot.sandbox.wire import ApiError, JsonObject
from livesop_bot.sandbox.workspace import Workspace

log = structlog.get_logger()

Verb = Callable[[JsonObject], Awaitable[JsonObject]]

CSP = (
    "default-src 'self'; img-src 'self' data:; style-src 'self'; connect-src 'self' {socket}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
CONTENT_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}
WORDS = {
    "dispatch_failed": "{name} failed with the error “dispatch_failed”: no app is connected.",
    "operation_timeout": "{name} failed with the error “operation_timeout”: no answer within 3 s.",
    "unknown_command": "{name} is not a valid command.",
    "user_not_found": "There is no such person.",
    "channel_not_found": "There is no such channel.",
    "message_not_found": "The message is gone.",
    "not_found": "This is no longer open.",
}


class PageApi:
    """Everything under `/`, `/page/`."""

    def __init__(
        self,
        workspace: Workspace,
        socket_mode: SocketMode,
        interactions: Interactions,
        faults: Faults,
        host: str,
    ) -> None:
        self._workspace, self._socket_mode = workspace, socket_mode
        self._interactions, self._faults = interactions, faults
        self._hosts = {host, "127.0.0.1", "localhost", "::1"}
        self._folder = files("livesop_bot.sandbox") / "page"
        self.feed = PageFeed()
        self._verbs: dict[str, Verb] = {
            "state": self._state,
            "post_message": self._post_message,
            "share_file": self._share_file,
            "edit_message": self._edit_message,
            "delete_message": self._delete_message,
            "dismiss": self._dismiss,
            "command": self._command,
            "open_home": self._open_home,
            "block_action": self._block_action,
            "view_submit": self._view_submit,
            "view_close": self._view_close,
            "message_shortcut": self._message_shortcut,
            "fault": self._fault,
        }

    def register(self, app: web.Application) -> None:
        """Serve the page and its verbs."""
        app.router.add_get("/", self._file)
        app.router.add_get("/page/socket", self._socket)
        app.router.add_post("/page/api/{verb}", self._handle)
        app.router.add_get("/page/{name}", self._file)

    def _admit(self, request: web.Request) -> None:
        """Keep other web pages out (DNS rebinding, cross-site requests)."""
        name = request.url.host
        origin = request.headers.get("Origin")
        if name not in self._hosts or origin not in (None, f"http://{request.host}"):
            raise web.HTTPForbidden(text="This page belongs to another address.")

    async def _file(self, request: web.Request) -> web.Response:
        self._admit(request)
        name = request.match_info.get("name", "index.html")
        suffix = name[name.rfind(".") :]
        file = self._folder / name
        if suffix not in CONTENT_TYPES or "/" in name or "\\" in name or not file.is_file():
            raise web.HTTPNotFound
        return web.Response(
            body=file.read_bytes(),
            content_type=CONTENT_TYPES[suffix],
            charset="utf-8",
            headers={
                "Cache-Control": "no-store",
                "Content-Security-Policy": CSP.format(socket=f"ws://{request.host}"),
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "no-referrer",
            },
        )

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        self._admit(request)
        user_id = request.query.get("user", "")
        if user_id not in self._workspace.people:
            raise web.HTTPNotFound
        return await self.feed.serve(request, user_id)

    async def _handle(self, request: web.Request) -> web.Response:
        self._admit(request)
        verb = self._verbs.get(request.match_info["verb"])
        if verb is None:
            raise web.HTTPNotFound
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType
        try:
            body: Any = json.loads(await request.read())
        except ValueError:
            raise web.HTTPBadRequest from None
        if not isinstance(body, dict):
            raise web.HTTPBadRequest
        try:
            answer = {"ok": True, **await verb(body)}
        except ApiError as error:
            answer = {"ok": False, "error": _for_people(error, body)}
        return web.json_response(answer, headers={"Cache-Control": "no-store"})

    # -- verbs

    async def _state(self, body: JsonObject) -> JsonObject:
        first = next(iter(self._workspace.people))
        person = self._workspace.person(optional(body, "user") or first)
        return page_state(self._workspace, person, len(self._socket_mode.open))

    async def _post_message(self, body: JsonObject) -> JsonObject:
        channel = self._own_channel(body)
        thread_ts = optional(body, "thread_ts")
        message = self._workspace.post(
            channel.id, required(body, "user"), self._text(body), thread_ts=thread_ts
        )
        return {"ts": message["ts"]}

    async def _share_file(self, body: JsonObject) -> JsonObject:
        channel = self._own_channel(body)
        try:
            content = base64.b64decode(required(body, "content"), validate=True)
        except ValueError:
            raise ApiError("invalid_arguments", "The file did not arrive whole.") from None
        name = required(body, "name").replace("/", "_")
        message = self._workspace.share(channel.id, required(body, "user"), name, content)
        return {"ts": message["ts"]}

    def _own_channel(self, body: JsonObject) -> Channel:
        person = self._workspace.person(required(body, "user"))
        channel = self._workspace.channel(required(body, "channel"))
        if person.id not in channel.members:
            raise ApiError("channel_not_found")
        return channel

    def _text(self, body: JsonObject) -> str:
        text = required(body, "text").strip()
        if not text:
            raise ApiError("no_text", "There is nothing to send.")
        if len(text) > TEXT_LIMIT:
            raise ApiError(
                "msg_too_long",
                f"Too long: Slack takes {TEXT_LIMIT} characters. Share a file instead.",
            )
        return as_slack_text(text, self._workspace)

    def _own_message(self, body: JsonObject) -> tuple[Channel, JsonObject]:
        channel = self._own_channel(body)
        message = self._workspace.message(channel.id, required(body, "ts"))
        if message["user"] != body["user"]:
            raise ApiError("cant_update_message", "Only its author can change this message.")
        return channel, message

    async def _edit_message(self, body: JsonObject) -> JsonObject:
        (channel, message), text = self._own_message(body), self._text(body)
        if text != message["text"]:
            self._workspace.edit(channel.id, message["ts"], by=message["user"], text=text)
        return {}

    async def _delete_message(self, body: JsonObject) -> JsonObject:
        channel, message = self._own_message(body)
        self._workspace.delete(channel.id, message["ts"])
        return {}

    async def _dismiss(self, body: JsonObject) -> JsonObject:
        ts, shown = required(body, "ts"), self._workspace.ephemerals
        if ts not in shown or shown[ts].user != required(body, "user"):
            raise ApiError("message_not_found")
        shown.hide(ts)
        return {}

    async def _command(self, body: JsonObject) -> JsonObject:
        channel = self._own_channel(body)
        await self._interactions.command(body["user"], channel.id, required(body, "text"))
        return {"delivered": True}

    async def _open_home(self, body: JsonObject) -> JsonObject:
        self._workspace.open_home(required(body, "user"), optional(body, "tab") or "home")
        return {}

    async def _block_action(self, body: JsonObject) -> JsonObject:
        container, action, state = (body.get(name) for name in ("container", "action", "state"))
        if not (isinstance(container, dict) and isinstance(action, dict)):
            raise ApiError("invalid_arguments", "container and action must be objects")
        await self._interactions.block_action(required(body, "user"), container, action, state)
        return {}

    async def _view_submit(self, body: JsonObject) -> JsonObject:
        values = body.get("values")
        if not isinstance(values, dict):
            raise ApiError("invalid_arguments", "values must be an object")
        errors = await self._interactions.submit(
            required(body, "user"), required(body, "view_id"), values
        )
        return {"errors": errors} if errors else {}

    async def _view_close(self, body: JsonObject) -> JsonObject:
        user_id, view_id = required(body, "user"), required(body, "view_id")
        await self._interactions.close(user_id, view_id, clear=flag(body, "all"))
        return {}

    async def _message_shortcut(self, body: JsonObject) -> JsonObject:
        channel = self._own_channel(body)
        await self._interactions.message_shortcut(
            body["user"], channel.id, required(body, "ts"), required(body, "callback_id")
        )
        return {}

    async def _fault(self, body: JsonObject) -> JsonObject:
        """Try a fault by hand; what is switched on stays on until `clear`."""
        match required(body, "kind"):
            case "refresh":
                self._socket_mode.disconnect()
            case "cut":
                self._socket_mode.cut()
            case "silence":
                self._socket_mode.silence()
            case "no_handshakes":
                self._faults.refuse_handshakes = True
            case "drop_acks":
                self._faults.drop_acks = True
            case "duplicates":
                self._faults.copies = 1
            case "api_down":
                self._faults.every_method = AnswerStatus(503)
            case "clear":
                self._faults.clear()
            case other:
                raise ApiError("invalid_arguments", f"There is no fault called {other}.")
        return {}


def _for_people(error: ApiError, body: JsonObject) -> str:
    text = body.get("text")
    name = text.split()[0] if isinstance(text, str) and text.startswith("/") else "The app"
    if error.code in WORDS:
        return WORDS[error.code].format(name=name)
    return error.messages[0] if error.messages else f"{name} failed with “{error.code}”."
