"""Runs that a person starts: in a channel or for a message, once, and audited; and questions."""

import asyncio
from typing import Any

import pytest
from pgqueuer import RetryRequested

from livesop_bot.db.audit import append
from livesop_bot.db.hand_starts import HandStarts
from livesop_bot.db.jobs import RemarkJob
from livesop_bot.db.remarks import Remarks
from livesop_bot.db.teams import turn_switch
from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.remarks import RemarkId
from livesop_bot.domain.runs import Run, RunState
from livesop_bot.domain.signals import (
    ChannelId,
    NewSignal,
    TeamId,
    UserId,
)
from livesop_bot.domain.starts import NotStarted
from livesop_bot.domain.workflows import Step, StepId, StepKind, StepMode, Workflow
from livesop_bot.sandbox.demo import GRACE, INCIDENTS
from livesop_bot.sandbox.faults import AnswerError, HandledUnanswered
from livesop_bot.worker.once import MOST_ATTEMPTS
from tests.integration.runs.conftest import waits_for_a_lock
from tests.signals import a_signal

TEAM, ADA = TeamId("T0SANDBOX"), UserId("U0ADA")
LOOK = Step(id=StepId("look"), title="Look", kind=StepKind.MANUAL, mode=StepMode.MANUAL)


async def sop(floor: Any) -> Workflow:
    """The team's only SOP, published."""
    await floor.publish(LOOK)
    (workflow,) = await floor.stores.workflows.current(TEAM)
    assert isinstance(workflow, Workflow)
    return workflow


async def ask_for_opening(floor: Any, request: str = "1.2.3", by: UserId = ADA) -> bool:
    """Somebody types the command."""
    remarks = Remarks(floor.pool, HandStarts(floor.pool, floor.held))
    return await remarks.ask_for_opening(
        TEAM, ChannelId(INCIDENTS), await sop(floor), about="order 4711", by=by, request=request
    )


def pointed(ts: str, text: str = "Please look") -> NewSignal:
    """A message that somebody points at."""
    return a_signal(ts, text, team=TEAM, channel=INCIDENTS, author=GRACE, event=f"pointed:{ts}")


async def test_a_run_is_opened_in_the_thread_of_livesops_message(floor: Any) -> None:
    assert await ask_for_opening(floor)
    assert not await ask_for_opening(floor), "the same command, delivered again"
    await floor.work()
    (opening,) = floor.said("The SOP was started")
    run: Run = await floor.newest()
    assert (run.state, run.started_by, run.thread_ts) == (RunState.RUNNING, ADA, opening["ts"])
    assert run.evaluation.signal.text == "order 4711"
    assert await floor.pool.fetchval("SELECT about FROM remarks") == "", "the run has it now"
    assert await floor.states(run) == {"look": "waiting"}
    (entry,) = await floor.audited()
    assert entry[:2] == ("run", f"run:{run.id}")


async def test_an_opening_that_slack_took_without_an_answer_is_not_posted_again(
    floor: Any,
) -> None:
    await ask_for_opening(floor)
    floor.slack.faults.add("chat.postMessage", HandledUnanswered())
    await floor.work()
    await floor.hurry()
    assert len(floor.said("The SOP was started")) == 1
    assert await floor.pool.fetchval("SELECT count(*) FROM runs") == 1


def told(floor: Any) -> list[str]:
    """What LiveSOP told Grace alone."""
    direct = [one for one in floor.slack.workspace.channels.values() if one.user == GRACE]
    return [message["text"] for one in direct for message in one.messages.values()]


async def test_who_was_promised_a_start_that_slack_refuses_is_told_once(floor: Any) -> None:
    await ask_for_opening(floor, by=UserId(GRACE))
    floor.slack.faults.add("chat.postMessage", AnswerError("not_in_channel"))
    floor.slack.faults.add("chat.postMessage", HandledUnanswered())
    await floor.work()
    await floor.hurry()
    (said,) = told(floor)
    assert said.startswith(
        f"⚠️  *The SOP* was not started in <#{INCIDENTS}>: Slack refused: not_in_channel."
    )
    assert "send `/livesop start " in said


async def test_an_opening_that_is_given_up_is_told(floor: Any) -> None:
    await ask_for_opening(floor, by=UserId(GRACE))
    floor.slack.faults.add("chat.postMessage", AnswerError("internal_error"))
    number = await floor.pool.fetchval("SELECT id FROM remarks")
    await floor.duties.remarking(RemarkJob(RemarkId(number)), MOST_ATTEMPTS - 1)
    assert len(told(floor)) == 1
    assert await floor.pool.fetchval("SELECT post_state FROM remarks") == "failed"


async def test_an_opening_that_slack_refuses_opens_nothing(floor: Any) -> None:
    await ask_for_opening(floor)
    floor.slack.faults.add("chat.postMessage", AnswerError("not_in_channel"))
    await floor.work()
    row = await floor.pool.fetchrow("SELECT post_state, post_error, about FROM remarks")
    assert tuple(row) == ("failed", "Slack refused: not_in_channel", "")
    assert await floor.pool.fetchval("SELECT count(*) FROM runs") == 0


async def test_an_opening_is_tried_again_later_where_slack_is_away(floor: Any) -> None:
    await ask_for_opening(floor)
    floor.slack.faults.add("chat.postMessage", AnswerError("internal_error"))
    number = await floor.pool.fetchval("SELECT id FROM remarks")
    with pytest.raises(RetryRequested):
        await floor.duties.remarking(RemarkJob(RemarkId(number)), 0)
    await floor.work()
    assert floor.said("The SOP was started") == [], "it may be on its way"
    await floor.hurry()
    assert len(floor.said("The SOP was started")) == 1


async def test_whoever_deletes_the_opening_ends_the_run(floor: Any) -> None:
    await ask_for_opening(floor)
    await floor.work()
    run = await floor.newest()
    await floor.delete(run.thread_ts)
    await floor.work()
    assert (await floor.run(run.id)).state is RunState.CANCELLED


async def test_a_message_that_nobody_judged_gets_a_run_and_teaches(floor: Any) -> None:
    workflow, starts = await sop(floor), HandStarts(floor.pool, floor.held)
    ts = floor.slack.workspace.post(INCIDENTS, GRACE, "Please look")["ts"]
    run = await starts.for_message(pointed(ts), workflow, ADA)
    assert await starts.for_message(pointed(ts), workflow, ADA) is NotStarted.ALREADY_OPEN
    await floor.work()
    assert (await floor.newest()).id == run
    assert [one["thread_ts"] for one in floor.said("The SOP")] == [ts]
    evaluation = await floor.pool.fetchrow("SELECT cause, reason, confidence FROM evaluations")
    assert tuple(evaluation) == ("manual", "by_hand", None)
    assert await floor.pool.fetchval("SELECT fits FROM verdicts WHERE given_by = $1", ADA) is True
    assert await floor.pool.fetchval("SELECT state FROM raw_signals") == "evaluated"


async def test_an_edit_does_not_end_what_was_started_for_a_message(floor: Any) -> None:
    workflow, starts = await sop(floor), HandStarts(floor.pool, floor.held)
    ts = await floor.message("nothing at all")
    await floor.work()
    await starts.for_message(pointed(ts), workflow, ADA)
    await floor.edit(ts, "nothing at all!")
    await floor.work()
    run = await floor.newest()
    assert (run.state, run.edited_since) == (RunState.RUNNING, True)


async def test_it_waits_for_a_switch_that_is_being_turned(floor: Any) -> None:
    """Team, then audit log, as everybody locks them: else the two would wait for each other."""
    workflow, starts = await sop(floor), HandStarts(floor.pool, floor.held)
    ts = await floor.message("nothing at all")
    async with floor.pool.acquire() as connection, connection.transaction():
        entry = await turn_switch(connection, TEAM, Scope.TEAM, "", is_on=False, by=ADA)
        start = asyncio.create_task(starts.for_message(pointed(ts), workflow, ADA))
        await waits_for_a_lock(floor.pool, start)
        await append(connection, TEAM, entry)
    assert await start == (await floor.newest()).id


async def test_nothing_is_started_for_a_message_that_was_deleted(floor: Any) -> None:
    workflow, starts = await sop(floor), HandStarts(floor.pool, floor.held)
    ts = await floor.message("nothing at all")
    await floor.delete(ts)
    assert await starts.for_message(pointed(ts), workflow, ADA) is NotStarted.DELETED
    assert await floor.pool.fetchval("SELECT count(*) FROM runs") == 0


async def test_a_question_is_answered_once_and_starts_nothing(floor: Any) -> None:
    await sop(floor)
    question = f"<@{floor.slack.workspace.bot.user_id}> what is the SOP for this?"
    ts = await floor.message(question)
    await floor.work()
    run = await floor.newest()
    assert (run.state, run.evaluation.decision.reason) == (RunState.PROPOSED, "caution")
    assert [one["thread_ts"] for one in floor.said("An answer")] == [ts]
    await floor.edit(ts, f"{question} Please.")
    await floor.work()
    assert len(floor.said("An answer")) == 1


async def test_a_question_that_is_deleted_in_time_is_not_answered(floor: Any) -> None:
    await sop(floor)
    bot = floor.slack.workspace.bot.user_id
    ts = await floor.message(f"<@{bot}> what is nothing?")
    await floor.work("evaluate")
    await floor.delete(ts)
    await floor.work()
    assert floor.said("An answer") == []
    assert await floor.pool.fetchval("SELECT post_state FROM remarks") == "cancelled"
