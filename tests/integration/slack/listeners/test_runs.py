"""Buttons of a run's message: each does what it says, once, for those who may; others are told."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from livesop_bot.db.held_run import HeldRuns
from livesop_bot.db.pool import Pool, create_pool
from livesop_bot.db.stored_definition import definition_to_json
from livesop_bot.db.team_settings import TeamSettingsBook
from livesop_bot.domain.runs import RunId
from livesop_bot.domain.signals import TeamId
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
from livesop_bot.sandbox.changes import Change, EphemeralShown
from livesop_bot.sandbox.demo import ADA, BUGS, GRACE, LINUS
from livesop_bot.sandbox.faults import AnswerStatus, NeverHandled
from livesop_bot.sandbox.people import Person
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.views.ids import ActionId
from livesop_bot.views.press import Pressed
from tests.integration.slack.listeners.conftest import Serve

TEAM = "T0SANDBOX"
_PLANNING = (ActionId.STEP_APPROVE, ActionId.STEP_RETRY)
ROBOT = "U0ROBOT001"
GROUP = "S0ONCALL01"


def _step(name: str, kind: StepKind, mode: StepMode = StepMode.MANUAL, **more: Any) -> Step:
    return Step(id=StepId(name), title=name.capitalize(), kind=kind, mode=mode, **more)


def _post(name: str, mode: StepMode = StepMode.APPROVE) -> Step:
    fields = {"channel": f"#{name}", "text": "Look: {{ message.text }}"}
    action = ActionKind.SLACK_MESSAGE
    return _step(name, StepKind.ACTION, mode, action=action, fields=fields)


SOP = WorkflowDefinition(
    slug="bugs",
    title="Bugs",
    trigger=Trigger(description="Something is broken"),
    steps=(
        _step("see", StepKind.MANUAL),
        _step("bad", StepKind.DECISION),
        _post("tell"),
        _step("guarded", StepKind.MANUAL, approvers=(ADA, GROUP)),
        _post("alarm"),
    ),
    edges=(Edge(source=StepId("bad"), target=StepId("alarm"), label="yes"),),
)
EVALUATED = """
WITH sop AS (
    INSERT INTO workflows (team_id, slug, version) VALUES ($1, 'bugs', 1) RETURNING id
), version AS (
    INSERT INTO workflow_versions (workflow_id, version, definition, created_by)
    SELECT id, 1, $4, 'U1' FROM sop
), signal AS (
    INSERT INTO raw_signals (event_id, team_id, source, external_id, channel_id, message_ts,
        author_id, author_is_bot, text, occurred_at, received_at, state)
    VALUES ('E1', $1, 'slack', $2 || ':' || $3, $2, $3, 'U1', false, 'the export crashes', now(),
        now(), 'evaluated') RETURNING id
), evaluation AS (
    INSERT INTO evaluations (team_id, signal_id, revision, cause, dry_run, workflow_id,
        workflow_version, confidence, reasoning, evidence, evaluator, verdict, reason, detail,
        latency_ms)
    SELECT $1, signal.id, 1, 'signal', false, sop.id, 1, 0.8, 'It reads like a bug.', 'the export',
        'lexical', 'propose', 'proposed', 'Sure enough to propose (80%).', 3
    FROM signal, sop RETURNING id
)
INSERT INTO runs (team_id, evaluation_id, signal_id, workflow_id, workflow_version, channel_id,
    thread_ts, state, post_state, post_ts)
SELECT $1, evaluation.id, signal.id, sop.id, 1, $2, $3, 'proposed', 'posted', $5
FROM evaluation, signal, sop RETURNING id
"""


class Thread:
    """A run and its message in #bugs; pressed by what its buttons carry."""

    def __init__(self, slack: SlackServer, pool: Pool, run: RunId, ts: str, held: HeldRuns) -> None:
        self._slack = slack
        self._held = held
        self.pool = pool
        self.run = run
        self._ts = ts
        self.answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        slack.workspace.listen(self._look)

    def _look(self, change: Change) -> None:
        if isinstance(change, EphemeralShown):
            self.answers.put_nowait(change.message)

    async def press(
        self, user: str, action: str, step: str | None = None, chosen: str = "", **over: Any
    ) -> None:
        """Press a button of the message, whether it is shown or not."""
        shown = await self.shown(step) if step and action in _PLANNING else ""
        pressed = Pressed(
            run=self.run, step=StepId(step) if step else None, chosen=chosen, request=shown
        )
        element = {
            "type": "button",
            "action_id": action,
            "block_id": "any",
            "value": pressed.value(),
            **over,
        }
        await self._slack.interactions.block_action(
            user, {"type": "message", "channel": BUGS, "ts": self._ts}, element
        )

    async def shown(self, step: str) -> str:
        """The digest of what a step would send; empty where nothing can be pressed any more."""
        async with self._held.hold(self.run) as held:
            return "" if held is None else (await held.request(StepId(step))).digest

    async def told(self) -> str:
        """What the person who pressed is told, who alone sees it."""
        async with asyncio.timeout(5):
            answer = await self.answers.get()
        return "\n".join(
            part["text"]
            for block in answer["blocks"]
            for part in block.get("elements") or [block["text"]]
        )

    async def until(self, wanted: str, step: str | None = None) -> None:
        """Wait until the step, or the run, is in a state."""
        found = None
        async with asyncio.timeout(5):
            while found != wanted:
                found = await self.state(step)
                await asyncio.sleep(0.01)

    async def state(self, step: str | None = None) -> str | None:
        """The state of a step, or of the run."""
        if step is None:
            found = await self.pool.fetchval("SELECT state FROM runs WHERE id = $1", self.run)
        else:
            query = "SELECT state FROM run_steps WHERE run_id = $1 AND step_id = $2"
            found = await self.pool.fetchval(query, self.run, step)
        return None if found is None else str(found)

    async def started(self) -> None:
        """Start it, as Grace."""
        await self.press(GRACE, ActionId.RUN_START)
        await self.until("running")


Open = Callable[[Pool], Awaitable[Thread]]


@pytest.fixture
def open_thread(slack: SlackServer, serve: Serve) -> Open:
    """Serve the listeners on a pool that has a proposed run."""

    async def open_(pool: Pool) -> Thread:
        workspace = slack.workspace
        workspace.people[ROBOT] = Person(id=ROBOT, name="robot", real_name="Robot", is_bot=True)
        workspace.groups[GROUP] = {LINUS}
        asked = workspace.post(BUGS, GRACE, "the export crashes", silent=True)
        face = workspace.post(
            BUGS, workspace.bot.user_id, "Bugs", thread_ts=asked["ts"], silent=True
        )
        await pool.execute("INSERT INTO teams (team_id, name) VALUES ($1, 'Acme')", TEAM)
        sop = json.dumps(definition_to_json(SOP))
        run = await pool.fetchval(EVALUATED, TEAM, BUGS, asked["ts"], sop, face["ts"])
        desk = await serve(pool)
        return Thread(slack, pool, RunId(run), face["ts"], desk.held)

    return open_


@pytest_asyncio.fixture
async def thread(open_thread: Open, pool: Pool) -> Thread:
    """A proposed run."""
    return await open_thread(pool)


@pytest_asyncio.fixture
async def running(thread: Thread) -> AsyncIterator[Thread]:
    """A run that Grace started; all its steps but the last are open."""
    await thread.started()
    yield thread
    assert thread.answers.empty(), "nobody is told what the message shows"


async def _set(thread: Thread, step: str, state: str) -> None:
    """Bring an action's step into a state that an attempt leaves behind."""
    await thread.pool.execute(
        "INSERT INTO actions (team_id, run_id, step_id, signal_id, workflow_id, kind, request, "
        "state, by_autopilot, due_at, attempts, tried_at) SELECT $1, id, $3, signal_id, "
        "workflow_id, 'slack_message', $5, $4, true, now(), 1, now() FROM runs WHERE id = $2",
        TEAM,
        thread.run,
        step,
        state,
        json.dumps({"kind": "slack_message", "words": "", "preview": "", "body": {}}),
    )
    await thread.pool.execute(
        "UPDATE run_steps SET state = $3 WHERE run_id = $1 AND step_id = $2",
        thread.run,
        step,
        state,
    )


async def refusals(thread: Thread) -> list[tuple[str, str, str]]:
    """Who was refused what, and why, as the audit log has it."""
    query = "SELECT actor, subject, after FROM audit_log WHERE kind = 'refusal' ORDER BY number"
    rows = await thread.pool.fetch(query)
    return [(row["actor"], row["subject"], json.loads(row["after"])["why"]) for row in rows]


async def test_start_gives_it_its_steps(running: Thread) -> None:
    assert [await running.state(step.id) for step in SOP.steps] == [
        "waiting",
        "waiting",
        "waiting",
        "waiting",
        "blocked",
    ]
    query = "SELECT started_by FROM runs"
    assert await running.pool.fetchval(query) == GRACE


async def test_not_this_ends_what_was_proposed(thread: Thread) -> None:
    await thread.press(LINUS, ActionId.RUN_DISMISS)
    await thread.until("dismissed")
    assert await thread.pool.fetchval("SELECT ended_by FROM runs") == LINUS


async def test_cancel_run_ends_what_is_open_in_it(running: Thread) -> None:
    await running.press(GRACE, ActionId.STEP_DONE, "see")
    await running.until("done", "see")
    await running.press(LINUS, ActionId.RUN_CANCEL)
    await running.until("cancelled")
    assert [await running.state(step.id) for step in SOP.steps] == ["done", *["cancelled"] * 4]


@pytest.mark.parametrize(
    ("action", "step", "chosen", "follows"),
    [
        (ActionId.STEP_DONE, "see", "", "done"),
        (ActionId.STEP_SKIP, "see", "", "skipped"),
        (f"{ActionId.STEP_CHOOSE}:0", "bad", "yes", "done"),
        (ActionId.STEP_APPROVE, "tell", "", "planned"),
        (ActionId.STEP_SKIP, "tell", "", "skipped"),
    ],
)
async def test_each_button_of_a_waiting_step(
    running: Thread, action: str, step: str, chosen: str, follows: str
) -> None:
    await running.press(LINUS, action, step, chosen)
    await running.until(follows, step)
    query = "SELECT changed_by FROM run_steps WHERE step_id = $1"
    assert await running.pool.fetchval(query, step) == LINUS


@pytest.mark.parametrize(
    ("state", "action", "follows"),
    [
        ("planned", ActionId.STEP_HOLD, "waiting"),
        ("failed", ActionId.STEP_RETRY, "planned"),
        ("failed", ActionId.STEP_SKIP, "skipped"),
        ("unknown", ActionId.STEP_MARK_DONE, "done"),
        ("unknown", ActionId.STEP_RETRY, "planned"),
    ],
)
async def test_each_button_of_an_action_that_was_tried_or_is_planned(
    running: Thread, state: str, action: str, follows: str
) -> None:
    await _set(running, "tell", state)
    await running.press(LINUS, action, "tell")
    await running.until(follows, "tell")


async def test_what_is_not_what_was_shown_is_not_done_and_shown_anew(running: Thread) -> None:
    shown, version = await running.shown("tell"), "SELECT face_version FROM runs"
    before = await running.pool.fetchval(version)
    await running.pool.execute("UPDATE raw_signals SET text = 'the import crashes'")
    for request in (shown, ""):
        value = Pressed(run=running.run, step=StepId("tell"), request=request).value()
        await running.press(LINUS, ActionId.STEP_APPROVE, "tell", value=value)
        assert await running.told() == (
            "What *Tell* would send has changed since it was shown to you, so nothing was done. "
            "LiveSOP's message shows it anew: please read it and press again."
        )
    assert await running.state("tell") == "waiting"
    assert await running.pool.fetchval(version) == before + 2
    query = "SELECT actor, after FROM audit_log WHERE kind = 'refusal' ORDER BY number LIMIT 1"
    row = await running.pool.fetchrow(query)
    assert row is not None
    assert (row["actor"], json.loads(row["after"])) == (
        LINUS,
        {"press": "approve", "why": "shown_otherwise"},
    )
    await running.press(LINUS, ActionId.STEP_APPROVE, "tell")
    await running.until("planned", "tell")


async def test_an_answer_opens_the_way_that_it_names(running: Thread) -> None:
    await running.press(GRACE, f"{ActionId.STEP_CHOOSE}:0", "bad", "yes")
    await running.until("waiting", "alarm")


async def test_of_two_one_wins_and_the_other_is_told(running: Thread) -> None:
    await asyncio.gather(
        running.press(GRACE, ActionId.STEP_DONE, "see"),
        running.press(LINUS, ActionId.STEP_SKIP, "see"),
    )
    told = await running.told()
    state = await running.state("see")
    winner = {"done": GRACE, "skipped": LINUS}[str(state)]
    assert told == (
        f"<@{winner}> was quicker: *See* is {state}. Nothing was changed by your press."
    )


async def test_who_presses_twice_is_told_of_nobody_else(running: Thread) -> None:
    await running.press(GRACE, ActionId.STEP_DONE, "see")
    await running.press(GRACE, ActionId.STEP_DONE, "see")
    assert await running.told() == (
        "You have pressed already: *See* is done. Nothing was changed by your press."
    )


async def test_two_starts_are_one(thread: Thread) -> None:
    await asyncio.gather(
        thread.press(GRACE, ActionId.RUN_START), thread.press(LINUS, ActionId.RUN_START)
    )
    assert await thread.told() == "This SOP was started already; nothing was changed."
    assert await thread.pool.fetchval("SELECT count(*) FROM run_steps") == len(SOP.steps)


async def test_a_run_that_is_over_is_not_moved_by_old_buttons(thread: Thread) -> None:
    await thread.press(GRACE, ActionId.RUN_DISMISS)
    await thread.until("dismissed")
    for action, step in ((ActionId.RUN_START, None), (ActionId.STEP_DONE, "see")):
        await thread.press(LINUS, action, step)
        assert await thread.told() == "This SOP is over already; nothing was changed."
    assert await thread.state() == "dismissed"


@pytest.mark.parametrize("user", [ADA, LINUS])
async def test_those_named_and_those_in_the_group_may(running: Thread, user: str) -> None:
    await running.press(user, ActionId.STEP_DONE, "guarded")
    await running.until("done", "guarded")


async def test_others_are_told_who_may_and_it_is_audited(running: Thread) -> None:
    await running.press(GRACE, ActionId.STEP_DONE, "guarded")
    assert await running.told() == (
        f"Only <@{ADA}>, <!subteam^{GROUP}> may move this step on; nothing was changed."
    )
    assert await running.state("guarded") == "waiting"
    refused = (GRACE, f"run:{running.run}/guarded", "not_an_approver")
    assert await refusals(running) == [refused]


async def test_whoever_it_names_everybody_may_stop_what_is_planned(running: Thread) -> None:
    await _set(running, "guarded", "planned")
    await running.press(GRACE, ActionId.STEP_HOLD, "guarded")
    await running.until("waiting", "guarded")
    assert await refusals(running) == []


@pytest.mark.parametrize("fault", [AnswerStatus(503), NeverHandled()])
async def test_where_slack_does_not_say_who_may_nobody_may(
    running: Thread, slack: SlackServer, fault: Any
) -> None:
    slack.faults.add("usergroups.users.list", fault)
    await running.press(GRACE, ActionId.STEP_DONE, "guarded")
    assert "Slack did not say whether you may" in await running.told()
    assert await running.state("guarded") == "waiting"
    assert await refusals(running) == [(GRACE, f"run:{running.run}/guarded", "unknown")]


async def test_a_group_that_is_gone_lets_nobody_in(running: Thread, slack: SlackServer) -> None:
    del slack.workspace.groups[GROUP]
    await running.press(LINUS, ActionId.STEP_DONE, "guarded")
    assert "Only " in await running.told()
    assert await running.state("guarded") == "waiting"


@pytest.mark.parametrize("action", [ActionId.STEP_DONE, ActionId.RUN_CANCEL])
async def test_bots_press_in_vain(running: Thread, action: str) -> None:
    await running.press(ROBOT, action, "see")
    assert await running.told() == "Only people can move an SOP on; nothing was changed."
    assert await running.state() == "running"
    assert await running.state("see") == "waiting"
    assert [why for _, _, why in await refusals(running)] == ["a_bot"]


@pytest.mark.parametrize(
    "value", ["", "yes", "{}", "[]", "7", '{"run": "x"}', '{"run": 1, "step": "no-such-step"}']
)
async def test_a_value_that_is_none_of_ours_changes_nothing(running: Thread, value: str) -> None:
    await running.press(GRACE, ActionId.STEP_DONE, value=value)
    assert "nothing was changed" in await running.told()
    assert await running.state("see") == "waiting"


async def test_an_answer_that_the_decision_does_not_have_changes_nothing(running: Thread) -> None:
    await running.press(GRACE, ActionId.STEP_CHOOSE, "bad", "perhaps")
    assert "nothing was changed" in await running.told()


async def test_a_run_of_another_team_is_not_touched(running: Thread, slack: SlackServer) -> None:
    slack.workspace.team = replace(slack.workspace.team, id="T2")
    for action, step in ((ActionId.STEP_DONE, "see"), (ActionId.RUN_CANCEL, None)):
        await running.press(GRACE, action, step)
        assert "nothing was changed" in await running.told()
    assert await running.state() == "running"


@pytest.mark.parametrize("outage", ["stop", "freeze"])
async def test_with_the_database_away_it_is_said(
    open_thread: Open, private_postgres: Any, outage: str
) -> None:
    pool = await create_pool(private_postgres.dsn, min_size=1, max_size=4)
    try:
        thread = await open_thread(pool)
        await thread.started()
        getattr(private_postgres, outage)()
        await thread.press(GRACE, ActionId.STEP_DONE, "see")
        assert "database" in await thread.told()
    finally:
        private_postgres.thaw()
        pool.terminate()


async def test_what_goes_wrong_is_said_and_logged(
    running: Thread, log_events: list[MutableMapping[str, Any]]
) -> None:
    await running.pool.execute("ALTER TABLE run_steps RENAME TO lost")
    await running.press(GRACE, ActionId.STEP_DONE, "see")
    assert "went wrong" in await running.told()
    assert "listener.failed" in [event["event"] for event in log_events]


async def test_who_only_looks_moves_nothing_on_and_may_still_stop_it(
    thread: Thread, slack: SlackServer
) -> None:
    await TeamSettingsBook(thread.pool).change(
        TeamId(TEAM), ADA, lambda old: replace(old, operators=(LINUS,))
    )
    for action in (ActionId.RUN_START, ActionId.RUN_DISMISS):
        await thread.press(GRACE, action)
        assert await thread.told() == (
            "Only operators can start an SOP or move it on; nothing was changed. "
            f"Please ask <@{LINUS}>."
        )
    assert await thread.state() == "proposed"
    rows = await thread.pool.fetch("SELECT actor, after FROM audit_log WHERE kind = 'refusal'")
    refused = '{"why": "not_an_operator", "right": "approve"}'
    assert [tuple(row) for row in rows] == [(GRACE, refused), (GRACE, refused)]
    await thread.press(LINUS, ActionId.RUN_START)
    await thread.until("running")
    await thread.press(GRACE, ActionId.STEP_DONE, "see")
    assert "Only operators" in await thread.told()
    await thread.press(GRACE, ActionId.RUN_CANCEL)
    await thread.until("cancelled")


async def test_whom_a_step_names_needs_no_other_list(running: Thread) -> None:
    await TeamSettingsBook(running.pool).change(
        TeamId(TEAM), ADA, lambda old: replace(old, operators=(GRACE,))
    )
    await running.press(LINUS, ActionId.STEP_DONE, "guarded")
    await running.until("done", "guarded")
