"""The sandbox's Slack: one loopback server that speaks Web API, Socket Mode and the page."""

import secrets
from collections.abc import Callable
from types import TracebackType
from typing import Self

import structlog
from aiohttp import web

from livesop_bot.sandbox.events import Events
from livesop_bot.sandbox.faults import Faults
from livesop_bot.sandbox.interactions import Interactions
from livesop_bot.sandbox.page_api import PageApi
from livesop_bot.sandbox.response_urls import ResponseUrls
from livesop_bot.sandbox.socket_mode import Choose, SocketMode
from livesop_bot.sandbox.timing import Timing
from livesop_bot.sandbox.view_stack import Triggers
from livesop_bot.sandbox.web_api import WebApi
from livesop_bot.sandbox.workspace import Workspace

log = structlog.get_logger()

_LARGEST = 8 * 1024 * 1024
"""Bytes of a request: a file that somebody shares on the page, and a little more."""


class SlackServer:
    """Serves while it is entered; `port` 0 takes a free one.

    Raises OSError where the port is taken.
    """

    def __init__(
        self,
        workspace: Workspace,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        faults: Faults | None = None,
        timing: Timing | None = None,
        choose: Choose | None = None,
    ) -> None:
        timing = timing or Timing()
        self.workspace = workspace
        self.faults = faults or Faults()
        self.bot_token = f"xoxb-sandbox-{secrets.token_hex(16)}"
        self.app_token = f"xapp-sandbox-{secrets.token_hex(16)}"
        self.socket_mode = SocketMode(workspace, timing, self.faults, choose)
        self.events = Events(workspace, self.socket_mode.deliver)
        self.triggers = Triggers(timing.trigger_life)
        self._response_urls = ResponseUrls(workspace, timing, self._address)
        self.interactions = Interactions(
            workspace, self.socket_mode, self.triggers, self._response_urls
        )
        self._web_api = WebApi(
            workspace,
            self.faults,
            timing,
            bot_token=self.bot_token,
            app_token=self.app_token,
            triggers=self.triggers,
            socket_url=self._socket_url,
        )
        self._page = PageApi(workspace, self.socket_mode, self.interactions, self.faults, host)
        self._host, self._port = host, port
        self._runner: web.AppRunner | None = None
        self._unlisten: list[Callable[[], None]] = []

    @property
    def api_url(self) -> str:
        """Base URL of the Web API, for SLACK_API_URL; known once the server is entered."""
        return f"{self._address()}/api/"

    @property
    def page_url(self) -> str:
        """Where the browser goes."""
        return f"{self._address()}/"

    @property
    def scopes(self) -> set[str]:
        """The bot token's scopes; take one away to see what the app does without it."""
        return self._web_api.scopes

    def _address(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    def _socket_url(self) -> str:
        address = self._address().replace("http", "ws", 1)
        app = self.workspace.bot.app_id
        return f"{address}/link/?ticket={self.socket_mode.new_ticket()}&app_id={app}"

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=_LARGEST)
        self._web_api.register(app)
        self._response_urls.register(app)
        self._page.register(app)
        app.router.add_get("/link/", self.socket_mode.handshake)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError:
            await self._runner.cleanup()
            raise
        self._port = self._runner.addresses[0][1]
        self.workspace.files_url = f"{self._address()}/files-pri/"
        self._unlisten = [
            self.workspace.listen(self.events.tell),
            self.workspace.listen(self._page.feed.tell),
        ]
        self.socket_mode.on_connections.append(self._page.feed.connections)
        log.info("sandbox.started", url=self.page_url)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._runner is not None
        for unlisten in self._unlisten:
            unlisten()
        self._web_api.stop()
        self._page.feed.stop()
        await self.socket_mode.stop()
        await self._runner.cleanup()
        log.info("sandbox.stopped")
