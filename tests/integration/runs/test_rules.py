"""The rules that hold whatever happens: no sequence of presses, crashes, edits and switches, in
whatever order, brings a run into a state that it must not be in, nor an effect about twice."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from typing import Any, cast

import aiohttp
import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, settings
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
from livesop_bot.db.jobs import ActJob, EvaluateJob
from livesop_bot.db.ledger import Claim
from livesop_bot.db.pool import create_pool
from livesop_bot.domain.actions import ActionId, Receipt
from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.evaluations import Cause
from livesop_bot.domain.runs import OPEN, Run, RunState
from livesop_bot.domain.steps import (
    FINAL,
    NotOffered,
    Opened,
    Press,
    StepState,
    choices,
    offers,
    opened,
)
from livesop_bot.domain.workflows import Edge, StepId, StepKind
from livesop_bot.errors import ActionDelayed, ActionInDoubt, ActionRefused
from livesop_bot.sandbox.demo import INCIDENTS, demo_workspace
from livesop_bot.sandbox.faults import AnswerError, AnswerStatus, HandledUnanswered, RateLimited
from livesop_bot.sandbox.server import SlackServer
from tests.integration.runs.conftest import ADA, QUICK, SECRET, TEAM, Floor, by_hand, posts
from tests.outside.webhook_receiver import WebhookReceiver

STEPS = ("urgent", "page", "note", "tell")
EDGES = tuple(
    Edge(source=StepId(source), target=StepId(target), label=label)
    for source, target, label in (
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
        self.edits = 0
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
            by_hand("urgent", StepKind.DECISION),
            posts("page"),
            by_hand("note"),
            posts("tell"),
            edges=EDGES,
        )
        await self._write()

    async def _write(self) -> None:
        self.ts = await self.floor.message("Checkout is down")
        self.repeats.clear()
        await self.floor.work()

    @rule(replayed=st.booleans())
    def go_on(self, replayed: bool) -> None:
        """Where the run is over, somebody replays its message or writes another."""
        self.loop.run(self._go_on(replayed))

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

    @rule(number=st.integers(0, 99))
    def press(self, number: int) -> None:
        """Somebody presses one of the buttons that there are."""
        self.loop.run(self._press(number))

    async def _press(self, number: int) -> None:
        run = await self.floor.newest()
        definition = run.workflow.definition
        offered = [
            (step, press, answer)
            for step, record in zip(definition.steps, run.steps, strict=False)
            for press in offers(step, record.state)
            for answer in (choices(step, definition) if press is Press.CHOOSE else ("",))
        ]
        if run.state is RunState.PROPOSED:
            await self.floor.presses.start(TEAM, run.id, ADA)
        elif offered:
            step, press, answer = offered[number % len(offered)]
            if press is Press.APPROVE:
                self.repeats[step.id] += next(one.repeats for one in run.steps if one.id == step.id)
            await self.floor.press(run, step.id, press, answer)

    @rule(
        step=st.sampled_from(STEPS),
        press=st.sampled_from(Press),
        chosen=st.sampled_from(["yes", "no", "perhaps"]),
    )
    def press_what_is_old(self, step: str, press: Press, chosen: str) -> None:
        """Somebody presses a button of any age, in a message that shows what was."""
        self.loop.run(self._press_what_is_old(step, press, chosen))

    async def _press_what_is_old(self, step: str, press: Press, chosen: str) -> None:
        run = await self.floor.newest()
        repeats = press is Press.APPROVE and any(
            one.id == step and one.repeats for one in run.steps
        )
        with suppress(NotOffered, KeyError):
            pressed = await self.floor.press(run, step, press, chosen)
            self.repeats[step] += repeats and isinstance(pressed, Run)

    @rule(meant=st.integers(0, 4))
    def end(self, meant: int) -> None:
        """Now and then somebody has enough of it."""
        if meant == 0:
            self.loop.run(self._end())

    async def _end(self) -> None:
        run = await self.floor.newest()
        state = RunState.DISMISSED if run.state is RunState.PROPOSED else RunState.CANCELLED
        await self.floor.presses.end(TEAM, run.id, state, ADA)

    @rule(
        switch=st.sampled_from(SWITCHES),
        is_on=st.booleans(),
        then=st.sampled_from(["nothing", "its job", "a worker", "a crash"]),
    )
    def switch(self, switch: tuple[Scope, str], is_on: bool, then: str) -> None:
        """Somebody turns a switch; its job comes late, or at once, or behind a claim."""
        self.loop.run(self._go_on(replayed=False))
        self.on[switch] = is_on
        self.loop.run(self.floor.switch(*switch, is_on=is_on))
        match then:
            case "its job":
                self.loop.run(self.floor.work("halt"))
            case "a worker":
                self.loop.run(self._act())
            case "a crash":
                self.loop.run(self._crash(performed=True))

    @rule(fault=st.sampled_from(FAULTS))
    def act(self, fault: Any) -> None:
        """A worker takes up all actions; the first of them meets a fault."""
        if fault is not None:
            self.floor.slack.faults.add("chat.postMessage", fault)
        self.loop.run(self._act())

    async def _act(self) -> None:
        actions = await self._actions()
        forbidden = await self._forbidden()
        for action in actions:
            try:
                await self.floor.duties.acting(ActJob(action), 0)
            except RetryRequested:
                continue
        tried = await self.floor.pool.fetchval(
            "SELECT count(*) FROM actions WHERE id = ANY($1) AND state <> 'cancelled'", forbidden
        )
        assert tried == 0, "it was tried though it was switched off"

    async def _forbidden(self) -> list[int]:
        """Actions that Auto-Pilot planned for people who then switched it off, in open runs."""
        rows = await self.floor.pool.fetch(
            "SELECT a.id, a.step_id FROM actions AS a JOIN runs AS r ON r.id = a.run_id "
            "JOIN raw_signals AS s ON s.id = r.signal_id "
            "JOIN evaluations AS e ON e.id = r.evaluation_id "
            "WHERE a.state = 'planned' AND a.by_autopilot AND r.state = 'running' "
            "AND s.deleted_at IS NULL AND s.revision = e.revision"
        )
        return [row["id"] for row in rows if not self._allowed(row["step_id"])]

    def _allowed(self, step: str) -> bool:
        return self.on[Scope.STEP, f"sop/{step}"] and all(
            on for (scope, _), on in self.on.items() if scope is not Scope.STEP
        )

    @rule(performed=st.booleans())
    def crash(self, performed: bool) -> None:
        """A worker claims, performs or not, and is not heard of any more."""
        self.loop.run(self._crash(performed))

    async def _crash(self, performed: bool) -> None:
        actions = await self._actions()
        forbidden = await self._forbidden()
        for action in actions:
            claim = await self.floor.duties.ledger.claim(action)
            if not isinstance(claim, Claim):
                continue
            assert action not in forbidden, "claimed though it was switched off"
            receipt = None
            if performed and not claim.maybe_done:
                kind = self.floor.kinds[claim.request.kind]
                try:
                    receipt = await kind.perform(claim.request, claim.key)
                except (ActionDelayed, ActionInDoubt, ActionRefused):
                    continue  # a fault that was meant for a worker; nobody will say anything
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

    @rule(number=st.integers(0, 9), seen=st.booleans())
    def change_the_message(self, number: int, seen: bool) -> None:
        """Somebody edits or deletes the message; the job that follows comes at once, or late."""
        if number == 0:
            self.loop.run(self.floor.delete(self.ts))
        elif number < 4:
            self.edits += 1
            self.loop.run(self.floor.edit(self.ts, f"It is down {self.edits}"))
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
            done = sum(one["thread_ts"] == self.ts for one in self.floor.said(f"{step}:"))
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
            max_examples=20,
            stateful_step_count=40,
            deadline=None,
            phases=[Phase.generate],  # a sequence of forty is soon read
            suppress_health_check=list(HealthCheck),
        ),
    )
