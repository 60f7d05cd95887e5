"""The browser's side: the page's files, its verbs, and the socket that pushes changes.

Only the server's own page may use it: every request must name a host of this server, and a
browser's Origin must be the same.
"""

import json
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any

import structlog
from aiohttp import web

from livesop_bot.sandbox.compose import as_slack_text
from livesop_bot.sandbox.interactions import Interactions
from livesop_bot.sandbox.page_feed import PageFeed
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
    ".png": "image/png",
    ".json": "application/json",
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
        host: str,
    ) -> None:
        self._workspace, self._socket_mode = workspace, socket_mode
        self._interactions = interactions
        self._hosts = {host, "127.0.0.1", "localhost", "::1"}
        self._folder = files("livesop_bot.sandbox") / "page"
        self._feed = PageFeed()
        self._verbs: dict[str, Verb] = {
            "state": self._state,
            "post_message": self._post_message,
            "edit_message": self._edit_message,
            "delete_message": self._delete_message,
            "command": self._command,
            "open_home": self._open_home,
            "block_action": self._block_action,
            "view_submit": self._view_submit,
            "view_close": self._view_close,
            "message_shortcut": self._message_shortcut,
        }

    def register(self, app: web.Application) -> None:
        """Serve the page and its verbs, and begin to listen for changes."""
        app.router.add_get("/", self._file)
        app.router.add_get("/page/socket", self._socket)
        app.router.add_post("/page/api/{verb}", self._handle)
        app.router.add_get("/page/{name}", self._file)
        self._workspace.listen(self._feed.tell)
        self._socket_mode.on_connections.append(self._feed.connections)

    async def stop(self) -> None:
        """Close the pages' sockets."""
        self._feed.stop()

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
            charset="utf-8" if suffix != ".png" else None,
            headers={
                "Cache-Control": "no-store",
                "Content-Security-Policy": CSP.format(socket=f"ws://{request.host}"),
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "no-referrer",
            },
        )

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        self._admit(request)
        return await self._feed.serve(request, request.query.get("user", ""))

    async def _handle(self, request: web.Request) -> web.Response:
        self._admit(request)
        verb = self._verbs.get(request.match_info["verb"])
        if verb is None:
            raise web.HTTPNotFound
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType
        body: Any = None
        try:
            body = json.loads(await request.read())
            answer = {"ok": True, **await verb(body)}
        except ApiError as error:
            answer = {"ok": False, "error": _for_people(error, body)}
        except (KeyError, TypeError, ValueError) as error:
            log.info("sandbox.page_request_refused", path=request.path, exc_info=error)
            answer = {"ok": False, "error": f"The request is not complete: {error}"}
        return web.json_response(answer, headers={"Cache-Control": "no-store"})

    # -- verbs

    def _visible(self, user_id: str) -> list[Channel]:
        self._workspace.direct_channel(user_id)
        return [c for c in self._workspace.channels.values() if not c.is_im or c.user == user_id]

    async def _state(self, body: JsonObject) -> JsonObject:
        workspace, user_id = self._workspace, body["user"]
        team, bot = workspace.team, workspace.bot
        users = [
            {
                "id": person.id,
                "name": person.name,
                "real_name": person.real_name,
                "title": person.title,
                "is_admin": person.is_admin,
                "is_bot": False,
                "color": person.color,
                "initials": person.initials,
            }
            for person in workspace.people.values()
        ]
        users.append(
            {
                "id": bot.user_id,
                "name": bot.name,
                "real_name": bot.real_name,
                "title": "App",
                "is_admin": False,
                "is_bot": True,
                "color": bot.color,
                "initials": bot.real_name[:2].upper(),
            }
        )
        visible = self._visible(user_id)
        return {
            "team": {"id": team.id, "name": team.name, "url": team.url},
            "me": next(user for user in users if user["id"] == user_id),
            "users": users,
            "channels": [
                {
                    "id": channel.id,
                    "name": channel.name,
                    "topic": channel.topic,
                    "is_im": channel.is_im,
                    "is_member": user_id in channel.members,
                }
                for channel in visible
            ],
            "messages": {channel.id: list(channel.messages.values()) for channel in visible},
            "ephemerals": [
                {"channel": shown.channel.id, "user": user_id, "message": shown.message}
                for shown in workspace.ephemerals.values()
                if shown.user == user_id
            ],
            "home": workspace.views.homes.get(user_id),
            "bot": {
                "user_id": bot.user_id,
                "name": bot.name,
                "connections": len(self._socket_mode.open),
            },
            "commands": [
                {
                    "command": command.command,
                    "description": command.description,
                    "usage_hint": command.usage_hint,
                }
                for command in workspace.commands
            ],
            "tour": [
                {
                    "title": stop.title,
                    "channel": stop.channel,
                    "user": stop.user,
                    "text": stop.text,
                    "note": stop.note,
                }
                for stop in workspace.tour
            ],
        }

    async def _post_message(self, body: JsonObject) -> JsonObject:
        channel = self._own_channel(body)
        text = self._text(body)
        thread_ts = body.get("thread_ts") or None
        message = self._workspace.post(channel.id, body["user"], text, thread_ts=thread_ts)
        return {"ts": message["ts"]}

    def _own_channel(self, body: JsonObject) -> Channel:
        person = self._workspace.person(body["user"])
        channel = self._workspace.channel(body["channel"])
        if person.id not in channel.members:
            raise ApiError("channel_not_found")
        return channel

    def _text(self, body: JsonObject) -> str:
        text = str(body["text"]).strip()
        if not text:
            raise ApiError("no_text", "There is nothing to send.")
        return as_slack_text(text, self._workspace)

    def _own_message(self, body: JsonObject) -> JsonObject:
        message = self._workspace.message(body["channel"], body["ts"])
        if message["user"] != body["user"]:
            raise ApiError("cant_update_message", "Only its author can change this message.")
        return message

    async def _edit_message(self, body: JsonObject) -> JsonObject:
        text = self._text(body)
        if text != self._own_message(body)["text"]:
            self._workspace.edit(body["channel"], body["ts"], by=body["user"], text=text)
        return {}

    async def _delete_message(self, body: JsonObject) -> JsonObject:
        self._own_message(body)
        self._workspace.delete(body["channel"], body["ts"])
        return {}

    async def _command(self, body: JsonObject) -> JsonObject:
        channel = self._own_channel(body)
        await self._interactions.command(body["user"], channel.id, str(body["text"]))
        return {"delivered": True}

    async def _open_home(self, body: JsonObject) -> JsonObject:
        self._workspace.open_home(body["user"], body.get("tab", "home"))
        return {}

    async def _block_action(self, body: JsonObject) -> JsonObject:
        await self._interactions.block_action(
            body["user"], body["container"], body["action"], body.get("state")
        )
        return {}

    async def _view_submit(self, body: JsonObject) -> JsonObject:
        errors = await self._interactions.submit(body["user"], body["view_id"], body["values"])
        return {"errors": errors} if errors else {}

    async def _view_close(self, body: JsonObject) -> JsonObject:
        clear = body.get("all") is True
        await self._interactions.close(body["user"], body["view_id"], clear=clear)
        return {}

    async def _message_shortcut(self, body: JsonObject) -> JsonObject:
        await self._interactions.message_shortcut(
            body["user"], body["channel"], body["ts"], body["callback_id"]
        )
        return {}


def _for_people(error: ApiError, body: Any) -> str:
    name = "The app"
    if isinstance(body, dict) and str(body.get("text", "")).startswith("/"):
        name = str(body["text"]).split()[0]
    words = error.messages[0] if error.messages else f"{name} failed with “{error.code}”."
    return WORDS.get(error.code, words).format(name=name)
