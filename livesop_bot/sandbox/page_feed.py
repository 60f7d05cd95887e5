"""The pages' pushes: each open page hears what the person it acts as can see."""

import asyncio
import json
from contextlib import suppress

from aiohttp import WSMsgType, web

from livesop_bot.sandbox.changes import (
    Change,
    Deleted,
    Edited,
    EphemeralGone,
    EphemeralShown,
    Grown,
    HomePublished,
    Posted,
    Reacted,
    ViewClosed,
    ViewShown,
)
from livesop_bot.sandbox.people import Channel
from livesop_bot.sandbox.wire import JsonObject

PAGE_HEARTBEAT = 20.0
"""Seconds between pings that find out whether a page is still there."""


class PageFeed:
    """All pages that are open."""

    def __init__(self) -> None:
        self._pages: dict[asyncio.Queue[str | None], str] = {}

    async def serve(self, request: web.Request, user_id: str) -> web.WebSocketResponse:
        """Push to one page, acting as this person, until it goes."""
        socket = web.WebSocketResponse(heartbeat=PAGE_HEARTBEAT)
        await socket.prepare(request)
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._pages[queue] = user_id
        writer = asyncio.create_task(_write(queue, socket))
        try:
            while (await socket.receive()).type is WSMsgType.TEXT:
                pass  # pages have nothing to say here; they use the verbs
        finally:
            del self._pages[queue]
            writer.cancel()
            with suppress(asyncio.CancelledError):
                await writer
        return socket

    def stop(self) -> None:
        """Say goodbye to every page."""
        for queue in self._pages:
            queue.put_nowait(None)

    def tell(self, change: Change) -> None:
        """Push a change to those who see it."""
        match change:
            case Posted(channel, message):
                self._to_channel(channel, {"push": "message", "message": message})
            case Edited(channel, message) | Grown(channel, message) | Reacted(channel, message):
                self._to_channel(channel, {"push": "message_changed", "message": message})
            case Deleted(channel, previous):
                self._to_channel(channel, {"push": "message_deleted", "ts": previous["ts"]})
            case EphemeralShown(channel, user, message):
                self._to(
                    user,
                    {
                        "push": "ephemeral",
                        "channel": channel.id,
                        "user": user,
                        "message": message,
                    },
                )
            case EphemeralGone(channel, user, ts):
                self._to(
                    user,
                    {"push": "ephemeral_deleted", "channel": channel.id, "user": user, "ts": ts},
                )
            case HomePublished(user, view):
                self._to(user, {"push": "home", "user": user, "view": view})
            case ViewShown(how, user, view):
                self._to(
                    user,
                    {
                        "push": f"view_{how}",
                        "user": user,
                        "view": view,
                        "view_id": view["id"],
                        "root_view_id": view["root_view_id"],
                    },
                )
            case ViewClosed(user, view_id, everything):
                self._to(
                    user,
                    {"push": "view_closed", "user": user, "view_id": view_id, "all": everything},
                )
            case _:
                pass

    def connections(self, count: int) -> None:
        """Push how many sockets the bot has open."""
        self._to(None, {"push": "connections", "count": count})

    def _to_channel(self, channel: Channel, push: JsonObject) -> None:
        self._to(channel.user if channel.is_im else None, {"channel": channel.id, **push})

    def _to(self, user_id: str | None, push: JsonObject) -> None:
        """To the pages of one person, or with None to all."""
        queues = [q for q, user in self._pages.items() if user_id in (None, user)]
        if queues:
            frame = json.dumps(push)
            for queue in queues:
                queue.put_nowait(frame)


async def _write(queue: asyncio.Queue[str | None], socket: web.WebSocketResponse) -> None:
    with suppress(ConnectionError):  # the reader notices it too and ends the page
        while (frame := await queue.get()) is not None:
            await socket.send_str(frame)
        await socket.close()
