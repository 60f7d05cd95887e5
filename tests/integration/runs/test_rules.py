"""The rules that hold whatever happens: no sequence of presses, crashes, edits and switches, in
whatever order, brings a run into a state that it must not be in, nor an effect about twice."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
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
from livesop_bot.domain.runs import OPEN, Run, RunState, ShownOtherwise, StepRecord, TooLate
from livesop_bot.domain.steps import NotOffered, Press
from livesop_bot.domain.workflows import Edge, StepId, StepKind
from livesop_bot.errors import ActionDelayed, ActionInDoubt, ActionRefused
from livesop_bot.sandbox.demo import INCIDENTS, demo_workspace
from livesop_bot.sandbox.faults import AnswerError, AnswerStatus, HandledUnanswered, RateLimited
from livesop_bot.sandbox.server import SlackServer
from tests.integration.runs.conftest import ADA, QUICK, SECRET, TEAM, Floor, by_hand, posts
from tests.outside.jira_server import JiraServer
from tests.outside.webhook_receiver import WebhookReceiver

KINDS = {
    "urgent": "decision",
    "page": "action",
    "note": "manual",
    "tell": "action",
    "close": "manual",
}
EDGES = tuple(
    Edge(source=StepId(source), target=StepId(target), label=label)
    for source, target, label in (
        ("urgent", "page", "yes"),
        ("urgent", "note", "no"),
        ("page", "close", ""),
        ("note", "close", ""),
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
THEN = ("nothing", "its job", "a worker", "a crash")
LOOKS = (None, None, AnswerError("channel_not_found"), AnswerStatus(500))
"""What a look for a message meets in Slack."""

# The rules again, in the plainest words: what is tested must not say itself what is right.
OFFERED = {
    ("decision", "waiting"): {"choose"},
    ("action", "waiting"): {"approve", "skip"},
    ("manual", "waiting"): {"done", "skip"},
    ("action", "planned"): {"hold"},
    ("action", "failed"): {"retry", "skip"},
    ("action", "unknown"): {"mark_done", "retry"},
}
FOLLOWS = {
    "approve": {"planned", "failed", "waiting"},
    "retry": {"planned", "failed", "waiting"},
    "done": {"done"},
    "choose": {"done"},
    "mark_done": {"done"},
    "skip": {"skipped"},
    "hold": {"waiting"},
}
UNTOUCHED = {"blocked", "waiting", "planned", "bypassed", "cancelled"}
"""How steps stand where nothing was done yet."""
GOES = {
    "proposed": {"running", "dismissed", "cancelled", "expired"},
    "running": {"done", "cancelled", "dismissed"},
}
"""What becomes of a run; all the rest is its end."""
OVER = {"done", "skipped", "bypassed", "cancelled"}
LEFT = OVER | {"failed", "unknown", "trying"}
"""How steps may stand in a run that is over."""


def stands(urgent: str, chosen: str, taken: str) -> dict[str, str]:
    """Whether steps of a run under way are blocked, open (or were) or bypassed."""
    if urgent != "done":
        return {"page": "blocked", "note": "blocked", "close": "blocked"}
    way, other = ("page", "note") if chosen == "yes" else ("note", "page")
    close = "open" if taken in ("done", "skipped") else "blocked"
    return {way: "open", other: "bypassed", "close": close}


def is_lost(run: Run) -> bool:
    """Whether the message is gone, or reads otherwise and no person did or wanted anything yet."""
    untouched = {one.state.value for one in run.steps} <= UNTOUCHED
    nobody_asked = run.edited_since and run.started_by is None and untouched
    return run.evaluation.signal.state == "deleted" or nobody_asked


def ends(run: Run) -> dict[RunState, bool]:
    """Whether people may bring it to an end: that it does not fit, or that they want no more."""
    alone = run.state is RunState.RUNNING and run.started_by is None
    return {
        RunState.DISMISSED: run.state is RunState.PROPOSED or alone,
        RunState.CANCELLED: run.state is RunState.RUNNING,
    }


def seen(run: Run) -> object:
    """What people see of a run, but for times."""
    return run.state, [(one.id, one.state, one.chosen, one.detail, one.link) for one in run.steps]


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

    async def _press(self, number: int, but: Press | None = None) -> None:
        run = await self.floor.newest()
        buttons = [
            (record.id, press, chosen)
            for record in run.steps
            for press in sorted(OFFERED.get((KINDS[record.id], record.state), set()) - {but})
            for chosen in (("yes", "no") if press == "choose" else ("",))
        ]
        if run.state is RunState.PROPOSED:
            await self._start(run)
        elif run.state is RunState.RUNNING and buttons:
            step, press, chosen = buttons[number % len(buttons)]
            if press in ("approve", "retry"):
                await self._press_step(run, step, Press(press), chosen, shown="what was")
            await self._press_step(run, step, Press(press), chosen)

    async def _start(self, run: Run) -> None:
        started = await self.floor.presses.start(TEAM, run.id, ADA)
        if run.state is not RunState.PROPOSED:
            assert isinstance(started, TooLate)
            return
        assert isinstance(started, Run)
        run = await self.floor.run(run.id)
        assert run.started_by == ADA
        assert is_lost(run) or await self._verdict(run) is True

    async def _verdict(self, run: Run) -> bool | None:
        """Whether people say that it fits; None where there is no word, nor any message."""
        fits: bool | None = await self.floor.pool.fetchval(
            "SELECT fits FROM verdicts WHERE evaluation_id = $1 ORDER BY id DESC LIMIT 1",
            run.evaluation.id,
        )
        return fits

    @rule(number=st.integers(0, 2), fault=st.sampled_from(FAULTS), replayed=st.booleans())
    def carry_out(self, number: int, fault: Any, replayed: bool) -> None:
        """People and workers do what there is to do, until the run is over and another begins."""
        if fault is not None:
            self.floor.slack.faults.add("chat.postMessage", fault)
        self.loop.run(self._carry_out(number, replayed))

    async def _carry_out(self, number: int, replayed: bool) -> None:
        for _ in range(len(KINDS)):
            await self._press(number, but=Press.HOLD)
            await self.floor.hurry()
        await self._go_on(replayed)

    @rule(
        step=st.sampled_from(sorted(KINDS)),
        press=st.sampled_from(Press),
        chosen=st.sampled_from(["yes", "no", "perhaps"]),
        shown=st.sampled_from([None, None, "what was"]),
    )
    def press_what_is_old(self, step: str, press: Press, chosen: str, shown: str | None) -> None:
        """Somebody presses a button of any age, in a message that shows what was."""
        self.loop.run(self._press_what_is_old(step, press, chosen, shown))

    async def _press_what_is_old(
        self, step: str, press: Press, chosen: str, shown: str | None
    ) -> None:
        run = await self.floor.newest()
        await self._press_step(run, step, press, chosen, shown)

    async def _press_step(
        self, run: Run, step: str, press: Press, chosen: str, shown: str | None = None
    ) -> None:
        """Press, and see that what is offered happens, and nothing else."""
        was = next((one for one in run.steps if one.id == step), StepRecord(id=StepId(step)))
        offered = run.state is RunState.RUNNING and press in OFFERED.get(
            (KINDS[step], was.state), ()
        )
        try:
            outcome = await self.floor.press(run, step, press, chosen, shown)
        except NotOffered:
            assert (offered, press, chosen) == (True, Press.CHOOSE, "perhaps")
            return
        after = await self.floor.run(run.id)
        if not offered or (shown and press in ("approve", "retry")):
            assert isinstance(outcome, ShownOtherwise if offered else TooLate)
            assert after.steps == run.steps
            assert not offered or after.version > run.version, "it is not shown anew"
            return
        assert isinstance(outcome, Run)
        now = next(one for one in after.steps if one.id == step)
        assert now.state in FOLLOWS[press]
        assert (now.changed_by, now.chosen) == (ADA, chosen if press == "choose" else "") or (
            now.state == "waiting" and now.repeats
        )
        if press == "hold" and was.changed_by is None:
            self.on[Scope.STEP, f"sop/{step}"] = (
                False  # as whoever takes something back switches it off
            )
        if press in ("approve", "retry"):
            assert now.state != "waiting" or (now.repeats and not was.repeats), "in vain"
            # Somebody said so, and knew that it may be there already.
            self.repeats[step] += was.repeats or was.state == "unknown"
        noted = await self.floor.pool.fetch("SELECT * FROM audit_log ORDER BY number DESC LIMIT 3")
        assert ("approval", f"run:{run.id}/{step}", ADA) in [
            (row["kind"], row["subject"], row["actor"]) for row in noted
        ]

    @rule(meant=st.integers(0, 4))
    def end(self, meant: int) -> None:
        """Somebody presses what does not end it; now and then one has enough of it."""
        states = [RunState.DISMISSED, RunState.CANCELLED]
        self.loop.run(self._end(states[::-1] if meant % 2 else states, in_vain=meant > 1))

    async def _end(self, states: Sequence[RunState], *, in_vain: bool) -> None:
        run = await self.floor.newest()
        fitting = ends(run)
        if in_vain:
            states = [state for state in states if not fitting[state]]
        meant = next((state for state in states if fitting[state]), run.state)
        for state in states:
            ended = await self.floor.presses.end(TEAM, run.id, state, ADA)
            assert isinstance(ended, Run if state is meant and fitting[state] else TooLate)
        after = await self.floor.run(run.id)
        by = ADA if any(fitting[state] for state in states) else run.ended_by
        assert (after.state, after.ended_by) == (meant, by)
        if meant is RunState.DISMISSED:
            assert is_lost(run) or await self._verdict(run) is False
            # Where Auto-Pilot was wrong too often, it is switched off.
            self.on[Scope.WORKFLOW, "sop"] = await self.floor.pool.fetchval(
                "SELECT is_on FROM autopilot_switches WHERE scope = 'workflow'"
            )
        await self._start(after)

    @rule(
        switch=st.sampled_from(SWITCHES),
        is_on=st.booleans(),
        then=st.sampled_from(THEN),
    )
    def switch(self, switch: tuple[Scope, str], is_on: bool, then: str) -> None:
        """Somebody turns a switch; its job comes late, or at once, or behind a claim."""
        self.loop.run(self._go_on(replayed=False))
        self.loop.run(self._hold())  # by the switches as they were
        self.on[switch] = is_on
        self.loop.run(self.floor.switch(*switch, is_on=is_on))
        self.loop.run(self._then(then, "halt"))

    @rule(fault=st.sampled_from(FAULTS), look=st.sampled_from(LOOKS))
    def act(self, fault: Any, look: Any) -> None:
        """A worker takes up all actions; the first of them meets a fault."""
        for method, one in (("chat.postMessage", fault), ("conversations.replies", look)):
            if one is not None:
                self.floor.slack.faults.add(method, one)
        self.loop.run(self._act())

    async def _act(self) -> None:
        actions = await self._actions()
        untouched, withheld = await self._forbidden("planned"), await self._forbidden("trying")
        before = self._happened()
        for action in actions:
            try:
                await self.floor.duties.acting(ActJob(action), 0)
            except RetryRequested:
                continue
        tried = await self.floor.pool.fetchval(
            "SELECT count(*) FROM actions WHERE id = ANY($1) AND state NOT IN "
            "('planned', 'cancelled')",
            list(untouched),
        )
        assert tried == 0, "it was tried though it was not to be"
        now = self._happened()
        assert all(now[key] == before[key] for key in withheld.values()), "done after it was off"

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

    @rule(performed=st.booleans())
    def crash(self, performed: bool) -> None:
        """A worker claims, performs or not, and is not heard of any more."""
        self.loop.run(self._crash(performed))

    async def _crash(self, performed: bool) -> None:
        actions = await self._actions()
        untouched, withheld = await self._forbidden("planned"), await self._forbidden("trying")
        for action in actions:
            claim = await self.floor.duties.ledger.claim(action)
            if not isinstance(claim, Claim):
                continue
            assert action not in untouched, "claimed though it was not to be"
            assert bool(claim.withheld) == (action in withheld)
            receipt = None
            if performed and not claim.maybe_done:
                kind = self.floor.kinds[claim.request.kind]
                try:
                    receipt = await kind.perform(claim.request, claim.key)
                except (ActionDelayed, ActionInDoubt, ActionRefused):
                    continue  # a fault that was meant for a worker; nobody will say anything
            self.dead.append((claim, receipt))

    @rule()
    def come_early(self) -> None:
        """A worker takes up actions before their time, and a run that was started already."""
        self.loop.run(self._come_early())

    async def _come_early(self) -> None:
        rows = await self.floor.pool.fetch(
            "SELECT id FROM actions WHERE state = 'planned' AND due_at > now() + interval '5 s'"
        )
        for row in rows:
            claim = await self.floor.duties.ledger.claim(ActionId(row["id"]))
            assert not isinstance(claim, Claim), "done before its time"
        run = await self.floor.newest()
        await self.floor.duties.ledger.start(run.id)
        assert not run.steps or (await self.floor.run(run.id)).steps == run.steps

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

    @rule(number=st.integers(0, 4), then=st.sampled_from(THEN))
    def change_the_message(self, number: int, then: str) -> None:
        """Somebody edits or deletes the message; its job comes late, or at once, or behind a
        claim."""
        self.loop.run(self._change(deleted=number == 0))
        self.loop.run(self._then(then, "basis", "evaluate", "start"))

    async def _change(self, *, deleted: bool) -> None:
        if deleted:
            await self.floor.delete(self.ts)
        else:
            self.edits += 1
            await self.floor.edit(self.ts, f"It is down {self.edits}")

    @rule(deleted=st.booleans(), then=st.sampled_from(("a worker", "a crash")))
    def change_what_is_about_to_be_done(self, deleted: bool, then: str) -> None:
        """Somebody approves the first action of a new message, which is changed before it goes."""
        self.loop.run(self._change_what_is_about_to_be_done(deleted, then))

    async def _change_what_is_about_to_be_done(self, deleted: bool, then: str) -> None:
        if (await self.floor.newest()).state in OPEN:
            await self._end([RunState.CANCELLED, RunState.DISMISSED], in_vain=False)
        await self._go_on(replayed=False)
        run = await self.floor.newest()
        if run.state is RunState.PROPOSED:  # as too many started by themselves
            if not deleted:
                return  # what a person starts outlives an edit
            await self._start(run)
        elif (await self.floor.states(run))["tell"] == "planned":
            await self._press_step(run, "tell", Press.HOLD, "")
        # What a person approved is stopped by no switch and no breaker: by the change alone.
        await self._press_step(await self.floor.newest(), "tell", Press.APPROVE, "")
        await self._change(deleted=deleted)
        assert await self._forbidden("planned")
        await self._then(then)
        await self.floor.work("basis", "evaluate", "start")
        assert (await self.floor.run(run.id)).state is RunState.CANCELLED

    async def _then(self, then: str, *jobs: str) -> None:
        match then:
            case "its job":
                await self.floor.work(*jobs)
            case "a worker":
                await self._act()
            case "a crash":
                await self._crash(performed=True)

    @rule()
    def end_pauses(self) -> None:
        """Somebody approves what waits for the breaker."""
        self.loop.run(self._end_pauses())

    async def _end_pauses(self) -> None:
        for row in await self.floor.pool.fetch("SELECT id FROM pauses WHERE ended_at IS NULL"):
            pause = await self.floor.duties.pauses.get(row["id"])
            assert pause is not None
            shown = {one.run: one.request.digest for one in pause.waiting}
            assert await self.floor.duties.pauses.end(TEAM, pause.id, ADA, shown)
        await self.floor.work("release")
        assert not await self.floor.pool.fetchval(
            "SELECT count(*) FROM run_steps AS s JOIN runs AS r ON r.id = s.run_id "
            "WHERE s.state = 'waiting' AND s.pause_id IS NOT NULL AND r.state = 'running'"
        ), "it still waits for a pause that is over"

    @rule()
    def time_passes(self) -> None:
        """All that waits for its time is done."""
        self.loop.run(self.floor.hurry())

    @rule()
    def nobody_comes(self) -> None:
        """For three days: what waits for people has an end."""
        self.loop.run(self._nobody_comes())

    async def _nobody_comes(self) -> None:
        before = await self.floor.newest()
        await self.floor.hours_pass(73)
        await self.floor.duties.every_minute()
        await self.floor.work("remind")
        moving = {one.state.value for one in before.steps} & {"planned", "trying"}
        after = await self.floor.run(before.id)
        assert moving or after.state not in OPEN

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
            "OR a.state IN ('planned', 'trying', 'unknown') "
            "OR (s.state, a.state) IN (('skipped', 'failed'), ('done', 'failed')))"
        )
        assert torn == [], "a step and its action say different things"
        await self._nothing_was_planned_for_who_switched_it_off()
        await self._nothing_is_claimed_on_what_changed()
        await self._nothing_else_ends_it()

    async def _nothing_is_claimed_on_what_changed(self) -> None:
        """Not even before its time: what hides behind the undo window, a switch or the breaker."""
        for row in await self.floor.pool.fetch("SELECT * FROM actions WHERE state = 'planned'"):
            run = await self.floor.run(row["run_id"])
            if run.state is RunState.RUNNING and is_lost(run):
                claim = await self.floor.duties.ledger.claim(ActionId(row["id"]))
                assert claim is None, "it would be done though the message changed"

    async def _nothing_else_ends_it(self) -> None:
        for row in await self.floor.pool.fetch("SELECT id FROM runs ORDER BY id DESC LIMIT 2"):
            run = await self.floor.run(row["id"])
            for state in (state for state, fits in ends(run).items() if not fits):
                ended = await self.floor.presses.end(TEAM, run.id, state, ADA)
                assert isinstance(ended, TooLate), f"{run.state} became {state}"
            assert await self.floor.run(run.id) == run

    async def _nothing_was_planned_for_who_switched_it_off(self) -> None:
        for row in await self.floor.pool.fetch("SELECT * FROM actions"):
            was = self.actions.get(row["id"])
            if row["state"] == "planned" and was not in ("planned", "trying"):
                assert not row["by_autopilot"] or self._allowed(row["step_id"]), "it was off"
            self.actions[row["id"]] = row["state"]

    def _holds_for(self, run: Run, before: Run | None) -> None:
        states = {str(record.id): record.state.value for record in run.steps}
        found = {
            step: "open" if state not in ("blocked", "bypassed") else state
            for step, state in states.items()
        }
        if run.state not in ("proposed", "running"):
            assert set(states.values()) <= LEFT, "the run is over and a step is open"
        if run.state is RunState.DONE:
            assert set(states.values()) <= OVER
        if run.state is RunState.RUNNING and states:
            assert not set(states.values()) <= OVER, "all is done and the run is not"
            chosen = next(one.chosen for one in run.steps if one.id == "urgent")
            taken = states["page" if chosen == "yes" else "note"]
            expected = stands(states["urgent"], chosen, taken)
            assert found == {"urgent": "open", "tell": "open"} | expected
            assert chosen in (("yes", "no") if states["urgent"] == "done" else ("",))
        if before is None:
            off = not any(self._allowed(step) for step in ("page", "tell"))
            assert not (off and run.state is RunState.RUNNING and run.started_by is None)
            return
        was = before.state
        if run.started_by != before.started_by:  # somebody started it since
            was = RunState.RUNNING
        assert run.state in {was, *GOES.get(was, ())}, f"{was} became {run.state}"
        if (was, run.state) == (RunState.PROPOSED, RunState.CANCELLED):
            assert (run.ended_by, run.ended_why != "") == (None, True), "only its message does so"
        assert run.version >= before.version
        if seen(run) != seen(before):
            assert run.version > before.version, "people do not see it"
        for old, new in zip(before.steps, run.steps, strict=False):
            if old.state in OVER:
                assert (new.state, new.chosen) == (old.state, old.chosen)


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
            max_examples=10,
            stateful_step_count=40,
            deadline=None,
            phases=[Phase.generate],  # a sequence of forty is soon read
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
