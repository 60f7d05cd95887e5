"""The sockets at their end."""

import asyncio

from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.metrics import Metrics
from livesop_bot.slack.client import SocketClient
from livesop_bot.slack.sockets import Sockets
from tests.outside.loopback import Loopback


class DeadLine(Loopback):
    """A Slack whose sockets are established, and answer nothing from then on."""

    def __init__(self) -> None:
        super().__init__()
        self.route("POST", "/apps.connections.open", "open", self._open)
        self._app.router.add_get("/link", self._link)

    async def _open(self, _: web.Request) -> web.Response:
        return web.json_response({"ok": True, "url": f"{self.url}/link"})

    async def _link(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(autoclose=False, autoping=False)
        await socket.prepare(request)
        await self._stopped.wait()
        return socket


async def test_a_dead_line_does_not_hold_up_the_end() -> None:
    """aiohttp alone waits ten seconds for a goodbye, which is all the time that there is."""
    async with DeadLine() as slack:
        client = AsyncWebClient(base_url=f"{slack.url}/")

        def make_client() -> SocketClient:
            return SocketClient(
                app_token="xapp-1",
                web_client=client,
                on_event=lambda *_: None,
                on_refresh=lambda: None,
            )

        stop = asyncio.Event()
        sockets = Sockets(make_client, wanted=2, metrics=Metrics())
        running = asyncio.create_task(sockets.run(stop))
        async with asyncio.timeout(10):
            while sockets.connected < 2:  # noqa: ASYNC110  nothing tells of it
                await asyncio.sleep(0.01)
        stop.set()
        async with asyncio.timeout(6):
            await running
