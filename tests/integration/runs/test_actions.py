"""Actions: claimed under the switches, tried once, asked after in doubt, and never done twice."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pgqueuer import RetryRequested

from livesop_bot.db.jobs import ActJob
from livesop_bot.db.ledger import Claim
from livesop_bot.domain.actions import ActionId, Receipt
from livesop_bot.domain.breaker import CAP
from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.runs import RunState
from livesop_bot.domain.steps import Press
from livesop_bot.sandbox.demo import INCIDENTS
from livesop_bot.sandbox.faults import (
    AnswerError,
    AnswerStatus,
    HandledUnanswered,
    NeverHandled,
    RateLimited,
)
from livesop_bot.worker.act import MOST_ATTEMPTS
from livesop_bot.worker.faults import LANDS_S
from tests.integration.runs.conftest import TEAM, by_hand, posts, waits_for_a_lock


async def the_action(floor: Any) -> ActionId:
    """The only action there is."""
    return ActionId(await floor.pool.fetchval("SELECT id FROM actions"))


async def claimed(floor: Any) -> Claim:
    """A claim of the only action, as a worker has it that dies then."""
    await floor.pool.execute("UPDATE actions SET due_at = now()")
    claim = await floor.duties.ledger.claim(await the_action(floor))
    assert isinstance(claim, Claim)
    return claim


async def undo_s(floor: Any) -> int:
    """Seconds until the planned action is tried."""
    found: int = await floor.pool.fetchval(
        "SELECT extract(epoch FROM execute_after - created)::int FROM pgqueuer "
        "WHERE entrypoint = 'act'"
    )
    return found


async def test_it_waits_for_its_undo_window_and_is_done_then(floor: Any) -> None:
    await floor.publish(posts("tell"))
    run = await floor.start()
    assert await floor.states(run) == {"tell": "planned"}
    assert await undo_s(floor) == 20
    assert floor.said("tell:") == []
    await floor.hurry()
    (message,) = floor.said("tell:")
    (record,) = (await floor.run(run.id)).steps
    assert record.state == "done"
    assert message["ts"].replace(".", "") in str(record.link)


async def test_it_can_be_taken_back_while_it_waits_and_approved_after_all(floor: Any) -> None:
    await floor.publish(posts("tell"))
    run = await floor.start()
    await floor.press(run, "tell", Press.HOLD)
    await floor.hurry()
    assert await floor.states(run) == {"tell": "waiting"}
    assert floor.said("tell:") == []
    await floor.press(run, "tell", Press.APPROVE)
    await floor.hurry()
    assert len(floor.said("tell:")) == 1
    assert (await floor.run(run.id)).state is RunState.DONE


async def test_a_jira_issue_can_be_taken_back_before_it_is_opened(floor: Any) -> None:
    await floor.publish(replace(floor.issue("open"), undo_s=None), by_hand("look"))
    run = await floor.start()
    assert await undo_s(floor) == 20
    await floor.press(run, "open", Press.HOLD)
    await floor.hurry()
    assert (await floor.states(run))["open"] == "waiting"
    assert floor.jira.issues == {}


async def test_what_is_approved_again_has_a_job_though_the_old_one_is_not_struck_off_yet(
    floor: Any,
) -> None:
    await floor.publish(posts("tell"))
    run = await floor.start()
    await floor.pool.execute("UPDATE pgqueuer SET status = 'picked' WHERE entrypoint = 'act'")
    await floor.press(run, "tell", Press.HOLD)
    await floor.press(run, "tell", Press.APPROVE)
    jobs = "SELECT array_agg(status::text) FROM pgqueuer WHERE entrypoint = 'act'"
    assert await floor.pool.fetchval(jobs) == ["queued"]
    await floor.hurry()
    assert len(floor.said("tell:")) == 1


@pytest.mark.parametrize(
    ("scope", "subject", "said"),
    [
        (Scope.TEAM, "", "team"),
        (Scope.CHANNEL, INCIDENTS, "channel"),
        (Scope.WORKFLOW, "sop", "SOP"),
        (Scope.STEP, "sop/tell", "step"),
    ],
)
async def test_what_is_switched_off_after_it_was_planned_is_not_done(
    floor: Any, scope: Scope, subject: str, said: str
) -> None:
    await floor.publish(posts("tell"))
    run = await floor.start()
    await floor.switch(scope, subject, is_on=False)
    await floor.pool.execute("DELETE FROM pgqueuer WHERE entrypoint = 'halt'")
    await floor.hurry()
    assert floor.said("tell:") == []
    (record,) = (await floor.run(run.id)).steps
    assert record.state == "waiting"
    assert said in record.detail


async def test_what_a_person_approved_is_done_whatever_the_switches_say(floor: Any) -> None:
    await floor.publish(posts("tell"))
    run = await floor.start()
    await floor.switch(Scope.TEAM, is_on=False)
    await floor.hurry()
    await floor.press(run, "tell", Press.APPROVE)
    await floor.hurry()
    assert len(floor.said("tell:")) == 1


@pytest.mark.parametrize("fault", [HandledUnanswered(), NeverHandled(), AnswerStatus(503)])
async def test_in_doubt_slack_is_asked_and_it_is_there_once(floor: Any, fault: Any) -> None:
    await floor.publish(posts("tell"))
    run = await floor.start()
    floor.slack.faults.add("chat.postMessage", fault)
    await floor.hurry()
    assert await floor.states(run) == {"tell": "trying"}
    await floor.hurry()
    assert await floor.states(run) == {"tell": "done"}
    assert len(floor.said("tell:")) == 1


async def test_being_asked_to_wait_plans_it_anew(floor: Any) -> None:
    await floor.publish(posts("tell"))
    run = await floor.start()
    floor.slack.faults.add("chat.postMessage", RateLimited(30))
    await floor.hurry()
    assert await floor.states(run) == {"tell": "planned"}
    wait = await floor.pool.fetchval("SELECT due_at - now() > '29 s' FROM actions")
    assert wait
    await floor.hurry()
    assert len(floor.said("tell:")) == 1


async def test_what_is_refused_failed_with_what_to_do_and_can_be_retried(floor: Any) -> None:
    await floor.publish(posts("tell"))
    run = await floor.start()
    floor.slack.faults.add("chat.postMessage", AnswerError("is_archived"))
    await floor.hurry()
    (record,) = (await floor.run(run.id)).steps
    assert (record.state, "archived" in record.detail) == ("failed", True)
    await floor.press(run, "tell", Press.RETRY)
    await floor.hurry()
    assert len(floor.said("tell:")) == 1
    assert (await floor.run(run.id)).state is RunState.DONE


@pytest.mark.parametrize("happened", [True, False])
async def test_after_a_crash_in_the_middle_the_target_is_asked_first(
    floor: Any, happened: bool
) -> None:
    await floor.publish(posts("tell"))
    run = await floor.start()
    claim = await claimed(floor)
    if happened:
        await floor.kinds[claim.request.kind].perform(claim.request, claim.key)
    await floor.hurry()
    assert await floor.states(run) == {"tell": "done"}
    assert len(floor.said("tell:")) == 1


@pytest.mark.parametrize("off", [Scope.TEAM, None])
async def test_after_a_crash_what_may_not_be_done_any_more_is_only_asked_after(
    floor: Any, off: Scope | None
) -> None:
    await floor.publish(posts("tell"))
    run = await floor.start()
    await claimed(floor)
    if off:
        await floor.switch(off, is_on=False)
    else:
        await floor.presses.end(TEAM, run.id, RunState.CANCELLED, "U0BOB")
    await floor.hurry()
    assert await floor.states(run) == {"tell": "waiting" if off else "cancelled"}
    assert floor.said("tell:") == []


async def try_at(floor: Any, attempts: int) -> Any:
    """Act on the only action, tried so often before; gives why it is to be tried again."""
    try:
        await floor.duties.acting(ActJob(await the_action(floor)), attempts)
    except RetryRequested as retry:
        return retry
    return None


@pytest.mark.parametrize("last", [False, True])
async def test_an_issue_that_the_index_lags_behind_is_not_opened_again(
    floor: Any, last: bool
) -> None:
    """The lag counts from the newest try, though an earlier one surely opened nothing."""
    await floor.publish(floor.issue("open"))
    await floor.message()
    await floor.work("evaluate", "start")
    floor.jira.faults.add("create", NeverHandled())
    await try_at(floor, 0)
    await floor.pool.execute("UPDATE actions SET tried_at = tried_at - interval '1 hour'")
    floor.jira.lagging = True
    floor.jira.faults.add("create", HandledUnanswered())
    await try_at(floor, 1)
    assert len(floor.jira.issues) == 1
    await floor.pool.execute("UPDATE actions SET tried_at = tried_at - interval '1 minute'")
    await try_at(floor, MOST_ATTEMPTS - 1 if last else 2)
    run = await floor.newest()
    assert await floor.states(run) == {"open": "unknown" if last else "trying"}
    floor.jira.catch_up()
    if last:
        await floor.press(run, "open", Press.RETRY)
        await floor.hurry()
    else:
        await try_at(floor, 3)
    assert await floor.states(run) == {"open": "done"}
    assert len(floor.jira.issues) == 1


async def test_what_is_not_there_yet_is_looked_for_until_it_must_have_arrived(floor: Any) -> None:
    await floor.publish(posts("tell", undo_s=0))
    await floor.message()
    await floor.work("evaluate", "start")
    floor.slack.faults.add("chat.postMessage", NeverHandled())
    await try_at(floor, 0)
    look = await try_at(floor, 1)
    assert floor.said("tell:") == []
    assert timedelta(seconds=1) < look.delay <= timedelta(seconds=LANDS_S * 1.25)
    await floor.pool.execute("UPDATE actions SET tried_at = tried_at - interval '1 minute'")
    assert await try_at(floor, 2) is None
    assert len(floor.said("tell:")) == 1


async def test_what_did_not_come_out_as_wished_is_shown(floor: Any) -> None:
    await floor.publish(posts("tell"))
    run = await floor.start()
    claim = await claimed(floor)
    receipt = Receipt(id="1", words="Opened OPS-1", note="It has no link back: refused (403).")
    await floor.duties.ledger.done(claim, receipt)
    await floor.hurry()
    post_ts = (await floor.run(run.id)).post_ts
    shown = floor.slack.workspace.channel(run.channel).messages[post_ts]
    assert "It has no link back" in str(shown["blocks"])


async def test_a_claim_that_was_taken_over_does_nothing(floor: Any) -> None:
    await floor.publish(posts("tell"))
    await floor.start()
    early, late = await claimed(floor), await claimed(floor)
    assert not await floor.duties.ledger.begin(early)
    assert await floor.duties.ledger.begin(late)


@pytest.mark.parametrize("meanwhile", ["trying", "unknown", "planned"])
async def test_what_an_attempt_did_is_done_though_another_was_begun(
    floor: Any, meanwhile: str
) -> None:
    """Its worker hung, or waited for PostgreSQL, while another took the job."""
    await floor.publish(posts("tell"))
    run = await floor.start()
    ledger = floor.duties.ledger
    early, late = await claimed(floor), await claimed(floor)
    if meanwhile == "unknown":
        await ledger.unknown(late, "Who knows?")
    elif meanwhile == "planned":
        await ledger.delayed(late, "Slack asked us to wait", timedelta())
    await ledger.done(early, Receipt(id="1", words="Posted"))
    assert await floor.states(run) == {"tell": "done"}
    assert not await ledger.begin(late)
    await ledger.failed(late, "Refused.")
    assert await floor.states(run) == {"tell": "done"}
    await floor.hurry()
    assert floor.said("tell:") == []


async def test_a_fault_of_our_own_leaves_it_to_people_and_is_not_tried_for_ever(
    floor: Any,
) -> None:
    await floor.publish(floor.webhook("call", idempotent="yes"))
    await floor.message()
    await floor.work("evaluate", "start")
    await floor.pool.execute("UPDATE actions SET request = request #- '{body,payload}'")
    await floor.work()
    (record,) = (await floor.newest()).steps
    assert (record.state, "KeyError" in record.detail) == ("unknown", True)
    assert await floor.pool.fetchval("SELECT count(*) FROM pgqueuer") == 0


async def test_the_outcome_of_an_attempt_that_was_taken_over_has_no_say(floor: Any) -> None:
    await floor.publish(posts("tell"))
    run = await floor.start()
    early, late = await claimed(floor), await claimed(floor)
    assert (early.attempt, late.attempt, late.maybe_done) == (1, 2, True)
    await floor.duties.ledger.failed(early, "It was too slow.")
    assert await floor.states(run) == {"tell": "trying"}
    await floor.duties.ledger.done(late, Receipt(id="1", words="Done"))
    assert await floor.states(run) == {"tell": "done"}
    await floor.duties.ledger.unknown(late, "Who knows?")
    assert await floor.states(run) == {"tell": "done"}


async def test_what_nobody_can_tell_is_unknown_until_somebody_looked(floor: Any) -> None:
    await floor.publish(floor.webhook("call"), by_hand("look"))
    floor.receiver.faults.add("hook", HandledUnanswered())
    run = await floor.start()
    await floor.hurry()
    assert await floor.states(run) == {"call": "unknown", "look": "blocked"}
    await floor.press(run, "call", Press.MARK_DONE)
    assert await floor.states(run) == {"call": "done", "look": "waiting"}
    assert len(floor.receiver.taken) == 1


async def test_a_persons_retry_of_the_unknown_is_for_one_attempt(floor: Any) -> None:
    await floor.publish(floor.webhook("call"))
    floor.receiver.faults.add("hook", NeverHandled())
    run = await floor.start()
    await floor.hurry()
    floor.receiver.faults.add("hook", NeverHandled())
    await floor.press(run, "call", Press.RETRY)
    await floor.hurry()
    await floor.hurry()
    assert await floor.states(run) == {"call": "unknown"}, "it is not sent a third time"
    await floor.press(run, "call", Press.RETRY)
    await floor.hurry()
    assert await floor.states(run) == {"call": "done"}
    assert len(floor.receiver.taken) == 1


async def test_the_end_of_a_run_lets_what_is_under_way_come_to_its_end(floor: Any) -> None:
    await floor.publish(posts("tell"), by_hand("look"))
    run = await floor.start()
    claim = await claimed(floor)
    await floor.presses.end(TEAM, run.id, RunState.CANCELLED, "U0BOB")
    assert await floor.states(run) == {"tell": "trying", "look": "cancelled"}
    await floor.duties.ledger.done(claim, Receipt(id="1", words="Posted"))
    assert await floor.states(run) == {"tell": "done", "look": "cancelled"}
    assert (await floor.run(run.id)).state is RunState.CANCELLED


async def test_the_end_of_a_run_takes_back_what_is_planned(floor: Any) -> None:
    await floor.publish(posts("tell"))
    run = await floor.start()
    await floor.presses.end(TEAM, run.id, RunState.CANCELLED, "U0BOB")
    await floor.hurry()
    assert floor.said("tell:") == []
    assert await floor.pool.fetchval("SELECT state FROM actions") == "cancelled"


async def test_a_template_that_cannot_be_filled_in_fails_with_its_reason(floor: Any) -> None:
    await floor.publish(floor.webhook("call", url="{{ extract.address }}"))
    run = await floor.start()
    (record,) = (await floor.run(run.id)).steps
    assert record.state == "failed"
    assert record.detail


async def test_a_claim_and_a_switch_wait_for_each_other(floor: Any) -> None:
    """Whatever the order, nothing is claimed after the switch was confirmed."""
    await floor.publish(posts("tell"))
    await floor.start()
    await floor.pool.execute("UPDATE actions SET due_at = now()")
    async with floor.pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT FROM teams FOR NO KEY UPDATE")
        claiming = asyncio.create_task(floor.duties.ledger.claim(await the_action(floor)))
        await waits_for_a_lock(floor.pool, claiming)
        await connection.execute("UPDATE teams SET autopilot = false")
    assert await claiming is None


async def test_claims_at_once_do_not_pass_the_cap(floor: Any) -> None:
    await floor.publish(posts("tell"))
    for number in range(CAP + 3):
        await floor.start(f"Checkout is down {number}")
    await floor.pool.execute("UPDATE actions SET due_at = now()")
    rows = await floor.pool.fetch("SELECT id FROM actions")
    claims = await asyncio.gather(*(floor.duties.ledger.claim(row["id"]) for row in rows))
    assert sum(isinstance(claim, Claim) for claim in claims) == CAP
    assert await floor.pool.fetchval("SELECT count(*) FROM pauses") == 1


async def test_a_target_is_told_since_when_it_may_have_happened(floor: Any) -> None:
    """Not since the first try, if that surely failed: a lagging index would seem to be long past
    its lag, and what it does not show yet would be done again."""
    await floor.publish(posts("tell"))
    await floor.start()
    first = await claimed(floor)
    await floor.duties.ledger.delayed(first, "Slack asked us to wait", timedelta())
    await floor.pool.execute("UPDATE actions SET tried_at = tried_at - interval '1 hour'")
    second = await claimed(floor)
    assert second.tried_at >= first.tried_at
    third = await claimed(floor)
    assert third.maybe_done
    assert third.tried_at == second.tried_at
