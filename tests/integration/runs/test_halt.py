"""The kill switch: what was planned goes back to people at once, for one run as for hundreds."""

from dataclasses import replace
from typing import Any

import pytest

from livesop_bot.db.upkeep import Upkeep
from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.steps import Press
from livesop_bot.domain.workflows import Step
from livesop_bot.sandbox.demo import INCIDENTS
from tests.integration.runs.conftest import ADA, TEAM, by_hand, posts

WAITING = 500


@pytest.mark.parametrize(
    ("scope", "subject"),
    [
        (Scope.TEAM, ""),
        (Scope.CHANNEL, INCIDENTS),
        (Scope.WORKFLOW, "sop"),
        (Scope.STEP, "sop/tell"),
    ],
)
async def test_any_switch_takes_back_what_it_forbids(
    floor: Any, scope: Scope, subject: str
) -> None:
    await floor.publish(posts("tell"), by_hand("look"))
    run = await floor.start()
    await floor.switch(scope, subject, is_on=False)
    await floor.work("halt")
    (record, _) = (await floor.run(run.id)).steps
    assert record.state == "waiting"
    assert "Auto-Pilot is off" in record.detail
    assert await floor.pool.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint='act'") == 0
    await floor.hurry()
    assert floor.said("tell:") == []


async def test_the_audit_log_names_what_was_taken_back(floor: Any) -> None:
    await floor.publish(posts("tell"), posts("page"), edges=())
    runs = [await floor.start(), await floor.start("Payments are down")]
    await floor.switch(Scope.TEAM, is_on=False)
    await floor.work("halt")
    (entry,) = [
        after for _, subject, after in await floor.audited() if subject.startswith("planned")
    ]
    named = {f"{run.id}/{step}" for run in runs for step in ("tell", "page")}
    assert set(entry.pop("steps").split()) == named
    assert entry == {"state": "waiting", "actions": 4, "runs": 2}


async def pause(floor: Any) -> None:
    """Somebody pauses the SOP."""
    assert await Upkeep(floor.pool).pause(TEAM, "sop", ADA)


async def test_a_pause_leaves_what_is_planned_to_people_and_tells_the_thread(floor: Any) -> None:
    await floor.publish(posts("tell"), by_hand("look"))
    run = await floor.start()
    await floor.work()
    await pause(floor)
    await floor.work("halt")
    assert (await floor.states(run))["tell"] == "waiting"
    await floor.hurry()
    assert floor.said("tell:") == []
    (face,) = floor.said("The SOP")
    assert "This SOP is paused" in str(face["blocks"])
    assert await Upkeep(floor.pool).resume(TEAM, "sop", ADA)
    await floor.hurry()
    assert floor.said("tell:") == [], "what was left to people stays with them"
    await floor.press(run, "tell", Press.APPROVE)
    await floor.hurry()
    assert len(floor.said("tell:")) == 1


async def test_a_pause_is_seen_by_the_claim_itself(floor: Any) -> None:
    await floor.publish(posts("tell"))
    run = await floor.start()
    await pause(floor)
    await floor.pool.execute("DELETE FROM pgqueuer WHERE entrypoint = 'halt'")
    await floor.hurry()
    (record,) = (await floor.run(run.id)).steps
    assert (record.state, record.detail) == ("waiting", "This SOP is paused.")
    assert floor.said("tell:") == []


async def test_what_opens_while_it_is_paused_waits_for_people(floor: Any) -> None:
    await floor.publish(by_hand("look"), posts("tell"))
    run = await floor.start()
    await pause(floor)
    await floor.press(run, "look", Press.DONE)
    assert (await floor.states(run))["tell"] == "waiting"


async def test_what_the_switch_does_not_concern_goes_on(floor: Any) -> None:
    await floor.publish(posts("tell"))
    run = await floor.start()
    await floor.switch(Scope.CHANNEL, "C0OTHER", is_on=False)
    await floor.work("halt")
    assert await floor.states(run) == {"tell": "planned"}
    await floor.hurry()
    assert len(floor.said("tell:")) == 1


async def test_what_a_person_planned_goes_on(floor: Any) -> None:
    await floor.publish(posts("tell"))
    run = await floor.start()
    await floor.pool.execute("UPDATE actions SET by_autopilot = false")
    await floor.switch(Scope.TEAM, is_on=False)
    await floor.work("halt")
    assert await floor.states(run) == {"tell": "planned"}


async def test_five_hundred_runs_are_halted_together(floor: Any) -> None:
    await floor.publish(posts("tell"), by_hand("look"))
    run = await floor.start()
    await floor.work()
    await multiply(floor, run.id, WAITING - 1)
    await floor.switch(Scope.TEAM, is_on=False)
    await floor.work("halt")
    counted = await floor.pool.fetch(
        "SELECT a.state, s.state AS step, count(*) AS runs FROM actions AS a "
        "JOIN run_steps AS s USING (run_id, step_id) GROUP BY 1, 2"
    )
    assert [tuple(row) for row in counted] == [("cancelled", "waiting", WAITING)]
    jobs = await floor.pool.fetch("SELECT entrypoint, count(*) FROM pgqueuer GROUP BY 1 ORDER BY 1")
    assert [tuple(row) for row in jobs] == [("face", WAITING)]
    (entry,) = [after for kind, subject, after in await floor.audited() if TEAM in subject]
    assert len(entry.pop("steps").split()) == WAITING
    assert entry == {"state": "waiting", "actions": WAITING, "runs": WAITING}


async def multiply(floor: Any, run: int, times: int) -> None:
    """Make copies of a run whose action is planned, each for a message of its own."""
    await floor.pool.execute(
        """
        WITH numbers AS (SELECT n FROM generate_series(1, $2) AS n), signals AS (
            INSERT INTO raw_signals (event_id, team_id, source, external_id, channel_id, message_ts,
                author_id, author_is_bot, text, occurred_at, received_at, state)
            SELECT event_id || n, team_id, source, external_id || n, channel_id, message_ts || n,
                author_id, author_is_bot, text, occurred_at, received_at, state
            FROM raw_signals, numbers
            WHERE raw_signals.id = (SELECT signal_id FROM runs WHERE id = $1)
            RETURNING *
        ), judged AS (
            INSERT INTO evaluations (team_id, signal_id, revision, cause, dry_run, workflow_id,
                workflow_version, confidence, reasoning, evidence, evaluator, verdict, reason,
                detail, latency_ms)
            SELECT e.team_id, s.id, 1, 'signal', false, workflow_id, workflow_version, confidence,
                reasoning, evidence, evaluator, verdict, reason, detail, latency_ms
            FROM signals AS s, evaluations AS e
            WHERE e.id = (SELECT evaluation_id FROM runs WHERE id = $1)
            RETURNING *
        ), copies AS (
            INSERT INTO runs (team_id, evaluation_id, signal_id, workflow_id, workflow_version,
                channel_id, thread_ts, state, post_state, post_ts, face_version, face_shown)
            SELECT j.team_id, j.id, j.signal_id, j.workflow_id, j.workflow_version, r.channel_id,
                s.message_ts, 'running', 'posted', s.message_ts, 2, 2
            FROM judged AS j JOIN signals AS s ON s.id = j.signal_id, runs AS r WHERE r.id = $1
            RETURNING *
        ), steps AS (
            INSERT INTO run_steps (run_id, step_id, position, state, opened_at)
            SELECT c.id, s.step_id, s.position, s.state, s.opened_at
            FROM copies AS c, run_steps AS s WHERE s.run_id = $1
            RETURNING *
        ), acts AS (
            INSERT INTO actions (team_id, run_id, step_id, signal_id, workflow_id, kind, request,
                by_autopilot, due_at)
            SELECT c.team_id, c.id, a.step_id, c.signal_id, c.workflow_id, a.kind, a.request,
                true, a.due_at
            FROM copies AS c, actions AS a WHERE a.run_id = $1
            RETURNING id
        )
        INSERT INTO pgqueuer (priority, entrypoint, payload, dedupe_key, status, execute_after)
        SELECT 0, 'act', convert_to(json_build_object('action', id)::text, 'UTF8'), 'act:' || id,
            'queued', now() + interval '1 hour'
        FROM acts
        """,
        run,
        times,
    )


@pytest.mark.parametrize(
    ("newer", "then"),
    [
        (replace(posts("tell"), title="Tell them"), "done"),
        (replace(posts("tell"), fields={"channel": "thread", "text": "another"}), "waiting"),
        (posts("warn"), "waiting"),
    ],
    ids=["the same action", "another action", "no such step"],
)
async def test_a_switch_is_for_the_action_of_the_newest_version(
    floor: Any, newer: Step, then: str
) -> None:
    await floor.publish(by_hand("look"), posts("tell"))
    run = await floor.start()
    await floor.publish(by_hand("look"), newer)  # and an admin switches it on
    await floor.press(run, "look", Press.DONE)
    await floor.hurry()
    assert (await floor.states(run))["tell"] == then
    assert len(floor.said("tell:")) == (then == "done")
