"""Chromium on the sandbox's page: the server, a small Bolt app as the bot, a watched page.

All tests share one event loop and one browser; each has a server, a bot and a page of its own.
"""

import json
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import (
    Browser,
    ConsoleMessage,
    Page,
    Route,
    async_playwright,
    expect,
)
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond, AsyncSay
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.sandbox.demo import demo_workspace
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.sandbox.workspace import Workspace

CHROMIUM_ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 20_000
"""Milliseconds; a busy machine takes its time to read a model for the first message."""
expect.set_options(timeout=PATIENCE)
VIEWS: dict[str, Any] = json.loads(Path(__file__).with_name("views.json").read_text("utf-8"))
"""What the bot shows: the answer in a thread, its home, its modal."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One loop for all of this folder, so that they can share the browser."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path; without one the run fails, because a skipped test proves nothing."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.fail("No Chromium found: install Debian's chromium package (or set CHROMIUM).")
    return path


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """Headless Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, headless=True, args=list(CHROMIUM_ARGS)
        )
        yield browser
        await browser.close()


@pytest.fixture
def screenshots(tmp_path: Path) -> Path:
    """The folder for pictures: LIVESOP_SCREENSHOTS, else a temporary one."""
    folder = Path(os.environ.get("LIVESOP_SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@dataclass
class Watch:
    """What a page did that it should not: complaints of its console, requests to other hosts."""

    complaints: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()
    """Parts of complaints that a test provokes on purpose."""

    def unexpected(self) -> list[str]:
        """The complaints that no test asked for."""
        return [c for c in self.complaints if not any(part in c for part in self.expected)]


OpenPage = Callable[..., Awaitable[Page]]


@pytest.fixture
def watch() -> Watch:
    """Fill `expected` in a test that provokes complaints."""
    return Watch()


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser: Browser, watch: Watch) -> AsyncIterator[OpenPage]:
    """Opens pages that are watched; the tour's greeting is off unless `tour` is true.

    At the end of the test no page may have complained or asked another host for anything.
    """
    contexts = []

    async def open_(url: str, *, tour: bool = False, dark: bool = False) -> Page:
        context = await browser.new_context(
            viewport={"width": 1280, "height": 800},
            color_scheme="dark" if dark else "light",
            locale="en-GB",
            permissions=["clipboard-read", "clipboard-write"],
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        host = urlsplit(url).netloc

        async def admit(route: Route) -> None:
            if urlsplit(route.request.url).netloc == host:
                await route.continue_()
            else:
                watch.outside.append(route.request.url)
                await route.abort()

        def note(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                watch.complaints.append(message.text)

        await context.route("**/*", admit)
        if not tour:
            await context.add_init_script("localStorage.setItem('livesop.tour.seen', 'yes')")
        page = await context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: watch.complaints.append(str(error)))
        await page.goto(url)
        await page.locator("body[data-live]").wait_for()
        return page

    yield open_
    for context in contexts:
        await context.close()
    assert watch.unexpected() == []
    assert watch.outside == []


@pytest.fixture
def workspace() -> Workspace:
    """The demo workspace: three people, one of them an admin, and a little history."""
    return demo_workspace()


@pytest_asyncio.fixture(loop_scope="session")
async def server(workspace: Workspace) -> AsyncIterator[SlackServer]:
    """The sandbox's Slack, with nobody connected to it yet."""
    async with SlackServer(workspace) as server:
        yield server


@pytest_asyncio.fixture(loop_scope="session")
async def bot(server: SlackServer) -> AsyncIterator[AsyncApp]:
    """A Bolt app with a home, a command, a button and a modal, connected through its socket."""
    app = AsyncApp(client=AsyncWebClient(token=server.bot_token, base_url=server.api_url))
    _listen(app)
    handler = AsyncSocketModeHandler(app, server.app_token)
    await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped
    yield app
    await handler.close_async()  # type: ignore[no-untyped-call]


def _listen(app: AsyncApp) -> None:
    """What the bot does, in Bolt's own words."""

    @app.event("message")
    async def answer(event: dict[str, Any], say: AsyncSay) -> None:
        if "checkout is down" in event.get("text", ""):
            await say(text="Tier-3 escalation", blocks=VIEWS["proposal"], thread_ts=event["ts"])

    @app.command("/livesop")
    async def status(ack: AsyncAck, respond: AsyncRespond, command: dict[str, Any]) -> None:
        await ack()
        await respond(f":large_green_circle: *LiveSOP is on.* You asked `{command['text']}`.")

    @app.event("app_home_opened")
    async def home(event: dict[str, Any], client: AsyncWebClient) -> None:
        if event["tab"] == "home":
            await client.views_publish(user_id=event["user"], view=VIEWS["home"])

    @app.action("start")
    async def start(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        where = body["container"]
        text = f":white_check_mark: Started by <@{body['user']['id']}>"
        await client.chat_update(
            channel=where["channel_id"],
            ts=where["message_ts"],
            text=text,
            blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": text}}],
        )

    @app.action("why")
    async def why(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=VIEWS["feedback"])

    @app.view("feedback")
    async def feedback(ack: AsyncAck, view: dict[str, Any]) -> None:
        note = view["state"]["values"]["note"]["text"]["value"]
        if len(note) < 10:
            await ack(response_action="errors", errors={"note": "Say a little more, please."})
        else:
            await ack(response_action="push", view=_thanks(note))

    @app.action("switch")
    @app.action("threshold")
    async def switched(ack: AsyncAck) -> None:
        await ack()


def _thanks(note: str) -> dict[str, Any]:
    text = {"type": "plain_text", "text": f"Kept: {note}"}
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": "Thank you"},
        "blocks": [{"type": "section", "text": text}],
    }
