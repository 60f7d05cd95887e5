"""The sockets at their end."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.metrics import Metrics
from livesop_bot.sandbox.faults import AnswerStatus
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


@pytest.mark.parametrize("is_there", [True, False])
async def test_a_slack_that_refuses_or_is_away_is_no_error_of_ours(
    log_events: list[Any], caplog: pytest.LogCaptureFixture, *, is_there: bool
) -> None:
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(DeadLine())
        slack.faults.add("open", AnswerStatus(503))
        url = slack.url
        if not is_there:
            await stack.aclose()
        client = SocketClient(
            app_token="xapp-1",
            web_client=AsyncWebClient(base_url=f"{url}/"),
            on_event=lambda *_: None,
        )
        connecting = asyncio.create_task(client.connect())  # type: ignore[no-untyped-call]
        async with asyncio.timeout(10):
            while not log_events:  # noqa: ASYNC110  nothing tells of it
                await asyncio.sleep(0.01)
        connecting.cancel()
        await asyncio.wait({connecting})
        await client.close()  # type: ignore[no-untyped-call]
    assert {(one["event"], one["log_level"]) for one in log_events} == {
        ("socket.not_connected", "warning")
    }
    assert caplog.records == []
