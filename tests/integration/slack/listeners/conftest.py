"""The listeners on a Bolt app that is connected to a Slack server, with a real PostgreSQL."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.registry import action_kinds, renderer
from livesop_bot.app.face import build_face
from livesop_bot.app.judge import Judge
from livesop_bot.app.parts import Stores
from livesop_bot.db.held_run import HeldRuns
from livesop_bot.db.pool import Pool
from livesop_bot.db.stored_definition import definition_to_json
from livesop_bot.db.teams import Teams
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.workflows import (
    ActionKind,
    Step,
    StepId,
    StepKind,
    StepMode,
    Trigger,
    WorkflowDefinition,
)
from livesop_bot.evaluation.lexical_evaluator import LexicalEvaluator
from livesop_bot.evaluation.threads import InThreads
from livesop_bot.metrics import Metrics
from livesop_bot.ops.status import ModelState
from livesop_bot.sandbox.changes import Change, EphemeralShown, HomePublished
from livesop_bot.sandbox.demo import BUGS, GENERAL, demo_workspace
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.settings import Settings
from livesop_bot.slack.listeners import register
from livesop_bot.views.health import HomeHealth

TEAM = TeamId("T0SANDBOX")
SOP = WorkflowDefinition(
    slug="bug-report",
    title="Bug report",
    trigger=Trigger(description="Something is broken"),
    steps=(
        Step(id=StepId("see"), title="See it", kind=StepKind.MANUAL, mode=StepMode.MANUAL),
        Step(
            id=StepId("tell"),
            title="Tell the channel",
            kind=StepKind.ACTION,
            mode=StepMode.AUTO,
            action=ActionKind.SLACK_MESSAGE,
        ),
    ),
)


class Desk:
    """A person's side of Slack: commands, the home tab, its buttons. Answers come as their texts,
    a line each; those of buttons in brackets."""

    def __init__(self, slack: SlackServer, held: HeldRuns) -> None:
        self.slack = slack
        self.held = held
        self._answers: list[dict[str, Any]] = []
        self._homes: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        slack.workspace.listen(self._look)

    def _look(self, change: Change) -> None:
        match change:
            case EphemeralShown(message=message):
                self._answers.append(message)
            case HomePublished(view=view):
                self._homes.put_nowait(view)
            case _:
                pass

    async def type(self, user: str, line: str, channel: str = GENERAL) -> str:
        """Type a command line; gives the answer, which comes with the ack."""
        await self.slack.interactions.command(user, channel, line)
        answer = self._answers.pop()
        assert not self._answers
        return _said(answer["blocks"])

    async def ask(self, user: str, line: str, channel: str = GENERAL) -> str:
        """Type a command line; gives the answer, which comes some time after the ack."""
        await self.slack.interactions.command(user, channel, line)
        if not self._answers:
            await self.slack.workspace.wait_for_change(lambda _: bool(self._answers), timeout=10)
        return _said(self._answers.pop()["blocks"])

    def open(self, user: str, tab: str = "home") -> None:
        """Open a tab of the app."""
        self.slack.workspace.open_home(user, tab)

    async def shown(self) -> str:
        """What the home tab shows next."""
        async with asyncio.timeout(5):
            return _said((await self._homes.get())["blocks"])

    async def home(self, user: str) -> str:
        """Open the home tab; gives what it shows once it is complete."""
        self.open(user)
        while "One moment" in (said := await self.shown()):
            pass
        return said

    async def press(self, user: str, action_id: str, **element: Any) -> str:
        """Press or pick something, whether it is shown or not; gives what Home shows then."""
        view = self.slack.workspace.views.homes[user]
        action = {"type": "button", "action_id": action_id, "block_id": "any", **element}
        await self.slack.interactions.block_action(
            user, {"type": "view", "view_id": view["id"]}, action
        )
        return await self.shown()


def _said(blocks: list[dict[str, Any]]) -> str:
    texts = []
    for block in blocks:
        for part in block.get("elements") or [block.get("text")]:
            if part is not None and ("text" in part or "placeholder" in part):
                text = part.get("text") or part["placeholder"]
                texts.append(text if isinstance(text, str) else f"[{text['text']}]")
    return "\n".join(texts)


@dataclass
class Health:
    """What the health line is made of; `error` is raised instead."""

    now: HomeHealth
    error: Exception | None = None

    async def look(self) -> HomeHealth:
        """Say how it is, or fail."""
        if self.error is not None:
            raise self.error
        return self.now


@pytest.fixture
def health() -> Health:
    """All is well."""
    return Health(
        HomeHealth(
            sockets=1,
            queue_depth=0,
            oldest_job_s=None,
            spool_events=0,
            database=True,
            evaluator="lexical",
        )
    )


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[SlackServer]:
    """Slack, with the demo workspace and its own time limits."""
    async with SlackServer(demo_workspace()) as server:
        yield server


@pytest_asyncio.fixture
async def client(slack: SlackServer) -> AsyncWebClient:
    """The bot's Web API client."""
    return AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, timeout=5)


Serve = Callable[[Pool], Awaitable[Desk]]


@pytest_asyncio.fixture
async def serve(slack: SlackServer, client: AsyncWebClient, health: Health) -> AsyncIterator[Serve]:
    """Connect the listeners, on a pool, to Slack."""
    async with AsyncExitStack() as stack:

        async def start(pool: Pool) -> Desk:
            app = AsyncApp(client=client)
            settings = Settings(_env_file=None)
            session = await stack.enter_async_context(aiohttp.ClientSession())
            kinds = action_kinds(slack=client, session=session, settings=settings)
            held = HeldRuns(pool, Teams(pool), renderer(kinds))
            stores = Stores.on(pool, settings)
            by_words = InThreads(LexicalEvaluator(), workers=2, on_abandoned=lambda _: None)
            face = build_face(
                settings=settings,
                pool=pool,
                stores=stores,
                client=client,
                session=session,
                held=held,
                kinds=kinds,
                judge=Judge(by_words, lambda: ModelState("not_used"), by_words),
                evaluating=stores.evaluating(settings, by_words, Metrics()),
                embeddings=None,
                home_health=health.look,
            )
            register(app, face)
            handler = AsyncSocketModeHandler(app, slack.app_token)
            await handler.connect_async()  # type: ignore[no-untyped-call]
            stack.push_async_callback(handler.close_async)
            await slack.socket_mode.wait_for_connections(1)
            return Desk(slack, held)

        yield start


@pytest_asyncio.fixture
async def desk(serve: Serve, pool: Pool) -> Desk:
    """Slack with LiveSOP in it, and one SOP."""
    await store_sop(pool)
    return await serve(pool)


async def store_sop(pool: Pool) -> None:
    """Make the team and its one SOP known."""
    await Teams(pool).ensure(TEAM, "Acme")
    await pool.execute(
        "WITH sop AS (INSERT INTO workflows (team_id, slug, version) VALUES ($1, $2, 1) "
        "RETURNING id) INSERT INTO workflow_versions "
        "(workflow_id, version, definition, created_by) SELECT id, 1, $3, 'U1' FROM sop",
        TEAM,
        SOP.slug,
        json.dumps(definition_to_json(SOP)),
    )


@pytest.fixture
def judged(pool: Pool) -> Callable[..., Awaitable[str]]:
    """Store a message in #bugs; with `evaluated`, also what was made of it. Gives its link."""

    async def store(*, state: str = "evaluated", evaluated: bool = True) -> str:
        signal = await pool.fetchval(
            "INSERT INTO raw_signals (event_id, team_id, source, external_id, channel_id, "
            "message_ts, author_id, author_is_bot, text, occurred_at, received_at, state) VALUES "
            "('E1', $1, 'slack', $2 || ':1700000000.000100', $2, '1700000000.000100', 'U1', "
            "false, 'the export crashes', now(), now(), $3) RETURNING id",
            TEAM,
            BUGS,
            state,
        )
        if evaluated:
            await pool.execute(
                "INSERT INTO evaluations (team_id, signal_id, revision, cause, dry_run, "
                "workflow_id, workflow_version, confidence, reasoning, evidence, evaluator, "
                "verdict, reason, detail, latency_ms) SELECT $1, $2, 1, 'signal', false, id, 1, "
                "0.8, 'It reads like a bug.', 'the export crashes', 'lexical', 'propose', "
                "'proposed', 'Sure enough to propose (80%).', 3 FROM workflows",
                TEAM,
                signal,
            )
        return f"https://acme.slack.com/archives/{BUGS}/p1700000000000100"

    return store


@pytest.fixture
def outdate(pool: Pool) -> Callable[[], Awaitable[None]]:
    """Let what was judged be judged by version 2 of the SOP, of which there is a version 3."""

    async def publish() -> None:
        workflows = Workflows(pool)
        phrase = Trigger(description="Something is broken", examples=("the export crashes",))
        await workflows.publish(TEAM, replace(SOP, trigger=phrase), "U1")
        await pool.execute("UPDATE evaluations SET workflow_version = 2")
        await workflows.publish(TEAM, replace(SOP, trigger=phrase, title="Defect"), "U1")

    return publish
