"""A sandbox server with the real slack_sdk clients on its other side.

slack_sdk's socket client and Bolt's handler carry no annotations: hence the ignores.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, Protocol

import aiohttp
import pytest
import pytest_asyncio
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.sandbox.demo import demo_workspace
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.sandbox.socket_mode import round_robin
from livesop_bot.sandbox.timing import Timing

FAST = Timing(
    ack_deadline=0.2,
    retry_delays=(0.0, 0.05, 0.1),
    ticket_life=0.2,
    trigger_life=1.0,
    response_url_life=0.3,
    disconnect_grace=0.1,
)


@pytest_asyncio.fixture
async def serve() -> AsyncIterator[Callable[..., Awaitable[SlackServer]]]:
    """Start servers with their own timing; FAST where none is given."""
    async with AsyncExitStack() as stack:

        async def start(timing: Timing = FAST) -> SlackServer:
            server = SlackServer(demo_workspace(), timing=timing, choose=round_robin())
            return await stack.enter_async_context(server)

        yield start


@pytest_asyncio.fixture
async def server(serve: Callable[[], Awaitable[SlackServer]]) -> SlackServer:
    """A server with the demo workspace, whose times are short."""
    return await serve()


@pytest.fixture
def client(server: SlackServer) -> AsyncWebClient:
    """The bot's Web API client."""
    return AsyncWebClient(token=server.bot_token, base_url=server.api_url, timeout=5)


class Listen(Protocol):
    """How the fixture `listen` is called."""

    async def __call__(
        self, server: SlackServer, *, sockets: int = ..., ack: bool = ...
    ) -> list[SocketModeRequest]: ...


@pytest_asyncio.fixture
async def listen() -> AsyncIterator[Listen]:
    """Open sockets that ack, or not, and return the list that requests arrive in."""
    clients: list[SocketModeClient] = []

    async def open_sockets(
        server: SlackServer, *, sockets: int = 1, ack: bool = True
    ) -> list[SocketModeRequest]:
        arrived: list[SocketModeRequest] = []

        async def take(client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
            arrived.append(request)
            if ack:
                await client.send_socket_mode_response({"envelope_id": request.envelope_id})

        for _ in range(sockets):
            client = SocketModeClient(
                app_token=server.app_token,
                web_client=AsyncWebClient(base_url=server.api_url),
                ping_interval=0.2,
            )
            client.socket_mode_request_listeners.append(take)
            clients.append(client)
            await client.connect()  # type: ignore[no-untyped-call]
        await server.socket_mode.wait_for_connections(sockets)
        return arrived

    yield open_sockets
    for client in clients:
        await client.close()  # type: ignore[no-untyped-call]


@pytest_asyncio.fixture
async def bolt(server: SlackServer, client: AsyncWebClient) -> AsyncIterator[AsyncApp]:
    """A Bolt app that is connected; register listeners on it."""
    app = AsyncApp(client=client, token=server.bot_token)
    handler = AsyncSocketModeHandler(app, server.app_token)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    await server.socket_mode.wait_for_connections(1)
    yield app
    await handler.close_async()  # type: ignore[no-untyped-call]


Page = Callable[..., Awaitable[dict[str, Any]]]


@pytest_asyncio.fixture
async def page(server: SlackServer) -> AsyncIterator[Page]:
    """Ask the page's API for a verb; returns its answer."""
    async with aiohttp.ClientSession(server.page_url) as session:

        async def ask(verb: str, **body: Any) -> dict[str, Any]:
            async with session.post(f"/page/api/{verb}", json=body) as response:
                assert response.status == 200, await response.text()
                answer: dict[str, Any] = await response.json()
                return answer

        yield ask
