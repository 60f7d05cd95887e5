"""The Settings tab in a workspace: looked at by all, changed by admins, and kept."""

import asyncio
import json
from datetime import date
from typing import Any

import pytest

from livesop_bot.db.pool import Pool
from livesop_bot.db.team_settings import TeamSettingsBook
from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.team_settings import TeamSettings
from livesop_bot.sandbox.demo import ADA, BUGS, GENERAL, GRACE, SUPPORT
from livesop_bot.sandbox.faults import AnswerError
from livesop_bot.views.home.settings import Form
from livesop_bot.views.inputs import block_id
from tests.integration.slack.listeners.conftest import Desk

TEAM = TeamId("T0SANDBOX")


FAILED = """
INSERT INTO reports (team_id, kind, day, recipient, state, error)
VALUES ('T0SANDBOX', $1, $2, $3, $4, $5)
"""


class Office:
    """A person in the Settings tab."""

    def __init__(self, desk: Desk, pool: Pool, user: str) -> None:
        self.desk = desk
        self.pool = pool
        self.user = user

    async def come(self) -> str:
        """Go to the tab; gives what it shows."""
        await self.desk.home(self.user)
        await self._press("home_tab:3", value="settings")
        return await self.tab()

    async def tab(self) -> str:
        """What the tab shows next; a kept view comes before the new one."""
        return await self.desk.shown()

    async def edit(self, form: Form) -> dict[str, Any]:
        """Press a form's button; gives the form once it is filled."""
        await self._press(f"settings_edit:{list(Form).index(form)}", value=form.value)
        return await self.modal()

    async def modal(self) -> dict[str, Any]:
        """The modal on top, once it says something."""
        async with asyncio.timeout(5):
            while True:
                stack = self.desk.slack.workspace.views.stacks.get(self.user) or []
                if stack and "One moment" not in json.dumps(stack[-1]):
                    return dict(stack[-1])
                await asyncio.sleep(0.01)

    async def sent(self, view: dict[str, Any], **fields: dict[str, Any]) -> str:
        """Send a modal that stays open; gives what it says then."""
        assert await self.send(view, **fields) == {}
        return json.dumps(await self.modal(), ensure_ascii=False)

    async def send(self, view: dict[str, Any], **fields: dict[str, Any]) -> dict[str, str]:
        """Send a modal with those fields, and its other fields as they are; gives the errors."""
        values = {
            block["block_id"]: {"sop_field": _initial(block["element"])}
            for block in view["blocks"]
            if block["type"] == "input"
        }
        for name, value in fields.items():
            values[block_id(name)] = {"sop_field": value}
        return await self.desk.slack.interactions.submit(self.user, view["id"], values)

    async def kept(self) -> TeamSettings:
        """What is in the database."""
        return await TeamSettingsBook(self.pool).now(TEAM)

    def buttons(self) -> int:
        """How many buttons of the tab change something."""
        view = self.desk.slack.workspace.views.homes[self.user]
        return json.dumps(view).count('"settings_edit:')

    def modals(self) -> int:
        """How many modals are open."""
        return len(self.desk.slack.workspace.views.stacks.get(self.user) or [])

    async def _press(self, action_id: str, *, value: str) -> None:
        view = self.desk.slack.workspace.views.homes[self.user]
        action = {"type": "button", "action_id": action_id, "block_id": "any", "value": value}
        await self.desk.slack.interactions.block_action(
            self.user, {"type": "view", "view_id": view["id"]}, action
        )

    async def check_jira(self) -> str:
        """Press the check; gives what the modal says."""
        await self._press("settings_jira", value="")
        return json.dumps(await self.modal(), ensure_ascii=False)


def _initial(element: dict[str, Any]) -> dict[str, Any]:
    """A field's state as it is when nothing was touched."""
    kind = element["type"]
    name = {
        "multi_users_select": "selected_users",
        "multi_conversations_select": "selected_conversations",
        "conversations_select": "selected_conversation",
        "checkboxes": "selected_options",
    }.get(kind, "value")
    initial = element.get(name.replace("selected_", "initial_").replace("value", "initial_value"))
    return {"type": kind, name: initial or ([] if kind.startswith(("multi", "check")) else None)}


def typed(text: str) -> dict[str, Any]:
    return {"type": "number_input", "value": text}


def users(*ids: str) -> dict[str, Any]:
    return {"type": "multi_users_select", "selected_users": list(ids)}


def channels(*ids: str) -> dict[str, Any]:
    return {"type": "multi_conversations_select", "selected_conversations": list(ids)}


@pytest.fixture
def ada(desk: Desk, pool: Pool) -> Office:
    return Office(desk, pool, ADA)


@pytest.fixture
def grace(desk: Desk, pool: Pool) -> Office:
    return Office(desk, pool, GRACE)


async def refusals(pool: Pool) -> list[tuple[str, str]]:
    rows = await pool.fetch("SELECT actor, subject FROM audit_log WHERE kind = 'refusal'")
    return [tuple(row) for row in rows]


async def test_thresholds_are_changed_shown_at_once_and_audited(ada: Office) -> None:
    assert "Starts by itself from *90%*  (default)" in await ada.come()
    form = await ada.edit(Form.THRESHOLDS)
    assert await ada.send(form, auto=typed("95")) == {}
    shown = await ada.tab()
    assert "Starts by itself from *95%*  (set by this team)" in shown
    assert "starts from: — → 0.95" in shown
    assert await ada.kept() == TeamSettings(auto_threshold=0.95)
    assert ada.modals() == 0
    assert await ada.pool.fetchval("SELECT actor FROM audit_log WHERE kind = 'settings'") == ADA


async def test_what_cannot_be_is_said_in_the_form_and_changes_nothing(ada: Office) -> None:
    await ada.come()
    form = await ada.edit(Form.THRESHOLDS)
    errors = await ada.send(form, auto=typed("40"))
    assert errors == {block_id("propose"): "This must not be above the other, which is 40%."}
    assert await ada.kept() == TeamSettings()


async def test_others_see_the_values_and_whom_to_ask(grace: Office) -> None:
    shown = await grace.come()
    assert f"Only admins can change these: <@{ADA}>." in shown
    assert grace.buttons() == 0
    said = json.dumps(await grace.edit(Form.PEOPLE))
    assert f"Please ask <@{ADA}>." in said
    assert await refusals(grace.pool) == [(GRACE, f"settings:{TEAM}")]


async def test_who_is_no_admin_any_more_when_sending_changes_nothing(ada: Office) -> None:
    book = TeamSettingsBook(ada.pool)
    await book.change(TEAM, "U1", lambda _: TeamSettings(admins=(GRACE,)))
    grace = Office(ada.desk, ada.pool, GRACE)
    await grace.come()
    form = await grace.edit(Form.THRESHOLDS)
    await book.change(TEAM, "U1", lambda _: TeamSettings())
    async with asyncio.timeout(10):  # what the listeners remember is two seconds old at most
        while not await refusals(grace.pool):
            await grace.send(form, auto=typed("95"))
            assert await grace.kept() == TeamSettings() or not await refusals(grace.pool)
            await book.change(TEAM, "U1", lambda _: TeamSettings())
    assert await grace.kept() == TeamSettings()


async def test_a_new_admin_may_change_things_and_operators_are_kept(ada: Office) -> None:
    await ada.come()
    form = await ada.edit(Form.PEOPLE)
    groups = {"type": "plain_text_input", "value": "S0ONCALL01"}
    await ada.send(form, admins=users(GRACE), operators=users(ADA), groups=groups)
    shown = await ada.tab()
    assert f"Admins: Slack's admins and owners, <@{GRACE}>" in shown
    assert f"Operators: <@{ADA}>, <!subteam^S0ONCALL01>" in shown
    grace = Office(ada.desk, ada.pool, GRACE)
    await grace.come()
    assert grace.buttons() == ada.buttons() == len(Form) - 1, "all but the budget of no model"


async def test_texts_are_forgotten_only_after_it_was_said_what_goes(ada: Office) -> None:
    await ada.pool.execute(
        "INSERT INTO raw_signals (event_id, team_id, source, external_id, channel_id, message_ts, "
        "author_id, author_is_bot, text, occurred_at, received_at, stored_at, state) SELECT "
        "'E' || n, $1, 'slack', 'C1:' || n, 'C1', n::text, 'U1', false, 'old', now(), now(), "
        "now() - make_interval(days => n * 10), 'evaluated' FROM generate_series(1, 12) AS n",
        TEAM,
    )
    await ada.come()
    form = await ada.edit(Form.RETENTION)
    assert await ada.send(form, days=typed("90")) == {}
    asked = await ada.modal()
    assert "*4 messages* lose the text" in json.dumps(asked)
    assert ada.modals() == 2
    assert await ada.kept() == TeamSettings(), "nothing yet"
    await ada.send(asked)
    assert "kept for *90 days*" in await ada.tab()
    assert ada.modals() == 0
    assert (await ada.kept()).retention_days == 90

    form = await ada.edit(Form.RETENTION)
    await ada.send(form, days=typed(""))
    assert "kept *for ever*" in await ada.tab()


async def test_reports_need_a_channel_and_a_time_zone_that_exists(ada: Office) -> None:
    await ada.come()
    form = await ada.edit(Form.REPORTS)
    on = {"type": "checkboxes", "selected_options": [{"value": "yes"}]}
    assert list(await ada.send(form, digest=on)) == [block_id("digest_channel")]
    where = {"type": "conversations_select", "selected_conversation": SUPPORT}
    nowhere = {"type": "plain_text_input", "value": "Europe/Nowhere"}
    errors = await ada.send(form, digest=on, digest_channel=where, zone=nowhere)
    assert errors == {
        block_id("zone"): "There is no such time zone. Write it such as Europe/Berlin."
    }
    berlin = {"type": "plain_text_input", "value": "Europe/Berlin"}
    assert await ada.send(form, digest=on, digest_channel=where, zone=berlin) == {}
    assert f"Mondays at 09:00 in <#{SUPPORT}>" in await ada.tab()
    assert (await ada.kept()).time_zone == "Europe/Berlin"


async def test_channels_are_joined_and_what_slack_refuses_is_said(ada: Office) -> None:
    workspace = ada.desk.slack.workspace
    workspace.channel(BUGS).members.discard(workspace.bot.user_id)
    await ada.come()
    form = await ada.edit(Form.JOIN)
    assert f"LiveSOP is in <#{BUGS}>" in await ada.sent(form, join=channels(BUGS))
    assert workspace.bot.user_id in workspace.channel(BUGS).members

    ada.desk.slack.faults.add("conversations.join", AnswerError("is_archived"))
    await ada.desk.slack.interactions.close(ADA, (await ada.modal())["id"], clear=True)
    form = await ada.edit(Form.JOIN)
    assert f"Not in <#{GENERAL}>: it is archived" in await ada.sent(form, join=channels(GENERAL))


async def test_without_a_project_jira_has_no_check(ada: Office) -> None:
    assert "No project is set where LiveSOP runs" in await ada.come()
    assert "set JIRA_PROJECT" in await ada.check_jira()


async def test_with_the_database_away_a_form_says_so_and_stays(ada: Office, pool: Pool) -> None:
    await ada.come()
    form = await ada.edit(Form.REMINDERS)
    await pool.close()
    errors = await ada.send(form, remind=typed("8"))
    assert "not confirmed" in errors[block_id("remind")]


async def test_a_digest_that_slack_did_not_take_is_said_until_the_next_one_is_there(
    ada: Office, grace: Office, pool: Pool
) -> None:
    first, second = date(2026, 11, 16), date(2026, 11, 23)
    why = "Slack refused: not_in_channel"
    await pool.execute(FAILED, "weekly_digest", first, BUGS, "failed", why)
    await pool.execute(FAILED, "daily_summary", second, GRACE, "failed", "Slack refused: gone")
    said = await ada.come()
    assert f"The weekly digest did not get into <#{BUGS}> on 16 November: {why}. Invite" in said
    assert f"The daily summary did not get to <@{GRACE}> on 23 November" in said
    await pool.execute(FAILED, "weekly_digest", second, BUGS, "posted", "")
    assert "did not get into" not in await grace.come()
