"""The outside world of actions, on loopback, and one example of each kind that acts there.

slack, jira, receiver   the servers
values                  what templates are filled with
act                     an example: its kind, its request, and how often it happened
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import pytest
from pydantic import SecretStr
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.destinations import Destinations
from livesop_bot.actions.jira_calls import Jira
from livesop_bot.actions.jira_comment import JiraComment
from livesop_bot.actions.jira_issue import JiraIssue
from livesop_bot.actions.jira_transition import JiraTransition
from livesop_bot.actions.kind import Kind
from livesop_bot.actions.slack_message import SlackMessage
from livesop_bot.actions.webhook import Webhook
from livesop_bot.domain.actions import ActionRequest, Receipt
from livesop_bot.domain.occasion import THREAD
from livesop_bot.sandbox.demo import GRACE, INCIDENTS, demo_workspace
from livesop_bot.sandbox.faults import Faults
from livesop_bot.sandbox.server import SlackServer
from tests.outside.jira_server import EMAIL, TOKEN, JiraServer
from tests.outside.webhook_receiver import WebhookReceiver

SECRET = "0123456789abcdef"
OUTAGE = "checkout is down"
QUICK = aiohttp.ClientTimeout(total=2)
"""For tests that wait for the end of it; a busy machine answers within it."""


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer(demo_workspace()) as server:
        yield server


@pytest.fixture
async def jira() -> AsyncIterator[JiraServer]:
    async with JiraServer() as server:
        yield server


@pytest.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    async with WebhookReceiver(SECRET) as server:
        yield server


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=QUICK) as session:
        yield session


@pytest.fixture
async def client(slack: SlackServer, session: aiohttp.ClientSession) -> AsyncWebClient:
    return AsyncWebClient(
        token=slack.bot_token, base_url=slack.api_url, session=session, retry_handlers=[]
    )


@pytest.fixture
async def site(jira: JiraServer, session: aiohttp.ClientSession) -> Jira:
    """LiveSOP's side of the Jira server."""
    return Jira(session, base_url=jira.url, email=EMAIL, token=SecretStr(TOKEN), limits=QUICK)


@pytest.fixture
def webhook() -> Webhook:
    return Webhook(SecretStr(SECRET), Destinations(["127.0.0.1"]), limits=QUICK)


@pytest.fixture
async def values(slack: SlackServer) -> dict[str, str]:
    """Somebody wrote of an outage."""
    message = slack.workspace.post(INCIDENTS, GRACE, OUTAGE)
    return {
        "message.text": OUTAGE,
        "message.author": GRACE,
        "message.channel": INCIDENTS,
        "message.permalink": "https://acme.slack.com/archives/C0INCIDENT/p1",
        THREAD: message["ts"],
        "evaluation.confidence": "93%",
        "evaluation.reasoning": "It names an outage.",
        "sop.title": "Incident",
        "extract.affected": "checkout",
    }


@dataclass(kw_only=True)
class Act:
    """One action, as the ledger would have it."""

    kind: Kind
    request: ActionRequest
    faults: Faults
    call: str
    """What the call that does it is named in `faults`."""
    happened: Callable[[], int]
    key: UUID = field(default_factory=uuid4)

    async def perform(self) -> Receipt:
        """Try it."""
        return await self.kind.perform(self.request, self.key)

    async def find(self, *, ago: timedelta = timedelta()) -> Receipt | None:
        """Ask whether it happened, after a try so long ago."""
        return await self.kind.find(self.request, self.key, datetime.now(UTC) - ago)


def posted(slack: SlackServer, text: str) -> list[tuple[str, dict[str, Any]]]:
    """The bot's messages with that text in them, each with its channel."""
    bot = slack.workspace.bot.user_id
    return [
        (channel.id, message)
        for channel in slack.workspace.channels.values()
        for message in channel.messages.values()
        if message.get("user") == bot and text in message["text"]
    ]


@pytest.fixture(params=["thread", "channel", "dm", "issue", "comment", "transition", "webhook"])
async def act(
    request: pytest.FixtureRequest,
    values: dict[str, str],
    slack: SlackServer,
    jira: JiraServer,
    receiver: WebhookReceiver,
    client: AsyncWebClient,
    site: Jira,
    webhook: Webhook,
) -> Act:
    """One example after the other."""
    issue = jira.open("OPS-100")

    def of(
        kind: Kind, faults: Faults, call: str, happened: Callable[[], int], **fields: str
    ) -> Act:
        made = kind.render(fields, values)
        return Act(kind=kind, request=made, faults=faults, call=call, happened=happened)

    match request.param:
        case "thread" | "channel" | "dm":
            channel = {"thread": "thread", "channel": "#incidents", "dm": "dm: requester"}
            return of(
                SlackMessage(client),
                slack.faults,
                "chat.postMessage",
                lambda: len(posted(slack, "On it")),
                channel=channel[request.param],
                text="On it: {{ message.text }}",
            )
        case "issue":
            return of(
                JiraIssue(site, "OPS"),
                jira.faults,
                "create",
                lambda: len(jira.issues) - 1,
                summary="{{ message.text }}",
            )
        case "comment":
            return of(
                JiraComment(site),
                jira.faults,
                "comment",
                lambda: len(issue.comments),
                issue="OPS-100",
                text="{{ message.text }}",
            )
        case "transition":
            return of(
                JiraTransition(site),
                jira.faults,
                "transition",
                lambda: int(issue.status == "In Progress"),
                issue="OPS-100",
                to="in progress",
            )
        case _:
            return of(
                webhook,
                receiver.faults,
                "hook",
                lambda: len(receiver.taken),
                url=receiver.hook,
                text="{{ message.text }}",
                idempotent="yes",
            )
