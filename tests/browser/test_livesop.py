"""LiveSOP as people meet it on the sandbox's page: the whole app, its database, its judgement."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import asyncpg
import pytest_asyncio
from playwright.async_api import Locator, Page, expect
from pydantic import SecretStr

from livesop_bot.app import App, Timing
from livesop_bot.sandbox.demo import BUGS, GENERAL, INCIDENTS, STATUS, SUPPORT, TOUR
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.sandbox.workspace import Workspace
from livesop_bot.settings import Settings
from livesop_bot.worker.queue import Pace
from tests.browser.menu import choose

OpenPage = Callable[..., Awaitable[Page]]
Livesop = Callable[[str], Awaitable[App]]

SURE = re.compile(r"Incident · 9\d%")


@pytest_asyncio.fixture(loop_scope="session")
async def livesop(
    server: SlackServer, tmp_path: Path, unused_tcp_port_factory: Callable[[], int]
) -> AsyncIterator[Livesop]:
    """Starts the app on the database of a dsn; gives it once Slack sees all its sockets."""
    async with AsyncExitStack() as stack:

        async def start(dsn: str) -> App:
            settings = Settings(
                _env_file=None,
                slack_bot_token=SecretStr(server.bot_token),
                slack_app_token=SecretStr(server.app_token),
                slack_api_url=server.api_url,
                database_url=SecretStr(dsn),
                health_port=unused_tcp_port_factory(),
                livesop_data_dir=tmp_path / "data",
            )
            app = App(settings, timing=Timing(pace=Pace(heartbeat_timeout=2.0, poll_every=0.5)))
            running = asyncio.create_task(app.run())

            async def stop() -> None:
                app.stop.set()
                async with asyncio.timeout(15):
                    await running

            stack.push_async_callback(stop)
            await server.socket_mode.wait_for_connections(settings.slack_connections)
            return app

        yield start


@pytest_asyncio.fixture(loop_scope="session")
async def page(server: SlackServer, open_page: OpenPage, livesop: Livesop, database: str) -> Page:
    """The page, with LiveSOP in its workspace; the tour is closed."""
    await livesop(database)
    return await open_page(server.page_url)


async def evaluated(dsn: str, number: int) -> None:
    """Wait until so many evaluations are stored and nothing is left to do."""
    connection = await asyncpg.connect(dsn)
    try:
        async with asyncio.timeout(10):
            while True:
                if await connection.fetchval(
                    "SELECT (SELECT count(*) FROM evaluations) >= $1"
                    " AND NOT EXISTS (SELECT FROM pgqueuer)",
                    number,
                ):
                    return
                await asyncio.sleep(0.05)
    finally:
        await connection.close()


async def picture(page: Page, folder: Path, name: str) -> None:
    """Save what is seen, in light and in dark colours."""
    for shade in ("light", "dark"):
        await page.emulate_media(color_scheme=shade)
        await page.screenshot(path=folder / f"livesop-{name}-{shade}.png")
    await page.emulate_media(color_scheme="light")


async def act_as(page: Page, name: str) -> None:
    """Become another person."""
    await page.get_by_role("radio", name=name).click()
    await expect(page.get_by_role("radio", name=name)).to_be_checked()


async def go(page: Page, place: str) -> None:
    """Open a channel, or Home."""
    await page.get_by_role("navigation").get_by_role("button", name=place).click()


async def send(page: Page, channel: str, text: str) -> Locator:
    """Write into a channel; gives the newest message there."""
    await go(page, channel)
    box = page.get_by_role("textbox", name=f"Message #{channel}")
    await box.fill(text)
    await box.press("Enter")
    return page.get_by_role("main").get_by_role("article").last


async def ask(page: Page, command: str, channel: str = "general") -> Locator:
    """Type a command; gives its answer."""
    answers = page.get_by_role("main").get_by_role("article").filter(has_text="Only visible to you")
    await go(page, channel)
    before = await answers.count()
    await send(page, channel, command)
    await expect(answers).to_have_count(before + 1)
    return answers.last


async def open_thread(page: Page) -> Locator:
    """Open the thread of the newest message that has one; gives the answer in it."""
    await page.get_by_role("main").get_by_role("button", name="1 reply").last.click()
    return answer_in(page)


def answer_in(page: Page) -> Locator:
    """The newest message of the open thread."""
    return page.get_by_role("complementary", name="Thread").get_by_role("article").last


def home(page: Page) -> Locator:
    """LiveSOP's Home tab."""
    return page.get_by_role("tabpanel", name="Home")


async def test_a_newcomer_takes_the_tour(
    server: SlackServer,
    open_page: OpenPage,
    livesop: Livesop,
    database: str,
    workspace: Workspace,
    screenshots: Path,
) -> None:
    await livesop(database)
    page = await open_page(server.page_url, tour=True)
    await page.set_viewport_size({"width": 1280, "height": 1000})
    tour = page.get_by_role("dialog", name="Try LiveSOP")
    await tour.get_by_role("button", name="A payment outage").click()
    answer = answer_in(page)
    await expect(answer.get_by_role("heading")).to_have_text(SURE)
    await expect(answer).to_contain_text("Proposed. Nothing has been done.")
    await expect(answer).to_contain_text("Why: The message fits Incident")
    await expect(answer).to_contain_text("Auto-Pilot is off for this team")
    await picture(page, screenshots, "thread")
    for stop, title in zip(
        TOUR[1:4], ("Bug report", "Access request", "Refund request"), strict=True
    ):
        await page.get_by_role("button", name=f"Next: {stop.title}").click()
        await expect(answer.get_by_role("heading")).to_contain_text(title)
        await expect(answer).to_contain_text("Proposed. Nothing has been done.")
        await picture(page, screenshots, f"thread-{title.split()[0].lower()}")
    await page.get_by_role("button", name="Next: Small talk").click()
    await evaluated(database, 5)
    small_talk = page.get_by_role("main").get_by_role("article").last
    await expect(small_talk).to_contain_text("nice weekend")
    await expect(small_talk.get_by_role("button", name=re.compile("repl"))).to_have_count(0)
    await picture(page, screenshots, "small-talk")
    answered = {
        channel: [
            m["user"] for m in workspace.channel(channel).messages.values() if m.get("bot_id")
        ]
        for channel in (INCIDENTS, BUGS, SUPPORT, GENERAL)
    }
    assert [len(bots) for bots in answered.values()] == [1, 1, 2, 0]
    await page.get_by_role("button", name="Close the tour").click()
    await go(page, "Home")
    await expect(home(page)).to_contain_text(re.compile(r"Incident\s+·\s+9\d%"))
    await expect(home(page)).to_contain_text("No SOP")
    await picture(page, screenshots, "home")
    await home(page).get_by_role("link", name="open message").last.click()
    await expect(page.get_by_role("main").locator(".highlight")).to_contain_text("checkout is down")


async def test_commands_answer_the_person_who_asked(page: Page, screenshots: Path) -> None:
    answer = await ask(page, "/livesop help")
    await expect(answer).to_contain_text("/livesop why <message link or signal>")
    await expect(await ask(page, "/livesop bogus")).to_contain_text("does not know bogus")
    await picture(page, screenshots, "help")
    status = await ask(page, "/livesop status", "bugs")
    await expect(status).to_contain_text("Auto-Pilot is off.")
    await expect(status).to_contain_text("All well")
    await expect(status).to_contain_text("2 Slack connections")
    overview = await ask(page, "/livesop autopilot", "bugs")
    await expect(overview).to_contain_text("incident")
    await picture(page, screenshots, "status")


async def test_why_explains_a_message_by_its_copied_link(page: Page, screenshots: Path) -> None:
    message = await send(page, "support", "A customer was charged twice and asks for a refund")
    await expect(message.get_by_role("button", name="1 reply")).to_be_visible()
    await choose(message, "Copy link")
    link = await page.evaluate("navigator.clipboard.readText()")
    panel = page.get_by_role("dialog", name="Why?")
    await send(page, "support", f"/livesop why {link}")
    await expect(panel).to_contain_text("Refund request")
    await expect(panel).to_contain_text("The message fits Refund request")
    await expect(panel.locator("blockquote").first).to_contain_text("charged twice")
    await picture(page, screenshots, "why")
    await panel.get_by_role("button", name="Close").last.click()
    await expect(await ask(page, "/livesop why", "general")).to_contain_text("Which message?")


async def test_what_waits_is_gone_through_in_a_list(
    page: Page, database: str, screenshots: Path
) -> None:
    await send(page, "incidents", "Checkout is down, customers cannot pay, payments fail")
    await evaluated(database, 1)  # so that its proposal is the older one, and stands first
    await send(page, "support", "A customer was charged twice and asks for a refund")
    await evaluated(database, 2)
    await go(page, "Home")
    await expect(home(page)).to_contain_text("2 proposals wait for people.")
    await picture(page, screenshots, "home-waiting")
    await home(page).get_by_role("button", name="Go through them").click()
    waiting = page.get_by_role("dialog", name="Waiting for people")
    await waiting.get_by_role("button", name="Start").first.click()
    await expect(waiting).to_contain_text("How bad is it?")
    await picture(page, screenshots, "waiting")
    await waiting.get_by_role("button", name="Not this").click()
    await expect(waiting).not_to_contain_text("Refund request")
    await waiting.get_by_role("button", name="Close").last.click()
    await expect(home(page)).not_to_contain_text("proposal waiting")


async def test_the_feed_is_filtered_and_tabs_keep_their_place(page: Page, database: str) -> None:
    await send(page, "support", "A customer was charged twice and asks for a refund")
    await send(page, "general", "Who wants to join for lunch at noon?")
    await evaluated(database, 2)
    await go(page, "Home")
    await expect(home(page)).to_contain_text("No SOP")
    outcomes = home(page).get_by_role("combobox", name="All outcomes")
    await outcomes.scroll_into_view_if_needed()
    # The page hears of that in its next frame, and would close a menu that is open by then.
    await page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    await outcomes.click()
    await page.get_by_role("option", name="Proposed").click()
    await expect(home(page).get_by_role("button", name="Show all")).to_be_visible()
    await expect(home(page)).to_contain_text("Refund request")
    await expect(home(page)).not_to_contain_text("nearest")
    await home(page).get_by_role("button", name="Go to Knowledge").click()
    await expect(
        home(page).get_by_role("button", name="Knowledge, the tab you see")
    ).to_be_visible()
    await home(page).get_by_role("button", name="Go to Overview").click()
    await expect(home(page)).to_contain_text("nearest")


async def test_everybody_may_switch_off_and_admins_on(page: Page, screenshots: Path) -> None:
    await go(page, "Home")
    await expect(home(page)).to_contain_text("Nothing yet.")
    await picture(page, screenshots, "home-empty")
    await home(page).get_by_role("button", name="Switch on").click()
    dialog = page.get_by_role("dialog", name="Switch Auto-Pilot on?")
    await picture(page, screenshots, "switch-on")
    await dialog.get_by_role("button", name="Switch on").click()
    await expect(home(page)).to_contain_text("Auto-Pilot is on")
    await picture(page, screenshots, "home-on")
    await act_as(page, "Grace (support)")
    await expect(home(page)).to_contain_text("Auto-Pilot is on")
    await home(page).get_by_role("button", name="Switch off").click()
    dialog = page.get_by_role("dialog", name="Switch Auto-Pilot off?")
    await dialog.get_by_role("button", name="Switch off").click()
    await expect(home(page)).to_contain_text("Auto-Pilot is off")
    await expect(home(page)).to_contain_text("An admin can switch it on")
    await expect(home(page).get_by_role("button", name="Switch on")).to_have_count(0)
    await picture(page, screenshots, "home-not-admin")
    await expect(await ask(page, "/livesop autopilot on")).to_contain_text("Only admins")


async def test_a_new_team_is_guided_through_its_first_steps(page: Page, screenshots: Path) -> None:
    await page.set_viewport_size({"width": 1280, "height": 1000})
    await go(page, "Home")
    await expect(home(page)).to_contain_text("Set up LiveSOP: step 2 of 4", timeout=10_000)
    await picture(page, screenshots, "guide-sops")
    await home(page).get_by_role("button", name="Look at the SOPs").click()
    await expect(home(page)).to_contain_text("Access request")
    await home(page).get_by_role("button", name="Go to Overview").click()
    await expect(home(page)).to_contain_text("step 3 of 4")
    await home(page).get_by_role("button", name="Later").click()
    await home(page).get_by_role("button", name="Go on setting up: step 3 of 4").click()
    await home(page).get_by_role("button", name="Try it here").click()
    tried = page.get_by_role("dialog", name="Test a message")
    await expect(tried).to_contain_text("Nothing was stored, posted or started.", timeout=10_000)
    await picture(page, screenshots, "guide-tried")
    await tried.get_by_role("button", name="Close").last.click()
    await expect(home(page)).to_contain_text("step 4 of 4")
    await home(page).get_by_role("button", name="Switch it on").click()
    await page.get_by_role("dialog").get_by_role("button", name="Switch it on").click()
    await expect(home(page)).to_contain_text("Auto-Pilot is on for")
    await expect(home(page)).not_to_contain_text("of 4")
    await picture(page, screenshots, "guide-done")
    await go(page, "Messages")
    await expect(page.get_by_role("main")).to_contain_text("Hello! I am LiveSOP.")
    await picture(page, screenshots, "guide-greeting")


async def test_what_is_allowed_starts_by_itself(page: Page, screenshots: Path) -> None:
    for command, said in (
        ("/livesop autopilot on", "Auto-Pilot is on."),
        ("/livesop autopilot on incident", "now on for Incident"),
        ("/livesop autopilot on incident declare", "now on for Declare the incident"),
    ):
        await expect(await ask(page, command)).to_contain_text(said)
    await expect(await ask(page, "/livesop autopilot")).to_contain_text("declare")
    await picture(page, screenshots, "autopilot")
    await send(page, "incidents", TOUR[0].text)
    answer = await open_thread(page)
    await expect(answer.get_by_role("heading")).to_have_text(SURE)
    await expect(answer).to_contain_text("started by Auto-Pilot")
    await answer.get_by_role("button", name="critical").click()
    await expect(answer).to_contain_text(re.compile(r"Will be done at \d+:\d\d:\d\d"))
    await expect(answer).to_contain_text("Critical incident: see the message, reported by @Ada")
    await picture(page, screenshots, "run-window")
    thread = page.get_by_role("complementary", name="Thread")
    run = thread.get_by_role("article").filter(has=page.get_by_role("heading"))
    await answer.get_by_role("button", name=re.compile("^Cancel:")).click()
    await expect(run).to_contain_text("Taken back before it was done.")
    await expect(thread).to_contain_text("Auto-Pilot is off for the step Declare the incident")
    await picture(page, screenshots, "run-taken-back")


async def test_people_press_a_run_through(
    page: Page, workspace: Workspace, screenshots: Path
) -> None:
    await page.set_viewport_size({"width": 1280, "height": 1000})
    await act_as(page, "Grace (support)")
    await send(page, "incidents", TOUR[0].text)
    answer = await open_thread(page)
    await expect(answer).to_contain_text("Proposed. Nothing has been done.")
    await picture(page, screenshots, "run-proposed")
    thread = page.get_by_role("complementary", name="Thread")
    answer = thread.get_by_role("article").filter(has=page.get_by_role("heading"))

    async def press(name: str, then: str) -> None:
        await answer.get_by_role("button", name=re.compile(f"^{name}(:|$)")).click()
        await expect(answer).to_contain_text(then, timeout=10_000)
        await picture(page, screenshots, f"run-{name.lower()}-{len(list(screenshots.iterdir()))}")

    await press("Start", "started by @Grace")
    await press("critical", "reported by @Grace")
    await expect(answer).to_contain_text("Auto-Pilot is off for this team.")
    await act_as(page, "Linus (engineering)")
    await press("Approve", "Posted in #incidents")
    await press("Approve", "Failed.")
    await press("Skip", "skipped")
    await press("Done", "We are looking into a problem")
    await press("Approve", "Posted in #status")
    await answer.get_by_role("button", name="Why?").click()
    panel = page.get_by_role("dialog", name="Why?")
    await expect(panel).to_contain_text("Its reasoningThe message fits Incident")
    await expect(panel).to_contain_text(
        re.compile(r"Open an incident ticket\s+·\s+skipped\s+·\s+by @Linus")
    )
    await expect(panel.get_by_role("link", name="Open it in its thread")).to_be_visible()
    await picture(page, screenshots, "panel-run")
    await panel.get_by_role("button", name="Close").last.click()
    await press("Done", "started by @Grace")
    await expect(answer.get_by_role("button", name="Done")).to_have_count(0)
    await expect(answer).to_contain_text("Declare the incident")
    await picture(page, screenshots, "run-over")
    posts = [m["text"] for m in workspace.channel(STATUS).messages.values()]
    assert len(posts) == 1


async def test_the_trust_panel_says_why_nothing_happened_and_learns(
    page: Page, database: str, screenshots: Path
) -> None:
    await page.set_viewport_size({"width": 1280, "height": 1000})
    message = await send(page, "general", "Has anybody seen my umbrella?")
    panel = page.get_by_role("dialog", name="Why?")
    await expect(message).to_contain_text("umbrella")
    await evaluated(database, 1)
    await choose(message, "Why (LiveSOP)")
    await expect(panel).to_contain_text("No SOP fits")
    await expect(panel).to_contain_text("Nothing: no SOP was proposed or started for it.")
    await picture(page, screenshots, "panel-nothing")

    await panel.get_by_role("button", name="Replay").click()
    await expect(panel).to_contain_text("A dry run: nothing was done.")
    await panel.get_by_role("button", name="Right").click()
    await expect(panel).to_contain_text("No SOP fits, says @Ada")
    await picture(page, screenshots, "panel-verdict")
    await panel.get_by_role("button", name="Close").last.click()
    await expect(panel).to_have_count(0)


async def test_an_sop_is_started_from_the_menu_of_a_message(page: Page) -> None:
    message = await send(page, "general", "Has anybody seen my umbrella?")
    await expect(message).to_contain_text("umbrella")
    await choose(message, "Start an SOP…")
    form = page.get_by_role("dialog")
    await form.get_by_role("combobox").click()
    await page.get_by_role("option", name="Access request").click()
    await form.locator("[type=submit]").click()
    await expect(form).to_contain_text("Access request was started")
    await page.keyboard.press("Escape")
    await open_thread(page)
    await expect(answer_in(page).get_by_role("heading")).to_contain_text("Access request")


async def test_a_run_is_cancelled_after_a_question(page: Page, screenshots: Path) -> None:
    await send(page, "incidents", TOUR[0].text)
    answer = await open_thread(page)
    await answer.get_by_role("button", name="Start").click()
    await answer.get_by_role("button", name="Cancel run").click()
    dialog = page.get_by_role("dialog", name="Cancel this SOP?")
    await picture(page, screenshots, "run-cancel")
    await dialog.get_by_role("button", name="Cancel the SOP").click()
    await expect(answer).to_contain_text("Cancelled by @")
    await expect(answer.get_by_role("button", name="Cancel run")).to_have_count(0)


async def test_an_absent_database_is_said_and_nothing_is_lost(
    server: SlackServer,
    open_page: OpenPage,
    livesop: Livesop,
    private_postgres: Any,
    screenshots: Path,
) -> None:
    await livesop(private_postgres.dsn)
    page = await open_page(server.page_url)
    await expect(await ask(page, "/livesop status")).to_contain_text("All well")
    private_postgres.stop()
    await go(page, "Home")
    await expect(home(page)).to_contain_text("The database is away.")
    await picture(page, screenshots, "home-away")
    await expect(await ask(page, "/livesop status")).to_contain_text("database")
    await expect(await ask(page, "/livesop autopilot off")).to_contain_text("not confirmed")
    await picture(page, screenshots, "status-away")
    await send(page, "incidents", TOUR[0].text)
    private_postgres.start()
    answer = await open_thread(page)
    await expect(answer.get_by_role("heading")).to_have_text(SURE)
    await go(page, "Home")
    await expect(home(page)).to_contain_text(re.compile(r"Incident\s+·\s+9\d%"))


async def test_an_admin_changes_a_setting_and_others_look(page: Page, screenshots: Path) -> None:
    await page.set_viewport_size({"width": 1280, "height": 1500})
    await go(page, "Home")
    await home(page).get_by_role("button", name="Settings").click()
    await expect(home(page)).to_contain_text("Starts by itself from 90%")
    await picture(page, screenshots, "settings")
    await home(page).get_by_role("button", name="Change thresholds").click()
    form = page.get_by_role("dialog", name="Thresholds")
    await form.get_by_role("spinbutton", name="Start by itself from (%)").fill("95")
    await picture(page, screenshots, "settings-thresholds")
    await form.get_by_role("button", name="Save").click()
    await expect(home(page)).to_contain_text("Starts by itself from 95% (set by this team)")
    await act_as(page, "Grace (support)")
    await go(page, "Home")
    await home(page).get_by_role("button", name="Settings").click()
    await expect(home(page)).to_contain_text("Only admins can change these")
    await expect(home(page).get_by_role("button", name="Change")).to_have_count(0)
    await picture(page, screenshots, "settings-not-admin")


async def test_an_sop_is_edited_and_published(page: Page, screenshots: Path) -> None:
    await act_as(page, "Ada")
    await go(page, "Home")
    await home(page).get_by_role("button", name="Go to Workflows").click()
    await expect(home(page)).to_contain_text("Refund request")
    await picture(page, screenshots, "workflows")
    await home(page).get_by_role("button", name="Open Incident").click()
    await expect(home(page)).to_contain_text("Declare the incident")
    await picture(page, screenshots, "sop")
    await home(page).get_by_role("button", name="Edit: Incident").click()
    modal = page.get_by_role("dialog")
    await modal.get_by_role("button", name="Edit").first.click()
    await modal.get_by_role("textbox", name="Name").fill("Outage")
    await picture(page, screenshots, "sop-form")
    await modal.get_by_role("button", name="Save to draft").click()
    await expect(modal).to_contain_text("last changed by you")
    await picture(page, screenshots, "sop-editor")
    await modal.get_by_role("button", name="Review and publish").click()
    await expect(modal).to_contain_text("“Incident” → “Outage”")
    await picture(page, screenshots, "sop-review")
    await modal.get_by_role("button", name="Publish version 2").click()
    await expect(home(page)).to_contain_text("Version 2 is published")
    await expect(home(page).get_by_role("heading", name="Outage")).to_be_visible()
