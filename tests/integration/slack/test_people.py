"""Who is an admin, asked of a Slack server."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.domain.signals import UserId
from livesop_bot.errors import SlackAway, SlackRefused
from livesop_bot.sandbox.demo import ADA, GRACE, LINUS, demo_workspace
from livesop_bot.sandbox.faults import AnswerError, AnswerStatus, Fault, NeverHandled, RateLimited
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.slack.people import People

ADMIN, AGENT, OWNER = UserId(ADA), UserId(GRACE), UserId(LINUS)


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[SlackServer]:
    workspace = demo_workspace()
    workspace.people[OWNER] = replace(workspace.people[OWNER], is_owner=True)
    async with SlackServer(workspace) as server:
        yield server


@pytest.fixture
def people(slack: SlackServer) -> People:
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, timeout=5)
    return People(client, frozenset({"ULISTED"}))


async def test_admins_and_owners_of_the_workspace_are_admins(people: People) -> None:
    assert await people.is_admin(ADMIN) is True
    assert await people.is_admin(OWNER) is True
    assert await people.is_admin(AGENT) is False


async def test_those_in_the_settings_are_admins_without_asking_slack(
    slack: SlackServer, people: People
) -> None:
    slack.faults.every_method = AnswerStatus(503)
    assert await people.is_admin(UserId("ULISTED")) is True


async def test_somebody_whom_slack_does_not_know_is_none(people: People) -> None:
    assert await people.is_admin(UserId("U0NOBODY01")) is False


async def test_what_slack_said_is_remembered(slack: SlackServer, people: People) -> None:
    assert await people.is_admin(ADMIN) is True
    assert await people.is_admin(AGENT) is False
    slack.faults.every_method = AnswerStatus(503)
    assert await people.is_admin(ADMIN) is True
    assert await people.is_admin(AGENT) is False


@pytest.mark.parametrize(
    "fault", [AnswerStatus(503), AnswerError("internal_error"), RateLimited(30), NeverHandled()]
)
async def test_slack_being_away_is_said_within_a_second_or_so_and_not_remembered(
    slack: SlackServer, people: People, fault: Fault
) -> None:
    slack.faults.add("users.info", fault)
    async with asyncio.timeout(1.5):
        with pytest.raises(SlackAway):
            await people.is_admin(ADMIN)
    assert await people.is_admin(ADMIN) is True


async def test_a_refusal_is_no_admin_and_no_outage(slack: SlackServer, people: People) -> None:
    slack.faults.add("users.info", AnswerError("missing_scope"))
    with pytest.raises(SlackRefused):
        await people.is_admin(ADMIN)
