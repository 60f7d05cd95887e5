"""Earned autonomy: what people decide is kept, and what they take back demotes, once."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from livesop_bot.db.autonomy import Autonomy
from livesop_bot.db.queries import sql
from livesop_bot.db.teams import step_subject
from livesop_bot.domain.autonomy import COUNTED, RECENT, WINDOW, StepAutonomy, content_of
from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.runs import RunState, TooLate
from livesop_bot.domain.steps import Press
from livesop_bot.domain.workflows import StepId, StepMode, Workflow
from livesop_bot.sandbox.demo import INCIDENTS
from tests.integration.runs.conftest import ADA, TEAM, by_hand, posts


async def shadowed(floor: Any, *steps: Any) -> None:
    """An SOP whose steps are off, so that people do what Auto-Pilot would have done."""
    await floor.publish(*steps)
    for step in steps:
        if step.mode is StepMode.AUTO:
            await floor.switch(Scope.STEP, step_subject("sop", step.id), is_on=False)


async def proposed(floor: Any, text: str = "Checkout is down") -> Any:
    run = await floor.start(text)
    assert run.state is RunState.PROPOSED
    return run


async def waiting(floor: Any, text: str = "Checkout is down") -> Any:
    run = await proposed(floor, text)
    await floor.presses.start(TEAM, run.id, ADA)
    return await floor.run(run.id)


async def sop(floor: Any) -> Workflow:
    (found,) = await floor.stores.workflows.current(TEAM)
    return found  # type: ignore[no-any-return]


async def standing(floor: Any) -> dict[str, StepAutonomy]:
    return {one.step.id: one for one in await Autonomy(floor.pool).steps(await sop(floor))}


async def counts(floor: Any) -> dict[str, tuple[int, int]]:
    """Approved and decided, of each step."""
    return {
        step: (one.agreement.approved, one.agreement.decided)
        for step, one in (await standing(floor)).items()
    }


async def earn(floor: Any, step: str, *, refused: int = 0, times: int = 12) -> None:
    """Let people have decided so often, a day apart, the last `refused` times against it."""
    run = await floor.newest()
    await floor.pool.execute(
        """
        WITH signals AS (
            INSERT INTO raw_signals (event_id, team_id, source, external_id, channel_id, message_ts,
                author_id, author_is_bot, text, occurred_at, received_at, state)
            SELECT 'Ev-' || n, $1, 'slack', $2 || ':' || n, $2, n::text, 'U1', false, '', now(),
                now(), 'evaluated'
            FROM generate_series(1, $7) AS n RETURNING id
        ), evaluated AS (
            INSERT INTO evaluations (team_id, signal_id, revision, cause, dry_run, workflow_id,
                workflow_version, confidence, reasoning, evidence, evaluator, verdict, reason,
                detail, latency_ms)
            SELECT $1, id, 1, 'signal', false, $3, 1, 1, '', '', '', 'propose', 'autopilot_off', '',
                1 FROM signals RETURNING id, signal_id
        ), opened AS (
            INSERT INTO runs (team_id, evaluation_id, signal_id, workflow_id, workflow_version,
                channel_id, thread_ts, state, ended_at)
            SELECT $1, id, signal_id, $3, 1, $2, id::text, 'done', now() FROM evaluated RETURNING id
        ), numbered AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM opened)
        INSERT INTO shadow_decisions (run_id, step_id, team_id, workflow_id, content, approved,
            decided_by, decided_at)
        SELECT id, $4, $1, $3, $5, n > $6, 'U1', now() - n * interval '1 day' FROM numbered
        """,
        TEAM,
        INCIDENTS,
        run.workflow.id,
        step,
        content_of(next(one for one in run.workflow.definition.steps if one.id == step)),
        refused,
        times,
    )


async def switch_entries(floor: Any) -> list[dict[str, Any]]:
    """What LiveSOP itself did to switches, as audited."""
    rows = await floor.pool.fetch(
        "SELECT subject, after FROM audit_log WHERE kind = 'switch' AND actor = 'livesop'"
    )
    return [{"subject": row["subject"], **json.loads(row["after"])} for row in rows]


async def is_on(floor: Any, scope: Scope, subject: str) -> bool | None:
    found: bool | None = await floor.pool.fetchval(sql("switch"), TEAM, scope, subject)
    return found


async def test_what_people_decide_is_counted(floor: Any) -> None:
    await shadowed(floor, posts("tell"), posts("ask", StepMode.APPROVE))
    run = await waiting(floor)
    await floor.press(run, "tell", Press.APPROVE)
    await floor.hurry()
    await floor.press(run, "ask", Press.SKIP)
    assert await counts(floor) == {"tell": (1, 1), "ask": (0, 1)}
    other = await waiting(floor, "It is down again")
    await floor.presses.end(TEAM, other.id, RunState.CANCELLED, ADA)
    assert await counts(floor) == {"tell": (1, 2), "ask": (0, 1)}, "ask had not its turn"
    third = await proposed(floor, "And again")
    await floor.presses.end(TEAM, third.id, RunState.DISMISSED, ADA)
    assert await counts(floor) == {"tell": (1, 3), "ask": (0, 2)}, "both would have been done"
    assert (await standing(floor))["tell"].agreement.recent == (False, False, True)


async def test_what_auto_pilot_would_not_have_done_does_not_count(floor: Any) -> None:
    await shadowed(floor, posts("tell"))
    for change in (
        "reason = 'proposed'",
        "cause = 'replay'",
        "caution = 'It reads like an order.'",
        "stand_in = 'The model is away'",
    ):
        run = await waiting(floor, change)
        await floor.pool.execute(
            f"UPDATE evaluations SET {change} WHERE id = (SELECT max(id) FROM evaluations)"
        )
        await floor.press(run, "tell", Press.SKIP)
    assert await counts(floor) == {"tell": (0, 0)}


async def test_what_ends_by_itself_is_nobodys_decision(floor: Any) -> None:
    await shadowed(floor, posts("tell"))
    run = await waiting(floor)
    async with floor.held.hold(run.id) as held:
        await held.end(RunState.CANCELLED, None, "Nobody moved it on.")
    assert await counts(floor) == {"tell": (0, 0)}


async def test_a_step_that_does_something_else_starts_anew(floor: Any) -> None:
    await shadowed(floor, posts("tell"))
    await proposed(floor)
    await earn(floor, "tell")
    assert await counts(floor) == {"tell": (12, 12)}
    changed = posts("tell")
    await shadowed(floor, type(changed)(**{**_fields(changed), "fields": {"text": "else"}}))
    assert await counts(floor) == {"tell": (0, 0)}


def _fields(step: Any) -> dict[str, Any]:
    return {name: getattr(step, name) for name in step.__dataclass_fields__}


async def test_what_is_earned_is_switched_on_by_a_person_only(floor: Any) -> None:
    await shadowed(floor, posts("tell"))
    await proposed(floor)
    autonomy = Autonomy(floor.pool)
    assert not await autonomy.switch_on(await sop(floor), StepId("tell"), ADA)
    await earn(floor, "tell")
    assert (await standing(floor))["tell"].may_be_switched_on
    assert await is_on(floor, Scope.STEP, "sop/tell") is False, "not by itself"
    assert await autonomy.switch_on(await sop(floor), StepId("tell"), ADA)
    assert await is_on(floor, Scope.STEP, "sop/tell") is True
    assert not await autonomy.switch_on(await sop(floor), StepId("tell"), ADA), "it is on"
    assert not await autonomy.switch_on(await sop(floor), StepId("other"), ADA)


async def test_what_was_refused_lately_is_not_switched_on(floor: Any) -> None:
    await shadowed(floor, posts("tell"))
    await proposed(floor)
    await earn(floor, "tell", refused=1)
    assert not await Autonomy(floor.pool).switch_on(await sop(floor), StepId("tell"), ADA)


async def test_an_undo_switches_the_step_off_and_the_thread_is_told_once(floor: Any) -> None:
    await floor.publish(posts("tell"), posts("more"))
    run = await floor.start()
    await earn(floor, "tell")
    await floor.press(run, "tell", Press.HOLD)
    assert await is_on(floor, Scope.STEP, "sop/tell") is False
    assert await is_on(floor, Scope.STEP, "sop/more") is True
    (entry,) = await switch_entries(floor)
    assert entry == {
        "subject": "step:sop/tell",
        "on": False,
        "why": "undone",
        "pressed_by": ADA,
        "run": run.id,
    }
    await floor.work()
    (said,) = floor.said("🛑")
    assert "took back" in said["text"]
    assert said["thread_ts"] == run.thread_ts
    row = await floor.pool.fetchrow("SELECT id FROM demotions")
    await floor.pool.execute("UPDATE demotions SET told_at = NULL")
    await floor.handlers["demotion"]({"demotion": row["id"]}, 0)
    assert len(floor.said("🛑")) == 1, "a job that comes twice finds the message"
    assert await counts(floor) == {"tell": (0, 0), "more": (0, 0)}
    assert (await standing(floor))["tell"].demoted_at is not None
    await floor.press(run, "tell", Press.APPROVE)
    assert (await counts(floor))["tell"] == (0, 0), "a second thought is no agreement"


async def test_taking_back_what_a_person_approved_demotes_nothing(floor: Any) -> None:
    await shadowed(floor, posts("tell"))
    run = await waiting(floor)
    await floor.press(run, "tell", Press.APPROVE)
    await floor.switch(Scope.STEP, "sop/tell", is_on=True)
    await floor.press(run, "tell", Press.HOLD)
    assert await is_on(floor, Scope.STEP, "sop/tell") is True
    assert await switch_entries(floor) == []


async def test_two_undos_at_once_demote_once(floor: Any) -> None:
    await floor.publish(posts("tell"))
    runs = [await floor.start(f"Down {number}") for number in range(3)]
    await asyncio.gather(*(floor.press(run, "tell", Press.HOLD) for run in runs))
    assert len(await switch_entries(floor)) == 1
    await floor.work()
    assert len(floor.said("🛑")) == 1


async def test_two_dismissed_starts_switch_the_sop_off(floor: Any) -> None:
    await floor.publish(posts("tell"))
    first, second, third = [await floor.start(f"Down {number}") for number in range(3)]
    assert first.state is RunState.RUNNING
    await floor.presses.end(TEAM, first.id, RunState.DISMISSED, ADA)
    assert await is_on(floor, Scope.WORKFLOW, "sop") is True
    await floor.presses.end(TEAM, second.id, RunState.DISMISSED, ADA)
    assert await is_on(floor, Scope.WORKFLOW, "sop") is False
    assert [entry["subject"] for entry in await switch_entries(floor)] == ["workflow:sop"]
    await floor.work()
    (said,) = floor.said("🛑")
    assert said["thread_ts"] == second.thread_ts
    await floor.switch(Scope.WORKFLOW, "sop", is_on=True)
    await floor.presses.end(TEAM, third.id, RunState.DISMISSED, ADA)
    assert await is_on(floor, Scope.WORKFLOW, "sop") is True, "the count began anew"
    verdicts = await floor.pool.fetch("SELECT fits FROM verdicts WHERE replaced_at IS NULL")
    assert [row["fits"] for row in verdicts] == [False] * 3


async def test_dismissals_at_once_are_all_counted_and_demote_once(floor: Any) -> None:
    await floor.publish(posts("tell"))
    runs = [await floor.start(f"Down {number}") for number in range(4)]
    await asyncio.gather(
        *(floor.presses.end(TEAM, run.id, RunState.DISMISSED, ADA) for run in runs)
    )
    assert len(await switch_entries(floor)) == 1
    assert await floor.pool.fetchval("SELECT count(*) FROM demotions") == 1


async def test_old_dismissals_and_those_of_proposals_do_not_count(floor: Any) -> None:
    await floor.publish(posts("tell"))
    first, second = [await floor.start(f"Down {number}") for number in range(2)]
    await floor.presses.end(TEAM, first.id, RunState.DISMISSED, ADA)
    await floor.pool.execute(
        "UPDATE runs SET ended_at = now() - interval '15 days' WHERE state = 'dismissed'"
    )
    await floor.presses.end(TEAM, second.id, RunState.DISMISSED, ADA)
    await floor.switch(Scope.STEP, "sop/tell", is_on=False)
    third = await proposed(floor, "Down 3")
    await floor.presses.end(TEAM, third.id, RunState.DISMISSED, ADA)
    assert await is_on(floor, Scope.WORKFLOW, "sop") is True


async def test_a_press_that_is_refused_demotes_nothing(floor: Any) -> None:
    await floor.publish(posts("tell"), by_hand("look"))
    run = await floor.start()
    await floor.hurry()
    assert isinstance(await floor.press(run, "tell", Press.HOLD), TooLate)
    assert await is_on(floor, Scope.STEP, "sop/tell") is True


async def test_only_what_auto_pilot_started_is_dismissed_while_it_runs(floor: Any) -> None:
    await shadowed(floor, posts("tell"))
    run = await waiting(floor)
    assert isinstance(await floor.presses.end(TEAM, run.id, RunState.DISMISSED, ADA), TooLate)


@pytest.mark.parametrize("name", ["step_autonomy", "dismissed_starts"])
async def test_a_look_reads_indexes_and_not_the_history(floor: Any, name: str) -> None:
    await shadowed(floor, posts("tell"))
    run = await proposed(floor)
    await earn(floor, "tell", times=3_000)
    await floor.pool.execute(
        "UPDATE runs SET started_at = now(), "
        "state = CASE WHEN id % 50 = 0 THEN 'dismissed' ELSE state END"
    )
    await floor.pool.execute("ANALYZE")
    step = run.workflow.definition.steps[0]
    arguments = {
        "step_autonomy": (
            TEAM,
            run.workflow.id,
            [step.id],
            [content_of(step)],
            ["sop/tell"],
            WINDOW,
            COUNTED,
            RECENT,
        ),
        "dismissed_starts": (run.workflow.id, run.id, timedelta(days=14)),
    }
    async with floor.pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off")
        plan = "\n".join(
            row[0] for row in await connection.fetch(f"EXPLAIN {sql(name)}", *arguments[name])
        )
    assert "Seq Scan" not in plan
    wanted = {
        "step_autonomy": "shadow_decisions_of_step",
        "dismissed_starts": "runs_dismissed_starts",
    }
    assert wanted[name] in plan
