"""Patience: one reminder of what waits, an end to what nobody takes up, and a limit to starts."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest
from pgqueuer import RetryRequested

from livesop_bot.actions.keyed_message import find_keyed
from livesop_bot.db.jobs import EvaluateJob
from livesop_bot.db.team_settings import TeamSettingsBook
from livesop_bot.domain.breaker import CAP
from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.runs import PauseId, Run, RunState
from livesop_bot.domain.steps import Press
from livesop_bot.domain.team_settings import TeamSettings
from livesop_bot.domain.workflows import StepMode
from livesop_bot.sandbox.faults import HandledUnanswered, NeverHandled
from tests.integration.runs.conftest import STARTS, by_hand, posts


async def a_minute(floor: Any) -> None:
    """What is looked for every minute, and what comes of it."""
    await floor.duties.every_minute()
    await floor.hurry()


async def test_a_step_that_waits_is_reminded_of_once(floor: Any) -> None:
    await floor.publish(by_hand("look"), by_hand("tell"))
    run = await floor.start()
    await a_minute(floor)
    assert floor.said("Reminder") == []
    await floor.hours_pass(5)
    for _ in range(3):
        await a_minute(floor)
    (reminder,) = floor.said("Reminder")
    assert reminder["thread_ts"] == run.thread_ts
    await floor.press(run, "look", Press.DONE)
    await floor.hours_pass(5)
    await a_minute(floor)
    assert len(floor.said("Reminder")) == 2, "the next step is another one"


async def test_a_reminder_without_an_answer_is_found_and_not_doubled(floor: Any) -> None:
    await floor.publish(by_hand("look"))
    await floor.start()
    await floor.hours_pass(5)
    floor.slack.faults.add("chat.postMessage", HandledUnanswered())
    await a_minute(floor)
    await floor.hurry()
    assert len(floor.said("Reminder")) == 1


async def test_a_reminder_that_may_be_on_its_way_is_waited_for(floor: Any) -> None:
    await floor.publish(by_hand("look"))
    run = await floor.start()
    remind = floor.duties.posts()["remind"]
    floor.slack.faults.add("chat.postMessage", NeverHandled())
    for tries in range(2):
        with pytest.raises(RetryRequested):
            await remind({"run": run.id, "step": "look"}, tries)
    assert floor.said("Reminder") == []


async def test_a_reminder_that_failed_rests_and_is_not_asked_for_anew(floor: Any) -> None:
    await floor.publish(by_hand("look"))
    await floor.start()
    await floor.hours_pass(5)
    jobs = "SELECT array_agg(status::text) FROM pgqueuer WHERE entrypoint = 'remind'"
    await floor.duties.patience.remind()
    assert await floor.pool.fetchval(jobs) == ["queued"]
    await floor.pool.execute(
        "UPDATE pgqueuer SET status = 'failed', updated = now() WHERE entrypoint = 'remind'"
    )
    await floor.duties.patience.remind()
    assert await floor.pool.fetchval(jobs) == ["failed"]


async def found(floor: Any, run: Run, key: UUID) -> str | None:
    """Where the message with a key is in the thread of a run."""
    return await find_keyed(floor.client, key, run.channel, thread_ts=run.thread_ts)


async def test_what_livesop_says_in_one_thread_is_told_apart(floor: Any) -> None:
    """The run's message, a pause's card, a reminder, an action: each is found by its own key."""
    await floor.publish(posts("tell"), posts("alarm", StepMode.APPROVE), edges=())
    runs = []
    for number in range(CAP + 1):
        runs.append(await floor.start(f"Checkout is down {number}"))
        await floor.hurry()
    await floor.hours_pass(5)
    await a_minute(floor)
    paused = await floor.run(runs[-1].id)
    await floor.press(paused, "alarm", Press.APPROVE)
    await floor.hurry()
    pause = await floor.duties.pauses.get(PauseId(1))
    action = "SELECT idempotency_key FROM actions WHERE run_id = $1 AND step_id = 'alarm'"
    keys = {
        "The SOP": paused.idempotency_key,
        "⏸️": pause.key,
        "Reminder: *tell*": uuid5(paused.idempotency_key, "remind:tell"),
        "Reminder: *alarm*": uuid5(paused.idempotency_key, "remind:alarm"),
        "alarm:": await floor.pool.fetchval(action, paused.id),
    }
    for said, key in keys.items():
        (message,) = [one for one in floor.said(said) if one["thread_ts"] == paused.thread_ts]
        assert await found(floor, paused, key) == message["ts"], said
    assert await found(floor, paused, uuid4()) is None


async def test_a_proposal_that_nobody_takes_up_expires(floor: Any) -> None:
    await floor.publish(posts("tell"))
    await floor.switch(Scope.TEAM, is_on=False)
    run = await floor.start()
    await floor.hours_pass(71)
    await a_minute(floor)
    assert (await floor.run(run.id)).state is RunState.PROPOSED
    await floor.hours_pass(2)
    await a_minute(floor)
    assert (await floor.run(run.id)).state is RunState.EXPIRED
    assert len([one for one in floor.said("The SOP") if "expired" in one["text"]]) == 1


async def test_a_run_that_nobody_moves_on_is_cancelled_with_the_reason(floor: Any) -> None:
    await floor.publish(by_hand("look"), by_hand("tell"))
    run = await floor.start()
    await floor.hours_pass(50)
    await floor.press(run, "look", Press.DONE)
    await floor.hours_pass(30)
    await a_minute(floor)
    assert (await floor.run(run.id)).state is RunState.RUNNING, "it moved 30 hours ago"
    await floor.hours_pass(50)
    await a_minute(floor)
    found = await floor.run(run.id)
    assert found.state is RunState.CANCELLED
    assert found.ended_why == "Nobody moved it on for 72 hours."


async def test_what_is_planned_is_no_waiting(floor: Any) -> None:
    await floor.publish(posts("tell", undo_s=3600))
    run = await floor.start()
    await floor.hours_pass(100)
    await floor.duties.patience.expire()
    assert (await floor.run(run.id)).state is RunState.RUNNING


async def test_beyond_the_limit_runs_are_proposed(floor: Any) -> None:
    await floor.publish(by_hand("look"))
    runs = [await floor.start(f"Checkout is down {number}") for number in range(STARTS + 1)]
    assert [run.state for run in runs] == [RunState.RUNNING] * STARTS + [RunState.PROPOSED]
    assert runs[-1].evaluation.decision.reason == "rate_limited"
    await floor.pool.execute("UPDATE runs SET started_at = started_at - interval '11 min'")
    assert (await floor.start("Later")).state is RunState.RUNNING


async def test_what_is_judged_at_once_does_not_pass_the_limit_together(floor: Any) -> None:
    await floor.publish(by_hand("look"))
    for number in range(STARTS - 1):
        await floor.start(f"Checkout is down {number}")
    for number in range(4):
        await floor.message(f"Payments are down {number}")
    signals = await floor.pool.fetch(
        "SELECT id, revision FROM raw_signals ORDER BY id DESC LIMIT 4"
    )
    jobs = [EvaluateJob(signal["id"], signal["revision"]) for signal in signals]
    judged = await asyncio.gather(*(floor.duties.evaluating(job, 0) for job in jobs))
    reasons = Counter(one.decision.reason for one in judged)
    assert reasons == {"started": 1, "rate_limited": 3}


async def test_the_sweep_finds_what_fell_out_of_the_queue(floor: Any) -> None:
    await floor.publish(posts("tell", undo_s=0))
    await floor.message()
    await floor.work("evaluate")
    await floor.pool.execute("DELETE FROM pgqueuer")
    await floor.pool.execute("UPDATE runs SET created_at = now() - interval '3 min'")
    await floor.duties.every_minute()
    await floor.work("start", "post")
    assert await floor.pool.fetchval("SELECT state FROM actions") == "planned"
    await floor.pool.execute("DELETE FROM pgqueuer")
    await floor.pool.execute("UPDATE actions SET due_at = now() - interval '3 min'")
    await floor.pool.execute("UPDATE runs SET face_at = now() - interval '3 min'")
    await a_minute(floor)
    assert len(floor.said("tell:")) == 1
    assert len([one for one in floor.said("The SOP") if "done" in one["text"]]) == 1


@pytest.mark.parametrize(("hours", "reminders"), [(2, 1), (8, 0), (0, 0)])
async def test_a_team_may_say_when_it_is_reminded(floor: Any, hours: int, reminders: int) -> None:
    await floor.publish(by_hand("look"))
    run = await floor.start()
    await TeamSettingsBook(floor.pool).change(
        run.team, "U1", lambda _: TeamSettings(remind_after_hours=hours)
    )
    await floor.hours_pass(5)
    await a_minute(floor)
    assert len(floor.said("Reminder")) == reminders


async def test_an_open_run_ends_with_the_text_that_it_is_for(floor: Any) -> None:
    await floor.publish(posts("tell", undo_s=3600), by_hand("look"))
    run = await floor.start()
    await TeamSettingsBook(floor.pool).change(
        run.team, "U1", lambda _: TeamSettings(retention_days=90)
    )
    await floor.pool.execute("UPDATE raw_signals SET stored_at = stored_at - interval '91 days'")
    await floor.duties.forget()
    await floor.hurry()
    found = await floor.run(run.id)
    assert (found.state, found.evaluation.signal.text) == (RunState.CANCELLED, "")
    bodies = await floor.pool.fetchval("SELECT request ->> 'body' FROM actions")
    assert bodies == "{}"
