"""Files that people share: what messages say of them, files.info, and their download."""

import mimetypes
from dataclasses import dataclass
from pathlib import PurePath
from typing import Protocol

from aiohttp import web

from livesop_bot.sandbox.method import Method, required
from livesop_bot.sandbox.wire import ApiError, JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedFile:
    """A file as it was uploaded."""

    id: str
    name: str
    content: bytes

    def json(self, user_id: str, base: str) -> JsonObject:
        """As messages and files.info show it; `base` is where files are served."""
        kind = mimetypes.guess_type(self.name)[0] or "application/octet-stream"
        return {
            "id": self.id,
            "created": 1700000000,
            "name": self.name,
            "title": self.name,
            "mimetype": kind,
            "filetype": PurePath(self.name).suffix.removeprefix(".") or "text",
            "user": user_id,
            "mode": "hosted",
            "is_external": False,
            "size": len(self.content),
            "url_private": f"{base}{self.id}/{self.name}",
            "url_private_download": f"{base}{self.id}/download/{self.name}",
            "file_access": "visible",
        }


class Holder(Protocol):
    """Who has the files: the workspace."""

    files: dict[str, SharedFile]
    files_url: str


def methods(holder: Holder) -> dict[str, Method]:
    """The methods by name."""

    def info(args: JsonObject) -> JsonObject:
        file = holder.files.get(required(args, "file"))
        if file is None:
            raise ApiError("file_not_found")
        return {"file": file.json("USLACKBOT", holder.files_url)}

    return {"files.info": Method(info, "files:read")}


def download(file: SharedFile | None, *, allowed: bool) -> web.Response:
    """Answer a download as Slack does: without rights it sends people to the login page."""
    if file is None:
        return web.Response(status=404, text="Not found")
    if not allowed:
        return web.Response(status=302, headers={"Location": "/?redir=file"})
    return web.Response(body=file.content, content_type="application/octet-stream")
