"""Home tab, buttons, modals and inputs of Block Kit on the sandbox's page."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from livesop_bot.sandbox.demo import ADA, GENERAL, GRACE
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.sandbox.workspace import Workspace

OpenPage = Callable[..., Awaitable[Page]]
OUTAGE = "URGENT: checkout is down, all payments fail"

pytestmark = pytest.mark.usefixtures("bot")


async def proposal(page: Page) -> Locator:
    """Send the message that the bot answers; gives the answer in the open thread."""
    await page.get_by_role("textbox", name="Message #general").fill(OUTAGE)
    await page.get_by_role("textbox", name="Message #general").press("Enter")
    await page.get_by_role("button", name="1 reply").click()
    return page.get_by_role("complementary", name="Thread").get_by_role("article").last


async def test_home_is_published_when_it_is_opened(
    server: SlackServer, open_page: OpenPage, screenshots: Path
) -> None:
    page = await open_page(server.page_url)
    await page.get_by_role("navigation").get_by_role("button", name="Home").click()
    home = page.get_by_role("tabpanel", name="Home")
    await expect(home).to_contain_text("Auto-Pilot is on")
    await expect(home.get_by_role("img", name="Confidence over time")).to_be_visible()
    await page.screenshot(path=screenshots / "home.png")
    await page.get_by_role("tab", name="Messages").click()
    await expect(page.get_by_role("textbox", name="Message LiveSOP")).to_be_visible()


async def test_a_button_asks_first_where_it_has_a_confirm_dialog(
    server: SlackServer, open_page: OpenPage, screenshots: Path
) -> None:
    page = await open_page(server.page_url)
    answer = await proposal(page)
    await answer.get_by_role("button", name="Start").click()
    dialog = page.get_by_role("dialog", name="Start this SOP?")
    await page.screenshot(path=screenshots / "confirm.png")
    await dialog.get_by_role("button", name="Not yet").click()
    await expect(dialog).to_have_count(0)
    await expect(answer.get_by_role("button", name="Start")).to_be_focused()
    await answer.get_by_role("button", name="Start").click()
    await dialog.get_by_role("button", name="Start it").click()
    await expect(answer).to_contain_text("Started by @Ada (admin)")


async def test_a_modal_shows_errors_then_is_followed_by_the_next_view(
    server: SlackServer, open_page: OpenPage, screenshots: Path
) -> None:
    page = await open_page(server.page_url)
    await (await proposal(page)).get_by_role("button", name="Why?").click()
    modal = page.get_by_role("dialog", name="Why this SOP?")
    await modal.get_by_role("button", name="Send").click()
    await expect(modal.get_by_role("alert")).to_have_text("Please complete this required field.")
    note = modal.get_by_role("textbox", name="What should it learn?")
    await expect(note).to_be_focused()
    await note.fill("short")
    await modal.get_by_role("radio", name="Wrong").check()
    await modal.get_by_role("button", name="Send").click()
    await expect(modal.get_by_role("alert")).to_have_text("Say a little more, please.")
    await expect(modal.get_by_role("radio", name="Wrong")).to_be_checked()
    await page.screenshot(path=screenshots / "modal.png")
    await note.fill("Card checkouts belong to the same SOP")
    await modal.get_by_role("button", name="Send").click()
    next_modal = page.get_by_role("dialog", name="Thank you")
    await expect(next_modal).to_contain_text("Kept: Card checkouts belong")
    await next_modal.get_by_role("button", name="Back").click()
    await expect(modal).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_a_modal_that_is_filled_later_puts_the_caret_where_one_types(
    server: SlackServer, open_page: OpenPage
) -> None:
    """Enter must not meet the ✕, which had the focus while there was nothing else."""
    page = await open_page(server.page_url)
    text = {"type": "plain_text", "text": "One moment …"}
    loading = {"type": "modal", "title": text, "blocks": [{"type": "section", "text": text}]}
    opened = server.workspace.views.open(ADA, loading)
    modal = page.get_by_role("dialog")
    await expect(modal.get_by_role("button", name="Close").first).to_be_focused()
    entry = {"type": "plain_text_input", "action_id": "a"}
    asked = {"type": "input", "label": text, "element": entry}
    full = {"type": "modal", "title": text, "submit": text, "blocks": [asked]}
    server.workspace.views.update(full, view_id=opened["id"])
    await expect(modal.get_by_role("textbox")).to_be_focused()


async def test_a_long_modal_that_is_filled_later_is_read_from_its_top(
    server: SlackServer, open_page: OpenPage
) -> None:
    """The panel of a run was scrolled to the first thing in it that can be pressed."""
    page = await open_page(server.page_url)
    text = {"type": "plain_text", "text": "One moment …"}
    section = {"type": "section", "text": text}
    opened = server.workspace.views.open(ADA, {"type": "modal", "title": text, "blocks": [section]})
    press = {"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "Press"}}
    full = {
        "type": "modal",
        "title": text,
        "blocks": [*[section] * 60, {"type": "actions", "elements": [press]}],
    }
    server.workspace.views.update(full, view_id=opened["id"])
    modal = page.get_by_role("dialog")
    await expect(modal.get_by_role("button", name="Press")).to_be_attached()
    await expect(modal.get_by_text("One moment …").nth(1)).to_be_in_viewport()


async def test_values_reach_the_app_in_slacks_shape(
    server: SlackServer, workspace: Workspace, open_page: OpenPage
) -> None:
    page = await open_page(server.page_url)
    await (await proposal(page)).get_by_role("button", name="Why?").click()
    modal = page.get_by_role("dialog", name="Why this SOP?")
    await modal.get_by_role("combobox", name="Who should know?").click()
    await page.get_by_role("combobox", name="Filter").press_sequentially("grace")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Escape")
    await expect(modal).to_be_visible()
    await modal.get_by_role("radio", name="Right").check()
    await modal.get_by_role("textbox", name="What should it learn?").fill("A useful sentence")
    async with page.expect_request("**/page/api/view_submit") as request:
        await modal.get_by_role("button", name="Send").click()
    body = (await request.value).post_data_json
    assert body is not None
    pick = body["values"]["verdict"]["pick"]
    assert pick["type"] == "radio_buttons"
    assert pick["selected_option"]["value"] == "yes"
    people = body["values"]["owner"]["people"]
    assert people == {"type": "multi_users_select", "selected_users": [GRACE]}
    assert body["values"]["note"]["text"]["value"] == "A useful sentence"


async def test_a_select_reports_what_was_chosen(server: SlackServer, open_page: OpenPage) -> None:
    page = await open_page(server.page_url)
    await page.get_by_role("navigation").get_by_role("button", name="Home").click()
    select = page.get_by_role("combobox", name="Threshold")
    await select.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    async with page.expect_request("**/page/api/block_action") as request:
        await page.keyboard.press("Enter")
    body = (await request.value).post_data_json
    assert body is not None
    assert body["action"]["action_id"] == "threshold"
    assert body["action"]["selected_option"]["value"] == "0.9"
    assert body["state"]["values"]["limits"]["threshold"]["selected_option"]["value"] == "0.9"
    await expect(page.get_by_role("combobox", name="Threshold: 90 %")).to_be_focused()


@pytest.mark.parametrize(
    ("kinds", "listed"),
    [
        (["public", "private"], ["#general", "#support", "#incidents", "#bugs", "#status"]),
        (["im"], ["Ada (admin)", "Grace (support)", "Linus (engineering)"]),
    ],
)
async def test_a_select_of_conversations_lists_what_its_filter_names(
    server: SlackServer, open_page: OpenPage, kinds: list[str], listed: list[str]
) -> None:
    page = await open_page(server.page_url)
    text = {"type": "plain_text", "text": "Where"}
    element = {"type": "conversations_select", "filter": {"include": kinds}}
    asked = {"type": "input", "label": text, "element": element}
    view = {"type": "modal", "title": text, "submit": text, "blocks": [asked]}
    server.workspace.views.open(ADA, view)
    await page.get_by_role("combobox", name="Where").click()
    await expect(page.get_by_role("option")).to_have_text(listed)


async def test_an_overflow_menu_reports_what_was_chosen_and_can_be_left(
    server: SlackServer, open_page: OpenPage
) -> None:
    page = await open_page(server.page_url)
    answer = await proposal(page)
    more = answer.get_by_role("button", name="Tier-3 escalation fits")
    menu = page.get_by_role("menu", name="More actions")
    await more.click()
    await expect(more).to_have_attribute("aria-expanded", "true")
    await expect(menu.get_by_role("menuitem")).to_have_text(["Not now", "Never here"])
    await page.keyboard.press("Escape")
    await expect(menu).to_have_count(0)
    await expect(more).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(menu.get_by_role("menuitem", name="Not now")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    async with page.expect_request("**/page/api/block_action") as request:
        await page.keyboard.press("Enter")
    body = (await request.value).post_data_json
    assert body is not None
    assert body["action"]["type"] == "overflow"
    assert body["action"]["action_id"] == "switch"
    assert body["action"]["selected_option"]["value"] == "never"
    await expect(menu).to_have_count(0)
    await expect(more).not_to_have_attribute("aria-busy", "true")


async def test_an_action_nobody_answers_says_so(
    server: SlackServer, workspace: Workspace, open_page: OpenPage
) -> None:
    blocks = [
        {
            "type": "actions",
            "block_id": "a",
            "elements": [
                {
                    "type": "button",
                    "action_id": "unknown",
                    "text": {"type": "plain_text", "text": "Nobody listens"},
                }
            ],
        }
    ]
    workspace.post(GENERAL, workspace.bot.user_id, "x", blocks=blocks)
    page = await open_page(server.page_url)
    button = page.get_by_role("button", name="Nobody listens")
    await button.click()
    await expect(button).to_have_attribute("aria-busy", "true")
    await expect(page.get_by_role("alert")).to_contain_text("no answer within 3 s")
    await expect(button).not_to_have_attribute("aria-busy", "true")
