"""What people ask, through the socket: commands, the shortcut, App Home."""

from typing import Any

import pytest
from pydantic import SecretStr

from livesop_bot.errors import ConfigurationError
from livesop_bot.sandbox.demo import ADA, GRACE, INCIDENTS
from livesop_bot.sandbox.server import SlackServer
from tests.reader import Reader

OUTAGE = "URGENT: checkout is down, all payments fail with error 502"


def command(slack: SlackServer, user: str, text: str) -> dict[str, Any]:
    """A slash command's payload."""
    return {
        "command": "/livesop",
        "text": text,
        "team_id": slack.workspace.team.id,
        "user_id": user,
        "channel_id": INCIDENTS,
        "trigger_id": "1.2.3",
        "response_url": slack.page_url,
    }


async def asked(slack: SlackServer, user: str, text: str) -> str:
    """The answer to a slash command."""
    outcome = await slack.socket_mode.request("slash_commands", command(slack, user, text))
    assert outcome.acked
    return str(outcome.response)


async def test_why_explains_a_message(
    slack: SlackServer, database: str, start_app: Any, facts: Any
) -> None:
    await start_app(database)
    message = slack.workspace.post(INCIDENTS, GRACE, OUTAGE)
    await facts.until("SELECT post_state FROM runs", "posted")
    link = await facts.value("SELECT permalink FROM raw_signals")
    await slack.interactions.command(ADA, INCIDENTS, f"/livesop why {link}")
    await Reader(slack, ADA).until("*Incident*")

    await slack.interactions.message_shortcut(GRACE, INCIDENTS, message["ts"], "why_shortcut")
    await Reader(slack).until("*Incident*")


async def test_autopilot_is_switched_on_by_admins_only_and_starts_the_sop(
    slack: SlackServer, database: str, start_app: Any, facts: Any
) -> None:
    await start_app(database, livesop_auto_threshold=0.6)
    assert "admin" in await asked(slack, GRACE, "autopilot on")
    assert await facts.value("SELECT autopilot FROM teams") is False

    for words in ("autopilot on", "autopilot on incident", "autopilot on incident declare"):
        await asked(slack, ADA, words)
    started = slack.workspace.post(INCIDENTS, GRACE, OUTAGE)
    await facts.until("SELECT count(*) FROM runs WHERE post_state = 'posted'", 1)
    assert await facts.value("SELECT reason FROM evaluations") == "started"
    assert "started by Auto-Pilot" in str(facts.answers(started["ts"])[0]["blocks"])

    await asked(slack, GRACE, "autopilot off")
    slack.workspace.post(INCIDENTS, GRACE, OUTAGE)
    await facts.until("SELECT count(*) FROM runs WHERE post_state = 'posted'", 2)
    assert await facts.value("SELECT reason FROM evaluations ORDER BY id DESC LIMIT 1") == (
        "autopilot_off"
    )


async def test_home_is_published_when_it_is_opened(
    slack: SlackServer, database: str, start_app: Any
) -> None:
    await start_app(database)
    slack.workspace.open_home(ADA)
    await slack.workspace.wait_for_change(
        lambda _: "Auto-Pilot is off" in str(slack.workspace.views.homes.get(ADA))
    )


@pytest.mark.parametrize("name", ["slack_bot_token", "slack_app_token"])
async def test_a_token_that_slack_refuses_is_named_and_ends_the_start(
    slack: SlackServer, database: str, start_app: Any, name: str
) -> None:
    wrong = {name: SecretStr(f"{'xoxb' if 'bot' in name else 'xapp'}-wrong")}
    with pytest.raises(ConfigurationError, match=name.upper()):
        await start_app(database, **wrong)
