"""The stage: one message at a time, its runs, and what can be seen of them."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack

import aiohttp
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.db.jobs import EvaluateJob
from livesop_bot.db.ledger import Claim
from livesop_bot.db.pool import create_pool
from livesop_bot.domain.actions import ActionId, Receipt
from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.evaluations import Cause
from livesop_bot.domain.runs import OPEN, Run, RunState
from livesop_bot.domain.workflows import StepKind
from livesop_bot.sandbox.demo import INCIDENTS, demo_workspace
from livesop_bot.sandbox.server import SlackServer
from tests.integration.runs.conftest import ADA, QUICK, SECRET, TEAM, Floor, by_hand, posts
from tests.integration.runs.rules.plain import EDGES, is_lost
from tests.outside.jira_server import JiraServer
from tests.outside.webhook_receiver import WebhookReceiver

SWITCHES = (
    (Scope.TEAM, TEAM),
    (Scope.CHANNEL, INCIDENTS),
    (Scope.WORKFLOW, "sop"),
    (Scope.STEP, "sop/page"),
    (Scope.STEP, "sop/tell"),
)


class Stage(RuleBasedStateMachine):
    """One message at a time, its runs, and everything outside."""

    def __init__(self, dsn: str) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.floor: Floor = self.loop.run(self._open(dsn))
        self.dead: list[tuple[Claim, Receipt | None]] = []
        self.before: dict[int, Run] = {}
        self.repeats: Counter[str] = Counter()
        self.actions: dict[int, str] = {}
        self.edits = 0
        self.on = dict.fromkeys(SWITCHES, True)

    async def _open(self, dsn: str) -> Floor:
        enter = self.stack.enter_async_context
        pool = await enter(await create_pool(dsn))
        await pool.execute("TRUNCATE teams, raw_signals, pgqueuer CASCADE")
        slack = await enter(SlackServer(demo_workspace()))
        receiver = await enter(WebhookReceiver(SECRET))
        jira = await enter(JiraServer())
        session = await enter(aiohttp.ClientSession(timeout=QUICK))
        client = AsyncWebClient(
            token=slack.bot_token, base_url=slack.api_url, session=session, retry_handlers=[]
        )
        return Floor(pool, slack, receiver, jira, client, session)

    def teardown(self) -> None:
        """Close everything."""
        self.loop.run(self.stack.aclose())
        self.loop.close()

    @initialize(alone=st.booleans())
    def begin(self, alone: bool) -> None:
        """Somebody writes; LiveSOP begins alone, or proposes."""
        self.loop.run(self._begin(alone))

    async def _begin(self, alone: bool) -> None:
        await self.floor.publish(
            by_hand("urgent", StepKind.DECISION),
            posts("page"),
            by_hand("note"),
            posts("tell"),
            by_hand("close"),
            edges=EDGES,
        )
        if not alone:
            self.on[Scope.TEAM, TEAM] = False
            await self.floor.switch(Scope.TEAM, TEAM, is_on=False)
        await self._write()

    async def _write(self) -> None:
        self.ts = await self.floor.message("Checkout is down")
        self.repeats.clear()
        await self.floor.work()

    async def _go_on(self, replayed: bool) -> None:
        run = await self.floor.newest()
        if run.state in OPEN:
            return
        if replayed:
            job = EvaluateJob(run.evaluation.signal.id, 0, Cause.REPLAY, by=ADA)
            await self.floor.duties.evaluating(job, 0)
            await self.floor.work("start")
        else:
            await self.floor.work()
            for switch in (one for one, on in self.on.items() if not on):
                await self.floor.switch(*switch, is_on=True)
                self.on[switch] = True
            await self._write()

    async def _verdict(self, run: Run) -> bool | None:
        """Whether people say that it fits; None where there is no word, nor any message."""
        fits: bool | None = await self.floor.pool.fetchval(
            "SELECT fits FROM verdicts WHERE evaluation_id = $1 ORDER BY id DESC LIMIT 1",
            run.evaluation.id,
        )
        return fits

    async def _actions(self) -> list[ActionId]:
        await self.floor.pool.execute("UPDATE actions SET due_at = now() WHERE state = 'planned'")
        rows = await self.floor.pool.fetch("SELECT id FROM actions ORDER BY id")
        return [ActionId(row["id"]) for row in rows]

    def _happened(self) -> Counter[str]:
        """How often each action is there, by its key."""
        messages = self.floor.slack.workspace.channel(INCIDENTS).messages.values()
        return Counter(
            one["metadata"]["event_payload"]["key"] for one in messages if one.get("metadata")
        )

    async def _forbidden(self, state: str) -> dict[int, str]:
        """Actions, and their keys, that must not be done: the run is over, the message is not
        there any more as it was, or Auto-Pilot planned it and was switched off, or judged a text
        that was edited since."""
        rows = await self.floor.pool.fetch("SELECT * FROM actions WHERE state = $1", state)
        forbidden = {}
        for row in rows:
            run = await self.floor.run(row["run_id"])
            off = row["by_autopilot"] and (run.edited_since or not self._allowed(row["step_id"]))
            if off or run.state is not RunState.RUNNING or is_lost(run):
                forbidden[row["id"]] = str(row["idempotency_key"])
        return forbidden

    def _allowed(self, step: str) -> bool:
        return self.on[Scope.STEP, f"sop/{step}"] and all(
            on for (scope, _), on in self.on.items() if scope is not Scope.STEP
        )
