"""The page as a whole: tour, connections, keyboard, colours, rules for other hosts."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Page, Route, expect
from slack_bolt.async_app import AsyncApp

from livesop_bot.sandbox.demo import ADA, GENERAL, GRACE, LINUS, SUPPORT, demo_workspace
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.sandbox.workspace import Workspace

OpenPage = Callable[..., Awaitable[Page]]


async def test_the_tour_greets_once_and_sends_its_messages(
    server: SlackServer,
    bot: AsyncApp,
    workspace: Workspace,
    open_page: OpenPage,
    screenshots: Path,
) -> None:
    page = await open_page(server.page_url, tour=True)
    tour = page.get_by_role("dialog", name="Try LiveSOP")
    await page.screenshot(path=screenshots / "tour.png")
    await tour.get_by_role("button", name="A payment outage").click()
    await expect(page.get_by_role("radio", name="Grace (support)")).to_be_checked()
    await expect(page.get_by_role("region", name="Quick tour")).to_contain_text("in the thread")
    thread = page.get_by_role("complementary", name="Thread")
    await expect(thread.get_by_role("article").last).to_contain_text("Tier-3 escalation")
    await page.screenshot(path=screenshots / "tour-sent.png")
    await page.get_by_role("button", name="Next: A bug report").click()
    await expect(
        page.get_by_role("main").get_by_role("heading", name="# bugs").first
    ).to_be_visible()
    await expect(page.get_by_role("article").last).to_contain_text("exporting a report")
    await page.reload()
    await expect(page.get_by_role("radio", name="Grace (support)")).to_be_checked()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.get_by_role("button", name="Quick tour").click()
    await expect(tour).to_be_visible()


@pytest.mark.parametrize("width", [390, 600, 820])
async def test_a_narrow_window_shows_one_column_at_a_time(
    server: SlackServer, bot: AsyncApp, open_page: OpenPage, screenshots: Path, width: int
) -> None:
    page = await open_page(server.page_url, tour=True)
    await page.set_viewport_size({"width": width, "height": 800})
    await page.get_by_role("button", name="A payment outage").click()
    thread = page.get_by_role("complementary", name="Thread")
    await expect(thread.get_by_role("button", name="Close thread")).to_be_in_viewport(ratio=1)
    await expect(thread.get_by_role("button", name="Send now")).to_be_in_viewport(ratio=1)
    await page.screenshot(path=screenshots / f"narrow-{width}.png")
    main = page.get_by_role("main")
    await expect(main).to_be_hidden()
    await page.get_by_role("navigation").get_by_role("button", name="incidents").click()
    await expect(thread).to_be_hidden()
    await expect(main.get_by_role("button", name="Send now")).to_be_in_viewport(ratio=1)
    await page.get_by_role("navigation").get_by_role("button", name="Home").click()
    here = page.get_by_role("navigation").get_by_role("button", name="Home")
    await expect(here).to_be_in_viewport(ratio=1)


async def test_a_lost_server_is_announced_and_found_again(
    workspace: Workspace, open_page: OpenPage, watch: Any, screenshots: Path
) -> None:
    watch.expected = ("WebSocket connection", "ERR_CONNECTION_REFUSED")
    async with SlackServer(workspace) as first:
        url = first.page_url
        port = int(url.rstrip("/").rsplit(":", 1)[1])
        page = await open_page(url)
        await expect(page.get_by_text("is not connected to this workspace")).to_be_visible()
    await expect(page.get_by_text("The sandbox cannot be reached")).to_be_visible()
    await page.screenshot(path=screenshots / "lost.png")
    workspace.post(GENERAL, GRACE, "said meanwhile")
    workspace.post(SUPPORT, GRACE, "said elsewhere")
    async with SlackServer(workspace, port=port):
        await expect(page.get_by_text("The sandbox cannot be reached")).to_have_count(0)
        await expect(page.get_by_role("article").last).to_contain_text("said meanwhile")
        await expect(page.get_by_label("1 unread")).to_be_visible()
        workspace.post(GENERAL, GRACE, "live again")
        await expect(page.get_by_role("article").last).to_contain_text("live again")
        await page.context.close()


async def test_a_sandbox_that_was_started_again_is_told_from_a_lost_line(
    workspace: Workspace, open_page: OpenPage, watch: Any
) -> None:
    """Its history is nothing that was missed, and no modal outlives its server."""
    watch.expected = ("WebSocket connection", "ERR_CONNECTION_REFUSED")
    async with SlackServer(workspace) as first:
        port = int(first.page_url.rstrip("/").rsplit(":", 1)[1])
        page = await open_page(first.page_url)
        workspace.post(GENERAL, GRACE, "said before")
        workspace.views.open(ADA, {"type": "modal", "title": TITLE, "blocks": BLOCKS})
        await expect(page.get_by_role("dialog")).to_be_visible()
    await expect(page.get_by_text("The sandbox cannot be reached")).to_be_visible()
    async with SlackServer(demo_workspace(), port=port):
        await expect(page.get_by_text("earlier messages are gone")).to_be_visible()
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await expect(page.get_by_text("said before")).to_have_count(0)
        await expect(page.get_by_label("unread")).to_have_count(0)
        await page.context.close()


async def test_a_text_that_could_not_be_sent_stands_before_what_was_typed_since(
    server: SlackServer, open_page: OpenPage
) -> None:
    page = await open_page(server.page_url)
    box = page.get_by_role("textbox", name="Message #general")

    async def type_meanwhile(route: Route) -> None:
        await box.fill("typed since")
        await route.continue_()

    await page.route("**/page/api/command", type_meanwhile)
    await box.fill("/livesop status")
    await box.press("Enter")
    await expect(box).to_have_value("/livesop status\ntyped since")


async def test_the_bots_connection_is_shown(
    server: SlackServer, bot: AsyncApp, open_page: OpenPage
) -> None:
    page = await open_page(server.page_url)
    await expect(page.get_by_role("img", name="connected", exact=True)).to_be_visible()
    await expect(page.get_by_text("is not connected to this workspace")).to_have_count(0)


async def test_a_command_without_a_bot_says_why_and_keeps_the_text(
    server: SlackServer, open_page: OpenPage
) -> None:
    page = await open_page(server.page_url)
    box = page.get_by_role("textbox", name="Message #general")
    await box.fill("/livesop status")
    await box.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("no app is connected")
    await expect(box).to_have_value("/livesop status")


async def test_the_page_obeys_a_policy_that_keeps_everything_at_home(server: SlackServer) -> None:
    """Checked by the browser too: a page that broke the policy would complain in its console."""
    async with aiohttp.ClientSession() as session, session.get(server.page_url) as response:
        policy = response.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_everything_slack_writes_is_readable(
    server: SlackServer,
    workspace: Workspace,
    bot: AsyncApp,
    open_page: OpenPage,
    screenshots: Path,
    dark: bool,
) -> None:
    parent = workspace.post(GENERAL, GRACE, RICH)
    workspace.post(GENERAL, GRACE, "_second_ of one breath :tada:")
    workspace.post(GENERAL, workspace.bot.user_id, "x", blocks=BLOCKS)
    workspace.post(GENERAL, LINUS, "on it", thread_ts=parent["ts"])
    workspace.ephemerals.show(workspace.channel(GENERAL), ADA, "Auto-Pilot is *on*.")
    page = await open_page(server.page_url, dark=dark)
    message = page.get_by_role("article").filter(has_text="snake_case_name")
    body = message.locator(".body")
    await expect(body.locator("strong")).to_have_text("bold")
    await expect(body.locator("em")).to_have_text("italic")
    await expect(body.locator("s")).to_have_text("struck")
    await expect(body.locator("blockquote")).to_have_text("quoted & kept")
    await expect(body.locator("pre")).to_have_text("x < 1\ny = *2*")
    await expect(body.locator(".mention")).to_have_text(
        ["@Linus (engineering)", "#support", "@here"]
    )
    await expect(body.locator("time")).to_have_text("2023-11-14")
    await expect(body).to_contain_text("snake_case_name 2*3*4 10:30:00")
    listed = page.get_by_role("article").filter(has_text="Incident")
    await expect(listed.locator("ol li")).to_have_text(["first", "second"])
    shade = "dark" if dark else "light"
    await page.screenshot(path=screenshots / f"messages-{shade}.png")
    await page.set_viewport_size({"width": 900, "height": 640})
    await page.get_by_role("button", name="1 reply").click()
    await expect(page.get_by_role("textbox", name="Reply")).to_be_focused()
    await page.screenshot(path=screenshots / f"narrow-{shade}.png")
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= 900, "it scrolls sideways"
    await page.set_viewport_size({"width": 1280, "height": 800})
    await page.get_by_role("navigation").get_by_role("button", name="Home").click()
    await expect(page.get_by_role("tabpanel", name="Home")).to_contain_text("Auto-Pilot is on")
    await page.screenshot(path=screenshots / f"home-{shade}.png")


async def test_the_keyboard_reaches_messages_and_what_can_be_done_with_them(
    server: SlackServer, workspace: Workspace, open_page: OpenPage
) -> None:
    workspace.post(GENERAL, GRACE, "first of two")
    workspace.post(GENERAL, LINUS, "second")
    page = await open_page(server.page_url)
    await page.get_by_role("log", name="Messages").focus()
    await page.keyboard.press("ArrowUp")
    await expect(page.get_by_role("article").last).to_be_focused()
    await page.keyboard.press("ArrowUp")
    message = page.get_by_role("article").filter(has_text="first of two")
    await expect(message).to_be_focused()
    reply = message.get_by_role("button", name="Reply in thread")
    for _ in range(3):
        await page.keyboard.press("Tab")
        if await reply.evaluate("node => node === document.activeElement"):
            break
    await expect(reply).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("textbox", name="Reply")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("complementary", name="Thread")).to_have_count(0)
    await expect(reply).to_be_focused()
    await page.keyboard.press("Tab")
    more = message.get_by_role("button", name="More actions")
    await expect(more).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menuitem", name="Copy link")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(more).to_be_focused()


RICH = (
    "*bold* _italic_ ~struck~ `code` <https://example.invalid|a link> snake_case_name 2*3*4 "
    f"10:30:00\n&gt; quoted &amp; kept\n<@{LINUS}> <#{SUPPORT}|support> <!here> "
    "<!date^1700000000^{date_num}|then> :rocket:```x &lt; 1\ny = *2*```"
)

TITLE = {"type": "plain_text", "text": "Why?"}
BLOCKS = [
    {"type": "header", "text": {"type": "plain_text", "text": ":rotating_light: Incident"}},
    {
        "type": "section",
        "text": {"type": "mrkdwn", "text": "*Checkout* fails for _all_ customers"},
        "accessory": {
            "type": "static_select",
            "action_id": "severity",
            "placeholder": {"type": "plain_text", "text": "Severity"},
            "options": [
                {"text": {"type": "plain_text", "text": text}, "value": text}
                for text in ("High", "Low")
            ],
        },
    },
    {
        "type": "section",
        "fields": [{"type": "mrkdwn", "text": t} for t in ("*Owner*\nOla", "*Since*\n10:05")],
    },
    {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_list",
                "style": "ordered",
                "elements": [
                    {"type": "rich_text_section", "elements": [{"type": "text", "text": t}]}
                    for t in ("first", "second")
                ],
            }
        ],
    },
    {
        "type": "actions",
        "elements": [
            {"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "Plain"}},
            {
                "type": "button",
                "action_id": "b",
                "style": "primary",
                "text": {"type": "plain_text", "text": "Primary"},
            },
            {
                "type": "button",
                "action_id": "c",
                "style": "danger",
                "text": {"type": "plain_text", "text": "Danger"},
            },
            {"type": "datepicker", "action_id": "d", "initial_date": "2026-11-24"},
        ],
    },
    {"type": "divider"},
    {"type": "context", "elements": [{"type": "mrkdwn", "text": "Confidence *94 %* · local"}]},
]
