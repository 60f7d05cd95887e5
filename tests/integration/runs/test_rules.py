"""The rules that hold whatever happens: no sequence of presses, crashes, edits and switches, in
whatever order, brings a run into a state that it must not be in, nor an effect about twice."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any, cast

import aiohttp
import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pgqueuer import RetryRequested
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.db.embedded import EmbeddedPostgres
from livesop_bot.db.jobs import ActJob
from livesop_bot.db.ledger import Claim
from livesop_bot.db.pool import create_pool
from livesop_bot.domain.actions import ActionId, Receipt
from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.runs import OPEN, Run, RunState
from livesop_bot.domain.steps import FINAL, NotOffered, Opened, Press, StepState, choices, opened
from livesop_bot.domain.workflows import Edge, StepId, StepKind
from livesop_bot.sandbox.demo import INCIDENTS, demo_workspace
from livesop_bot.sandbox.faults import AnswerError, AnswerStatus, HandledUnanswered, RateLimited
from livesop_bot.sandbox.server import SlackServer
from tests.integration.runs.conftest import ADA, QUICK, SECRET, TEAM, Floor, by_hand, posts
from tests.outside.webhook_receiver import WebhookReceiver

STEPS = ("look", "urgent", "page", "note", "tell")
EDGES = tuple(
    Edge(source=StepId(source), target=StepId(target), label=label)
    for source, target, label in (
        ("look", "urgent", ""),
        ("look", "tell", ""),
        ("urgent", "page", "yes"),
        ("urgent", "note", "no"),
    )
)
SWITCHES = (
    (Scope.TEAM, TEAM),
    (Scope.CHANNEL, INCIDENTS),
    (Scope.WORKFLOW, "sop"),
    (Scope.STEP, "sop/page"),
    (Scope.STEP, "sop/tell"),
)
FAULTS = (
    None,
    HandledUnanswered(),
    AnswerStatus(500),
    RateLimited(3),
    AnswerError("is_archived"),
)
_OVER = FINAL | {StepState.FAILED, StepState.UNKNOWN, StepState.TRYING}


class Rules(RuleBasedStateMachine):
    """One message at a time, its runs, and everybody who has a hand in them."""

    def __init__(self, dsn: str) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.floor: Floor = self.loop.run(self._open(dsn))
        self.dead: list[tuple[Claim, Receipt | None]] = []
        self.before: dict[int, Run] = {}
        self.repeats: Counter[str] = Counter()
        self.on = dict.fromkeys(SWITCHES, True)

    async def _open(self, dsn: str) -> Floor:
        enter = self.stack.enter_async_context
        pool = await enter(await create_pool(dsn))
        await pool.execute("TRUNCATE teams, raw_signals, pgqueuer CASCADE")
        slack = await enter(SlackServer(demo_workspace()))
        receiver = await enter(WebhookReceiver(SECRET))
        session = await enter(aiohttp.ClientSession(timeout=QUICK))
        client = AsyncWebClient(
            token=slack.bot_token, base_url=slack.api_url, session=session, retry_handlers=[]
        )
        return Floor(pool, slack, receiver, client)

    def teardown(self) -> None:
        """Close everything."""
        self.loop.run(self.stack.aclose())
        self.loop.close()

    @initialize()
    def begin(self) -> None:
        """Somebody writes."""
        self.loop.run(self._begin())

    async def _begin(self) -> None:
        await self.floor.publish(
            by_hand("look"),
            by_hand("urgent", StepKind.DECISION),
            posts("page"),
            by_hand("note"),
            posts("tell"),
            edges=EDGES,
        )
        self.ts = await self.floor.message()
        await self.floor.work()

    @rule(
        step=st.sampled_from(STEPS),
        press=st.sampled_from(Press),
        chosen=st.sampled_from(["yes", "no", "perhaps"]),
    )
    def press(self, step: str, press: Press, chosen: str) -> None:
        """Somebody presses a button, of whatever age."""
        self.loop.run(self._press(step, press, chosen))

    async def _press(self, step: str, press: Press, chosen: str) -> None:
        run = await self.floor.newest()
        record = next((one for one in run.steps if one.id == step), None)
        try:
            pressed = await self.floor.press(run, step, press, chosen)
        except (NotOffered, KeyError):
            return
        repeats = record is not None and record.repeats and press is Press.APPROVE
        if repeats and isinstance(pressed, Run):
            self.repeats[step] += 1

    @rule(started=st.booleans())
    def take_up_or_end(self, started: bool) -> None:
        """Somebody starts what is proposed, or cancels what is under way."""
        self.loop.run(self._take_up_or_end(started))

    async def _take_up_or_end(self, started: bool) -> None:
        run = await self.floor.newest()
        if started:
            await self.floor.presses.start(TEAM, run.id, ADA)
        else:
            state = RunState.DISMISSED if run.state is RunState.PROPOSED else RunState.CANCELLED
            await self.floor.presses.end(TEAM, run.id, state, ADA)

    @rule(switch=st.sampled_from(SWITCHES), is_on=st.booleans(), halted=st.booleans())
    def switch(self, switch: tuple[Scope, str], is_on: bool, halted: bool) -> None:
        """Somebody turns a switch; the job that follows comes at once, or late."""
        self.on[switch] = is_on
        self.loop.run(self.floor.switch(*switch, is_on=is_on))
        if halted:
            self.loop.run(self.floor.work("halt"))

    @rule(fault=st.sampled_from(FAULTS))
    def act(self, fault: Any) -> None:
        """A worker takes up all actions; the first of them meets a fault."""
        if fault is not None:
            self.floor.slack.faults.add("chat.postMessage", fault)
        self.loop.run(self._act())

    async def _act(self) -> None:
        for action in await self._actions():
            try:
                await self.floor.duties.acting(ActJob(action), 0)
            except RetryRequested:
                continue

    @rule(performed=st.booleans())
    def crash(self, performed: bool) -> None:
        """A worker claims, performs or not, and is not heard of any more."""
        self.loop.run(self._crash(performed))

    async def _crash(self, performed: bool) -> None:
        for action in await self._actions():
            claim = await self.floor.duties.ledger.claim(action)
            if not isinstance(claim, Claim):
                continue
            by_autopilot = await self.floor.pool.fetchval(
                "SELECT by_autopilot FROM actions WHERE id = $1", action
            )
            allowed = all(on for (_, name), on in self.on.items() if "/" not in name)
            allowed = allowed and self.on[Scope.STEP, f"sop/{claim.step.id}"]
            if by_autopilot and not allowed:
                assert claim.withheld, "claimed though it was switched off"
            receipt = None
            if performed and not claim.maybe_done:
                kind = self.floor.kinds[claim.request.kind]
                receipt = await kind.perform(claim.request, claim.key)
            self.dead.append((claim, receipt))

    @precondition(lambda self: self.dead)
    @rule()
    def come_back(self) -> None:
        """What was not heard of any more speaks up after all."""
        claim, receipt = self.dead.pop(0)
        ledger = self.floor.duties.ledger
        if receipt is not None:
            self.loop.run(ledger.done(claim, receipt))
        elif not claim.maybe_done:
            self.loop.run(ledger.failed(claim, "It broke off."))

    @rule(deleted=st.booleans(), seen=st.booleans())
    def change_the_message(self, deleted: bool, seen: bool) -> None:
        """Somebody edits or deletes the message; the job that follows comes at once, or late."""
        if deleted:
            self.loop.run(self.floor.delete(self.ts))
        else:
            self.loop.run(self.floor.edit(self.ts, f"It is down {len(self.before)}"))
        if seen:
            self.loop.run(self.floor.work("basis", "evaluate", "start"))

    @rule()
    def time_passes(self) -> None:
        """All that waits for its time is done."""
        self.loop.run(self.floor.hurry())

    async def _actions(self) -> list[ActionId]:
        await self.floor.pool.execute("UPDATE actions SET due_at = now() WHERE state = 'planned'")
        rows = await self.floor.pool.fetch("SELECT id FROM actions ORDER BY id")
        return [ActionId(row["id"]) for row in rows]

    @invariant()
    def hold(self) -> None:
        """All the rules."""
        self.loop.run(self._hold())

    async def _hold(self) -> None:
        for row in await self.floor.pool.fetch("SELECT id FROM runs"):
            run = await self.floor.run(row["id"])
            self._holds_for(run, self.before.get(run.id))
            self.before[run.id] = run
        for step in ("page", "tell"):
            done = len(self.floor.said(f"{step}:"))
            assert done <= 1 + self.repeats[step], f"{step} was done {done} times"
        torn = await self.floor.pool.fetch(
            "SELECT s.state, a.state FROM run_steps AS s JOIN actions AS a USING (run_id, step_id) "
            "WHERE s.state <> a.state AND (s.state IN ('planned', 'trying') "
            "OR a.state IN ('planned', 'trying', 'unknown'))"
        )
        assert torn == [], "a step and its action say different things"

    def _holds_for(self, run: Run, before: Run | None) -> None:
        definition = run.workflow.definition
        states = {record.id: record.state for record in run.steps}
        steps = {step.id: step for step in definition.steps}
        if run.state not in OPEN:
            assert set(states.values()) <= _OVER, "the run is over and a step is open"
        if run.state is RunState.DONE:
            assert set(states.values()) <= FINAL
        if run.state is RunState.RUNNING and states:
            assert not set(states.values()) <= FINAL, "all is done and the run is not"
            progress = {record.id: record.progress for record in run.steps}
            found = opened(definition, progress)
            assert found == Opened(ready=(), bypassed=()), "a step could go on and does not"
        for record in run.steps:
            if steps[record.id].kind is StepKind.DECISION and record.state is StepState.DONE:
                assert record.chosen in choices(steps[record.id], definition)
        if before is not None:
            assert before.state in OPEN or run.state is before.state, "what is over stays over"
            assert run.version >= before.version
            for was, record in zip(before.steps, run.steps, strict=False):
                if was.state in FINAL:
                    assert (record.state, record.chosen) == (was.state, was.chosen)


@pytest.fixture
def dsn(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A migrated database for all the sequences."""
    root = postgres.dsn.replace("@/livesop?", "@/postgres?")

    async def do(statement: str) -> None:
        connection = await asyncpg.connect(root)
        await connection.execute(statement)
        await connection.close()

    asyncio.run(do("CREATE DATABASE rules TEMPLATE livesop"))
    yield postgres.dsn.replace("@/livesop?", "@/rules?")
    asyncio.run(do("DROP DATABASE rules WITH (FORCE)"))


def test_no_sequence_of_events_reaches_what_the_rules_forbid(dsn: str) -> None:
    run_state_machine_as_test(
        cast("type[Rules]", lambda: Rules(dsn)),  # any factory will do
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
