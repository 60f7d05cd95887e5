"""Who may what, asked of a Slack server and looked up in the team's lists."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.domain.rights import Role
from livesop_bot.domain.signals import TeamId, UserId
from livesop_bot.domain.team_settings import TeamSettings
from livesop_bot.errors import SlackAway, SlackRefused
from livesop_bot.sandbox.demo import ADA, GRACE, LINUS, demo_workspace
from livesop_bot.sandbox.faults import AnswerError, AnswerStatus, Fault, NeverHandled, RateLimited
from livesop_bot.sandbox.people import Person
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.slack.people import NAMED, People

TEAM = TeamId("T0SANDBOX")
ADMIN, AGENT, OWNER = UserId(ADA), UserId(GRACE), UserId(LINUS)
ALAN, GUEST = UserId("U0ALAN0001"), UserId("U0GUEST001")
MORE = (
    Person(id=ALAN, name="alan", real_name="Alan"),
    Person(id=GUEST, name="guest", real_name="A guest", is_guest=True),
    Person(id="U0STRANGER", name="stranger", real_name="Of elsewhere", is_stranger=True),
    Person(id="U0ROBOT001", name="robot", real_name="Robot", is_admin=True, is_bot=True),
)


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[SlackServer]:
    workspace = demo_workspace()
    workspace.people.update({person.id: person for person in MORE})
    workspace.people[OWNER] = replace(workspace.people[OWNER], is_owner=True)
    async with SlackServer(workspace) as server:
        yield server


class Lists:
    """The team's own lists."""

    now = TeamSettings()

    async def of(self, team: TeamId) -> TeamSettings:
        """Give them; another team has none."""
        return self.now if team == TEAM else TeamSettings()


@pytest.fixture
def lists() -> Lists:
    return Lists()


@pytest.fixture
def people(slack: SlackServer, lists: Lists) -> People:
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, timeout=5)
    return People(client, frozenset({"ULISTED"}), lists.of)


async def test_admins_and_owners_of_the_workspace_are_admins(people: People) -> None:
    assert await people.role(TEAM, ADMIN) is Role.ADMIN
    assert await people.role(TEAM, OWNER) is Role.ADMIN
    assert await people.role(TEAM, AGENT) is Role.OPERATOR


async def test_those_in_the_settings_are_admins_without_asking_slack(
    slack: SlackServer, people: People
) -> None:
    slack.faults.every_method = AnswerStatus(503)
    assert await people.role(TEAM, UserId("ULISTED")) is Role.ADMIN


async def test_those_in_the_teams_own_list_are_admins(people: People, lists: Lists) -> None:
    lists.now = TeamSettings(admins=(AGENT,))
    assert await people.role(TEAM, AGENT) is Role.ADMIN
    assert await people.role(TEAM, ALAN) is Role.OPERATOR


async def test_a_list_of_operators_leaves_the_others_to_look(
    slack: SlackServer, people: People, lists: Lists
) -> None:
    slack.workspace.groups["S0ONCALL01"] = {ALAN}
    lists.now = TeamSettings(operators=(GUEST, "S0ONCALL01"))
    assert await people.role(TEAM, AGENT) is Role.VIEWER
    assert await people.role(TEAM, ALAN) is Role.OPERATOR
    assert await people.role(TEAM, GUEST) is Role.OPERATOR
    assert await people.role(TEAM, ADMIN) is Role.ADMIN


@pytest.mark.parametrize("user", [GUEST, "U0STRANGER", "U0ROBOT001", "U0NOBODY01"])
async def test_guests_strangers_bots_and_unknown_people_only_look(
    people: People, user: str
) -> None:
    assert await people.role(TEAM, UserId(user)) is Role.VIEWER


async def test_an_admin_elsewhere_is_none_here(people: People) -> None:
    assert await people.role(TeamId("T0OTHER"), ADMIN) is Role.VIEWER


async def test_what_slack_said_is_remembered(slack: SlackServer, people: People) -> None:
    assert await people.role(TEAM, ADMIN) is Role.ADMIN
    assert await people.role(TEAM, AGENT) is Role.OPERATOR
    slack.faults.every_method = AnswerStatus(503)
    assert await people.role(TEAM, ADMIN) is Role.ADMIN
    assert await people.role(TEAM, AGENT) is Role.OPERATOR


@pytest.mark.parametrize(
    "fault", [AnswerStatus(503), AnswerError("internal_error"), RateLimited(30), NeverHandled()]
)
async def test_slack_being_away_is_said_within_a_second_or_so_and_not_remembered(
    slack: SlackServer, people: People, fault: Fault
) -> None:
    slack.faults.add("users.info", fault)
    async with asyncio.timeout(1.5):
        with pytest.raises(SlackAway):
            await people.role(TEAM, ADMIN)
    assert await people.role(TEAM, ADMIN) is Role.ADMIN


async def test_those_who_are_mentioned_are_named_as_far_as_slack_does(
    slack: SlackServer, people: People
) -> None:
    slack.faults.add("users.info", AnswerError("missing_scope"))
    texts = [f"<@{ADMIN}> ask <@{AGENT}>", f"<@{AGENT}> <@U0NOBODY01> <@{ALAN}|al>"]
    named = await people.names(texts)
    assert named.keys() < {ADMIN, AGENT}
    assert await people.names(texts) == {ADMIN: "ada", AGENT: "grace"}


async def test_a_refusal_is_no_role_and_no_outage(slack: SlackServer, people: People) -> None:
    slack.faults.add("users.info", AnswerError("missing_scope"))
    with pytest.raises(SlackRefused):
        await people.role(TEAM, ADMIN)


async def test_admins_are_named_those_of_the_lists_first(people: People, lists: Lists) -> None:
    lists.now = TeamSettings(admins=(AGENT,))
    assert await people.who_are(TEAM, Role.ADMIN) == (AGENT, "ULISTED", ADMIN, OWNER)


async def test_of_many_admins_a_few_are_named(people: People, lists: Lists) -> None:
    lists.now = TeamSettings(admins=tuple(f"U{number}" for number in range(50)))
    assert len(await people.who_are(TEAM, Role.ADMIN)) == NAMED


async def test_slacks_admins_go_unnamed_where_it_does_not_say(
    slack: SlackServer, people: People
) -> None:
    slack.faults.add("users.list", AnswerStatus(503))
    assert await people.who_are(TEAM, Role.ADMIN) == ("ULISTED",)


async def test_operators_are_named_where_there_is_a_list(people: People, lists: Lists) -> None:
    assert await people.who_are(TEAM, Role.OPERATOR) == ()
    lists.now = TeamSettings(operators=("S0ONCALL01", AGENT))
    assert await people.who_are(TEAM, Role.OPERATOR) == ("S0ONCALL01", AGENT)
