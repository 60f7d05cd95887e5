"""Writing, reading and finding messages on the sandbox's page."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from slack_bolt.async_app import AsyncApp

from livesop_bot.sandbox.demo import GENERAL, GRACE, LINUS, SUPPORT
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.sandbox.workspace import Workspace
from tests.browser.menu import choose

OpenPage = Callable[..., Awaitable[Page]]
OUTAGE = "URGENT: checkout is down, all payments fail"

pytestmark = pytest.mark.usefixtures("bot")


async def send(page: Page, text: str, box: str = "Message #general") -> None:
    """Type into a message box and press Enter."""
    await page.get_by_role("textbox", name=box).fill(text)
    await page.get_by_role("textbox", name=box).press("Enter")


async def test_a_sent_message_is_shown_and_stored(
    server: SlackServer, workspace: Workspace, open_page: OpenPage
) -> None:
    page = await open_page(server.page_url)
    await send(page, "Hello *team*, see https://example.invalid/a?b=1&c=2 :tada:")
    message = page.get_by_role("article").last
    await expect(message.locator("strong")).to_have_text("team")
    await expect(message.locator("a", has_text="example")).to_have_attribute(
        "href", "https://example.invalid/a?b=1&c=2"
    )
    stored = await workspace.wait_for_message(lambda m: "Hello" in m["text"])
    assert stored["text"] == "Hello *team*, see <https://example.invalid/a?b=1&amp;c=2> :tada:"
    await expect(page.get_by_role("textbox", name="Message #general")).to_have_value("")


async def test_text_never_becomes_markup_of_the_page(
    server: SlackServer, open_page: OpenPage
) -> None:
    page = await open_page(server.page_url)
    nasty = "<img src=x onerror=alert(1)> <b>bold</b> <javascript:alert(1)|click> &lt;"
    await send(page, nasty)
    body = page.get_by_role("article").last.locator(".body")
    await expect(body).to_have_text(nasty)
    assert await body.locator("img, b, a").count() == 0


async def test_a_bots_text_cannot_bring_markup_or_scripts(
    server: SlackServer, workspace: Workspace, open_page: OpenPage
) -> None:
    page = await open_page(server.page_url)
    text = "<javascript:alert(1)|click> <script>alert(1)</script> `<b>` ```<i>x</i>```"
    workspace.post(GENERAL, workspace.bot.user_id, text)
    body = page.get_by_role("article").last.locator(".body")
    await expect(body).to_contain_text("alert(1)")
    assert await body.locator("script, b, i, a").count() == 0


async def test_the_bots_reply_arrives_live_in_the_thread(
    server: SlackServer, open_page: OpenPage, screenshots: Path
) -> None:
    page = await open_page(server.page_url)
    await send(page, OUTAGE)
    await page.get_by_role("button", name="1 reply").click()
    thread = page.get_by_role("complementary", name="Thread")
    await expect(thread.get_by_role("article").last).to_contain_text("Tier-3 escalation")
    await expect(thread.get_by_role("article").last.locator(".badge")).to_have_text("APP")
    await send(page, "I am on it", box="Reply")
    await expect(thread.get_by_role("article").last).to_contain_text("I am on it")
    await expect(page.get_by_role("main").get_by_role("button", name="2 replies")).to_be_visible()
    await page.screenshot(path=screenshots / "thread.png")


async def test_a_command_is_suggested_and_answered_for_one_person_only(
    server: SlackServer, open_page: OpenPage, screenshots: Path
) -> None:
    page = await open_page(server.page_url)
    box = page.get_by_role("textbox", name="Message #general")
    await box.press_sequentially("/li")
    await expect(page.get_by_role("option", name="/livesop")).to_be_visible()
    await page.screenshot(path=screenshots / "command.png")
    await box.press("Enter")
    await expect(box).to_have_value("/livesop ")
    await box.press_sequentially("status")
    await box.press("Enter")
    answer = page.get_by_role("article").filter(has_text="Only visible to you")
    await expect(answer).to_contain_text("You asked status")
    other = await open_page(server.page_url)
    await other.get_by_role("radio", name="Grace (support)").click()
    await expect(other.get_by_role("radio", name="Grace (support)")).to_be_checked()
    await expect(other.get_by_text("You asked")).to_have_count(0)
    await answer.get_by_role("button", name="Dismiss message").click()
    await expect(answer).to_have_count(0)


async def test_one_acts_as_another_person(
    server: SlackServer, workspace: Workspace, open_page: OpenPage
) -> None:
    page = await open_page(server.page_url)
    await expect(page.get_by_role("radio", name="Ada (admin)")).to_contain_text("ADMIN")
    await page.get_by_role("radio", name="Linus (engineering)").click()
    await expect(page.get_by_role("radio", name="Linus (engineering)")).to_be_checked()
    await send(page, "Linus here, hello @Grace (support)!")
    stored = await workspace.wait_for_message(lambda m: "Linus here" in m["text"])
    assert stored["user"] == LINUS
    assert stored["text"] == f"Linus here, hello <@{GRACE}>!"
    await expect(page.get_by_role("article").last.locator(".mention")).to_have_text(
        "@Grace (support)"
    )


async def test_own_messages_can_be_edited_and_deleted_others_not(
    server: SlackServer, workspace: Workspace, open_page: OpenPage
) -> None:
    workspace.post(GENERAL, GRACE, "by Grace")
    page = await open_page(server.page_url)
    await send(page, "a & b")
    message = page.get_by_role("article").last
    await expect(message).to_contain_text("a & b")
    await choose(message, "Edit message")
    editor = page.get_by_role("textbox", name="Edit message")
    await expect(editor).to_have_value("a & b")
    await editor.fill("a < b")
    await editor.press("Enter")
    await expect(message).to_contain_text("a < b (edited)")
    await choose(message, "Delete message")
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(page.get_by_text("a < b")).to_have_count(0)
    others = page.get_by_role("article").filter(has_text="by Grace")
    await others.hover()
    await others.get_by_role("button", name="More actions").click()
    await expect(page.get_by_role("menuitem")).to_have_text(
        ["Copy link", "Why (LiveSOP)", "Start an SOP…", "Add to knowledge"]
    )


async def test_a_permalink_leads_to_its_message_inside_the_page(
    server: SlackServer, workspace: Workspace, open_page: OpenPage
) -> None:
    parent = workspace.post(SUPPORT, GRACE, "the parent")
    reply = workspace.post(SUPPORT, LINUS, "the reply", thread_ts=parent["ts"])
    link = workspace.permalink(workspace.channel(SUPPORT), reply)
    page = await open_page(server.page_url)
    await send(page, f"see {link}")
    await page.get_by_role("link", name="archives").click()
    await expect(page.get_by_role("heading", name="# support").first).to_be_visible()
    thread = page.get_by_role("complementary", name="Thread")
    await expect(thread.locator(".highlight")).to_contain_text("the reply")
    assert page.url == server.page_url


async def test_a_reload_keeps_the_place_and_the_thread(
    server: SlackServer, workspace: Workspace, open_page: OpenPage
) -> None:
    root = workspace.post(SUPPORT, GRACE, "the parent")
    workspace.post(SUPPORT, LINUS, "the reply", thread_ts=root["ts"])
    page = await open_page(server.page_url)
    await page.get_by_role("navigation").get_by_role("button", name="support").click()
    await page.get_by_role("button", name="1 reply").click()
    await page.reload()
    thread = page.get_by_role("complementary", name="Thread")
    await expect(thread.get_by_role("article").last).to_contain_text("the reply")
    await thread.get_by_role("button", name="Close thread").click()
    await page.reload()
    await expect(page.get_by_role("heading", name="# support").first).to_be_visible()
    await expect(thread).to_have_count(0)


async def test_the_link_of_a_message_is_copied(
    server: SlackServer, workspace: Workspace, open_page: OpenPage
) -> None:
    message = workspace.post(GENERAL, GRACE, "by Grace")
    page = await open_page(server.page_url)
    await choose(page.get_by_role("article").last, "Copy link")
    await expect(page.get_by_text("Link copied.")).to_be_visible()
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert copied == workspace.permalink(workspace.channel(GENERAL), message)


async def test_messages_elsewhere_are_counted_until_seen(
    server: SlackServer, workspace: Workspace, open_page: OpenPage
) -> None:
    page = await open_page(server.page_url)
    workspace.post(SUPPORT, GRACE, "first of two")
    workspace.post(SUPPORT, GRACE, "two")
    channel = page.get_by_role("navigation").get_by_role("button", name="support")
    await expect(channel.get_by_label("2 unread")).to_be_visible()
    await channel.click()
    await expect(channel.get_by_label("unread")).to_have_count(0)
    await expect(page.get_by_role("article").last).to_contain_text("two")


async def test_shift_enter_breaks_the_line(
    server: SlackServer, workspace: Workspace, open_page: OpenPage
) -> None:
    page = await open_page(server.page_url)
    box = page.get_by_role("textbox", name="Message #general")
    await box.press_sequentially("first of two")
    await box.press("Shift+Enter")
    await box.press_sequentially("two")
    await box.press("Enter")
    assert (await workspace.wait_for_message(lambda m: "first of two" in m["text"]))[
        "text"
    ] == "first of two\ntwo"


async def test_the_bots_app_is_told_of_what_the_page_sends(
    server: SlackServer, bot: AsyncApp, workspace: Workspace, open_page: OpenPage
) -> None:
    page = await open_page(server.page_url)
    await send(page, OUTAGE)
    reply = await workspace.wait_for_message(lambda m: m.get("bot_id") is not None)
    assert reply["thread_ts"] != reply["ts"]


async def test_a_burst_of_messages_is_shown_in_order_and_the_view_stays_at_the_end(
    server: SlackServer, workspace: Workspace, open_page: OpenPage
) -> None:
    page = await open_page(server.page_url)
    for number in range(200):
        workspace.post(GENERAL, GRACE, f"burst {number}")
    shown = page.get_by_role("article").filter(has_text="burst")
    await expect(shown).to_have_count(200)
    await expect(shown.last).to_be_in_viewport()
    texts = await shown.locator(".body").all_inner_texts()
    assert texts == [f"burst {number}" for number in range(200)]


async def test_deep_or_endless_styles_do_not_hold_the_page_up(
    server: SlackServer, workspace: Workspace, open_page: OpenPage
) -> None:
    page = await open_page(server.page_url)
    workspace.post(GENERAL, GRACE, "*_" * 5000 + "x" + "_*" * 5000)
    workspace.post(GENERAL, GRACE, "*a" * 10_000)
    workspace.post(GENERAL, GRACE, "a:foo:tada: still here")
    last = page.get_by_role("article").last
    await expect(last).to_contain_text("still here")
    await expect(last.get_by_role("img", name="tada emoji")).to_be_visible()


async def test_a_file_is_shared_and_named(
    server: SlackServer, workspace: Workspace, open_page: OpenPage
) -> None:
    page = await open_page(server.page_url)
    await page.get_by_label("File to share").set_input_files(
        {"name": "on <call>.md", "mimeType": "text/markdown", "buffer": b"# Rota"}
    )
    stored = await workspace.wait_for_message(lambda m: m.get("subtype") == "file_share")
    assert workspace.files[stored["files"][0]["id"]].content == b"# Rota"
    await expect(page.get_by_role("article").last.locator(".file")).to_have_text("on <call>.md")
