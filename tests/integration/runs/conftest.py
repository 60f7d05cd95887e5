"""A team whose SOPs are carried out: Slack, a receiver of webhooks, and the worker's own handlers.

The queue is worked on by the test itself, job by job, so that it says what happens when.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import aiohttp
import pytest
from pgqueuer import RetryRequested
from pydantic import SecretStr
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.destinations import Destinations
from livesop_bot.actions.jira_calls import Jira
from livesop_bot.actions.jira_issue import JiraIssue
from livesop_bot.actions.kind import Kind
from livesop_bot.actions.registry import renderer
from livesop_bot.actions.slack_message import SlackMessage
from livesop_bot.actions.webhook import Webhook
from livesop_bot.app.duties import build_duties
from livesop_bot.app.parts import Stores
from livesop_bot.db.held_run import HeldRuns
from livesop_bot.db.pool import Pool
from livesop_bot.db.signals import store_batch
from livesop_bot.db.teams import step_subject
from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.evaluations import Judgement
from livesop_bot.domain.remarks import Remark
from livesop_bot.domain.runs import Run, RunId
from livesop_bot.domain.signals import (
    MessageTs,
    NewSignal,
    SignalDeletion,
    SignalEdit,
    TeamId,
    UserId,
)
from livesop_bot.domain.steps import PLANNING, Press
from livesop_bot.domain.workflows import (
    ActionKind,
    Edge,
    Step,
    StepId,
    StepKind,
    StepMode,
    Trigger,
    WorkflowDefinition,
)
from livesop_bot.errors import ActionRefused
from livesop_bot.evaluation.evaluator import Question
from livesop_bot.metrics import Metrics
from livesop_bot.sandbox.demo import GRACE, INCIDENTS, demo_workspace
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.settings import Settings
from livesop_bot.views.blocks import Message, message
from tests.outside.jira_server import EMAIL, TOKEN, JiraServer
from tests.outside.webhook_receiver import WebhookReceiver
from tests.signals import a_signal

TEAM = TeamId("T0SANDBOX")
ADA = UserId("U0ADA")
SECRET = "0123456789abcdef"
STARTS = 10
"""Runs that start by themselves within ten minutes."""
QUICK = aiohttp.ClientTimeout(total=0.5)


class Sure:
    """An evaluator that is sure of the only SOP, unless a message says that it is nothing."""

    name = "sure"

    async def evaluate(self, question: Question) -> Judgement:
        """Say so."""
        fits = "nothing" not in question.signal.text
        return Judgement(
            workflow=question.workflows[0].id if fits else None,
            confidence=1.0 if fits else 0.0,
            reasoning="It is.",
            evaluator=self.name,
        )


def posts(name: str, mode: StepMode = StepMode.AUTO, **more: Any) -> Step:
    """A step that posts its name into the thread; undone for as long as usual."""
    fields = {"channel": "thread", "text": f"{name}: {{{{ message.text }}}}"}
    return Step(
        id=StepId(name),
        title=name,
        kind=StepKind.ACTION,
        mode=mode,
        action=ActionKind.SLACK_MESSAGE,
        fields=fields,
        **more,
    )


def by_hand(name: str, kind: StepKind = StepKind.MANUAL) -> Step:
    """A step for people."""
    return Step(id=StepId(name), title=name, kind=kind, mode=StepMode.MANUAL)


async def waits_for_a_lock(pool: Pool, task: asyncio.Task[Any]) -> None:
    """Come back once a task waits for a lock in the database."""
    async with asyncio.timeout(10):
        while not await pool.fetchval(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ):
            assert not task.done()


async def _answer(_remark: Remark) -> Message:
    return message("An answer")


class Floor:
    """Where runs are carried out. Jobs are done when `work` is called, and not before."""

    def __init__(
        self,
        pool: Pool,
        slack: SlackServer,
        receiver: WebhookReceiver,
        jira: JiraServer,
        client: AsyncWebClient,
        session: aiohttp.ClientSession,
    ) -> None:
        settings = Settings(_env_file=None, livesop_start_limit=STARTS)
        metrics = Metrics()
        self.pool = pool
        self.slack = slack
        self.receiver = receiver
        self.jira = jira
        self.client = client
        self.stores = Stores.on(pool, settings)
        self.kinds: Mapping[ActionKind, Kind] = {
            ActionKind.SLACK_MESSAGE: SlackMessage(client),
            ActionKind.WEBHOOK: Webhook(
                SecretStr(SECRET), Destinations(["127.0.0.1"]), limits=QUICK
            ),
            ActionKind.JIRA_ISSUE: JiraIssue(
                Jira(session, base_url=jira.url, email=EMAIL, token=SecretStr(TOKEN), limits=QUICK),
                "OPS",
            ),
        }
        self.held = HeldRuns(pool, self.stores.teams, renderer(self.kinds))
        self.duties = build_duties(
            pool=pool,
            stores=self.stores,
            held=self.held,
            kinds=self.kinds,
            slack=client,
            evaluating=self.stores.evaluating(
                settings, Sure(), metrics, UserId(slack.workspace.bot.user_id)
            ),
            embedding=self.stores.embedding(None),
            give_way=None,
            metrics=metrics,
            settings=settings,
            answering=_answer,
        )
        self.presses = self.duties.presses
        self.handlers = {
            **self.duties.evaluations(),
            **self.duties.posts(),
            **self.duties.acts(),
            **self.duties.moves(),
            **self.duties.embeddings(),
        }
        self._tries: Counter[int] = Counter()

    def webhook(self, name: str, **fields: str) -> Step:
        """An automatic step that sends a webhook, at once."""
        return Step(
            id=StepId(name),
            title=name,
            kind=StepKind.ACTION,
            mode=StepMode.AUTO,
            action=ActionKind.WEBHOOK,
            fields={"url": self.receiver.hook, "text": name, **fields},
        )

    def issue(self, name: str) -> Step:
        """An automatic step that opens a Jira issue, at once."""
        return Step(
            id=StepId(name),
            title=name,
            kind=StepKind.ACTION,
            mode=StepMode.AUTO,
            undo_s=0,
            action=ActionKind.JIRA_ISSUE,
            fields={"summary": name},
        )

    async def publish(self, *steps: Step, edges: Sequence[Edge] | None = None) -> None:
        """Make the team's only SOP, one step after the other, and switch Auto-Pilot on for it."""
        if edges is None:
            edges = [Edge(source=one.id, target=two.id) for one, two in pairwise(steps)]
        sop = WorkflowDefinition(
            slug="sop",
            title="The SOP",
            trigger=Trigger(description="Something."),
            steps=steps,
            edges=tuple(edges),
        )
        await self.stores.teams.ensure(TEAM, "Acme")
        await self.stores.workflows.publish(TEAM, sop, ADA)
        await self.switch(Scope.TEAM, is_on=True)
        await self.switch(Scope.WORKFLOW, "sop", is_on=True)
        for step in sop.acting_steps:
            if step.mode is StepMode.AUTO:
                subject = step_subject("sop", step.id)
                await self.switch(Scope.STEP, subject, is_on=True)

    async def switch(self, scope: Scope, subject: str = "", *, is_on: bool) -> None:
        """Turn a switch."""
        await self.stores.teams.set_autopilot(TEAM, scope, subject, is_on=is_on, by=ADA)

    async def message(self, text: str = "Checkout is down") -> MessageTs:
        """Somebody writes."""
        ts = MessageTs(self.slack.workspace.post(INCIDENTS, GRACE, text)["ts"])
        await store_batch(self.pool, [self._signal(ts, text)], timeout=5)
        return ts

    async def edit(self, ts: MessageTs, text: str) -> None:
        """Somebody edits a message."""
        version = MessageTs(f"{datetime.now(UTC).timestamp():.6f}")
        edit = SignalEdit(signal=self._signal(ts, text), version=version)
        await store_batch(self.pool, [edit], timeout=5)

    async def delete(self, ts: MessageTs) -> None:
        """Somebody deletes a message."""
        signal = self._signal(ts, "")
        names = SignalDeletion.__dataclass_fields__
        deletion = SignalDeletion(**{name: getattr(signal, name) for name in names})
        await store_batch(self.pool, [deletion], timeout=5)

    def _signal(self, ts: MessageTs, text: str) -> NewSignal:
        event = f"Ev{ts}{text}"
        return a_signal(ts, text, team=TEAM, channel=INCIDENTS, author=GRACE, event=event)

    async def start(self, text: str = "Checkout is down") -> Run:
        """Somebody writes, and the SOP begins."""
        await self.message(text)
        await self.work()
        return await self.newest()

    async def newest(self) -> Run:
        """The run that was opened last."""
        return await self.run(await self.pool.fetchval("SELECT max(id) FROM runs"))

    async def run(self, run: RunId) -> Run:
        """A run as it stands."""
        found = await self.stores.runs.get(run)
        assert found is not None
        return found

    async def states(self, run: Run) -> dict[str, str]:
        """How far each of its steps has come."""
        return {record.id: record.state.value for record in (await self.run(run.id)).steps}

    async def press(
        self, run: Run, step: str, press: Press, chosen: str = "", shown: str | None = None
    ) -> Any:
        """Ada presses something, and has seen what it would send unless told otherwise."""
        if shown is None:
            shown = await self.shown(run, step) if press in PLANNING else ""
        return await self.presses.step(TEAM, run.id, StepId(step), press, ADA, chosen, shown=shown)

    async def shown(self, run: Run, step: str) -> str:
        """The digest of what a step would send; empty where there is nothing to be sent."""
        async with self.held.hold(run.id) as held:
            if held is None or held.step(StepId(step)).action is None:
                return ""
            try:
                return (await held.request(StepId(step))).digest
            except ActionRefused:
                return ""

    async def work(self, *only: str, most: int = 1_000) -> None:
        """Do all jobs that are due, those that come of them too; `only` those of some kinds."""
        while rows := await self.pool.fetch(
            "SELECT id, entrypoint, payload FROM pgqueuer WHERE execute_after <= now() "
            "AND (cardinality($1::text[]) = 0 OR entrypoint = ANY($1)) ORDER BY id LIMIT 1",
            list(only),
        ):
            most -= 1
            assert most, "the jobs never end"
            await self._do(rows[0])

    async def _do(self, row: Any) -> None:
        fields = json.loads(row["payload"])
        try:
            await self.handlers[row["entrypoint"]](fields, self._tries[row["id"]])
        except RetryRequested as retry:
            self._tries[row["id"]] += 1
            await self.pool.execute(
                "UPDATE pgqueuer SET execute_after = now() + $2 WHERE id = $1",
                row["id"],
                retry.delay,
            )
        else:
            await self.pool.execute("DELETE FROM pgqueuer WHERE id = $1", row["id"])

    async def hurry(self) -> None:
        """Let the time pass that anything waits for, and do what is due then."""
        await self.pool.execute("UPDATE pgqueuer SET execute_after = now()")
        await self.pool.execute("UPDATE actions SET due_at = now() WHERE state = 'planned'")
        await self.pool.execute("UPDATE actions SET tried_at = tried_at - interval '1 minute'")
        for table in ("runs", "remarks"):
            await self.pool.execute(
                f"UPDATE {table} SET post_tried_at = post_tried_at - interval '1 minute'"
            )
        await self.pool.execute("UPDATE runs SET face_at = now() WHERE face_at > now()")
        await self.pool.execute("UPDATE pauses SET card_at = now() WHERE card_at > now()")
        await self.work()

    async def hours_pass(self, hours: int) -> None:
        """Let all that people are waited for with have been so much longer ago."""
        for change in (
            "UPDATE run_steps SET changed_at = changed_at - make_interval(hours => $1)",
            "UPDATE runs SET created_at = created_at - make_interval(hours => $1)",
        ):
            await self.pool.execute(change, hours)

    def said(self, text: str) -> list[dict[str, Any]]:
        """The bot's messages that begin with a text."""
        bot = self.slack.workspace.bot.user_id
        return [
            one
            for one in self.slack.workspace.channel(INCIDENTS).messages.values()
            if one["user"] == bot and one["text"].startswith(text)
        ]

    async def audited(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Kind, subject and outcome of what stands in the audit log about runs."""
        rows = await self.pool.fetch(
            "SELECT kind, subject, after FROM audit_log "
            "WHERE kind IN ('run', 'approval', 'action') ORDER BY number"
        )
        return [(row["kind"], row["subject"], json.loads(row["after"])) for row in rows]


@pytest.fixture
async def floor(pool: Pool) -> AsyncIterator[Floor]:
    """The floor, with nothing on it yet."""
    async with (
        SlackServer(demo_workspace()) as slack,
        WebhookReceiver(SECRET) as receiver,
        JiraServer() as jira,
        aiohttp.ClientSession(timeout=QUICK) as session,
    ):
        client = AsyncWebClient(
            token=slack.bot_token, base_url=slack.api_url, session=session, retry_handlers=[]
        )
        yield Floor(pool, slack, receiver, jira, client, session)
