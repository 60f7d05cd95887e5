"""The message that a run rests on: edited or deleted before, while and after something is done."""

import json
from typing import Any

import pytest

from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.runs import RunState
from livesop_bot.domain.steps import Press
from tests.integration.runs.conftest import ADA, TEAM, by_hand, posts


async def test_an_edit_before_anything_was_done_cancels_and_judges_again(floor: Any) -> None:
    await floor.publish(posts("tell"))
    ts = await floor.message("Checkout is down")
    await floor.work()
    first = await floor.newest()
    await floor.edit(ts, "Payments are down")
    await floor.work()
    found = await floor.run(first.id)
    assert (found.state, found.ended_why) == (RunState.CANCELLED, "The message was edited.")
    second = await floor.newest()
    assert second.id != first.id
    await floor.hurry()
    (message,) = floor.said("tell:")
    assert message["text"] == "tell: Payments are down"


async def test_an_edit_to_something_else_leaves_nothing_to_do(floor: Any) -> None:
    await floor.publish(posts("tell"))
    ts = await floor.message("Checkout is down")
    await floor.work()
    await floor.edit(ts, "It was nothing")
    await floor.hurry()
    assert floor.said("tell:") == []
    assert await floor.pool.fetchval("SELECT count(*) FROM runs") == 1
    assert await floor.pool.fetchval("SELECT state FROM raw_signals") == "evaluated"


@pytest.mark.parametrize("deleted", [False, True], ids=["edited", "deleted"])
@pytest.mark.parametrize("approved", [False, True], ids=["by Auto-Pilot", "by a person"])
async def test_a_change_that_comes_just_before_the_claim_is_seen_by_it(
    floor: Any, deleted: bool, approved: bool
) -> None:
    await floor.publish(posts("tell", undo_s=3600 if approved else 0))
    ts = await floor.message("Checkout is down")
    await floor.work("evaluate", "start")
    run = await floor.newest()
    if approved:
        await floor.press(run, "tell", Press.HOLD)
        await floor.press(run, "tell", Press.APPROVE)
    await (floor.delete(ts) if deleted else floor.edit(ts, "It was nothing"))
    await floor.work("act")
    assert await floor.states(run) == {"tell": "planned"}
    await floor.hurry()
    assert floor.said("tell:") == []
    assert (await floor.newest()).state is RunState.CANCELLED


async def test_a_proposal_is_judged_again_too(floor: Any) -> None:
    await floor.publish(posts("tell"))
    await floor.switch(Scope.TEAM, is_on=False)
    ts = await floor.message("Checkout is down")
    await floor.work()
    await floor.edit(ts, "It was nothing")
    await floor.work()
    assert (await floor.newest()).state is RunState.CANCELLED


ORDERS = [
    ("its step opens", "an edit"),
    ("an edit", "its step opens"),
    ("its step opens", "an edit", "a claim"),
    ("an edit", "its job", "its step opens"),
]


@pytest.mark.parametrize("order", ORDERS, ids=" then ".join)
async def test_after_an_edit_auto_pilot_leaves_what_was_not_judged_to_people(
    floor: Any, order: tuple[str, ...]
) -> None:
    """In whatever order an answer, the edit and its job come."""
    await floor.publish(by_hand("look"), by_hand("think"), posts("tell", undo_s=0))
    ts = await floor.message("Checkout is down")
    await floor.work()
    run = await floor.newest()
    await floor.press(run, "look", Press.DONE)
    for event in order:
        match event:
            case "its step opens":
                await floor.press(run, "think", Press.DONE)
            case "an edit":
                await floor.edit(ts, "Payments are down")
            case "a claim":
                await floor.work("act")
            case "its job":
                await floor.work("basis")
    await floor.hurry()
    await floor.hurry()  # what moved within a second is shown together
    assert await floor.states(run) == {"look": "done", "think": "done", "tell": "waiting"}
    assert floor.said("tell:") == []
    found = await floor.run(run.id)
    shown = json.dumps(floor.slack.workspace.channel(run.channel).messages[found.post_ts])
    assert "Basis changed" in shown
    assert "tell: Payments are down" in shown

    await floor.press(run, "tell", Press.APPROVE)
    await floor.hurry()
    (message,) = floor.said("tell:")
    assert message["text"] == "tell: Payments are down"
    assert (await floor.run(run.id)).state is RunState.DONE


async def test_what_was_under_way_before_an_edit_is_not_done_again_after_it(floor: Any) -> None:
    await floor.publish(by_hand("look"), posts("tell"))
    ts = await floor.message("Checkout is down")
    await floor.work()
    run = await floor.newest()
    await floor.press(run, "look", Press.DONE)
    await floor.pool.execute("UPDATE actions SET due_at = now()")
    await floor.duties.ledger.claim(await floor.pool.fetchval("SELECT id FROM actions"))
    await floor.edit(ts, "Payments are down")
    await floor.hurry()
    assert await floor.states(run) == {"look": "done", "tell": "waiting"}
    assert floor.said("tell:") == []


async def test_an_edit_does_not_end_what_a_person_started(floor: Any) -> None:
    await floor.publish(by_hand("look"), posts("tell"))
    await floor.switch(Scope.TEAM, is_on=False)
    ts = await floor.message("Checkout is down")
    await floor.work()
    run = await floor.newest()
    await floor.presses.start(TEAM, run.id, ADA)
    await floor.switch(Scope.TEAM, is_on=True)
    await floor.edit(ts, "It was nothing, or was it?")
    await floor.hurry()
    assert await floor.states(run) == {"look": "waiting", "tell": "blocked"}
    await floor.press(run, "look", Press.DONE)
    await floor.hurry()
    assert await floor.states(run) == {"look": "done", "tell": "waiting"}


async def test_what_a_person_cancelled_does_not_come_back_with_an_edit(floor: Any) -> None:
    await floor.publish(posts("tell"))
    ts = await floor.message("Checkout is down")
    await floor.work()
    run = await floor.newest()
    await floor.presses.end(run.team, run.id, RunState.CANCELLED, "U0ADA")
    await floor.edit(ts, "Payments are down")
    await floor.hurry()
    assert (await floor.newest()).id == run.id


async def test_a_deletion_cancels_and_leaves_nothing_of_the_text(floor: Any) -> None:
    await floor.publish(posts("first", undo_s=0), posts("second"), edges=())
    ts = await floor.message("My card is 4000")
    await floor.work()
    run = await floor.newest()
    assert await floor.states(run) == {"first": "done", "second": "planned"}
    await floor.delete(ts)
    await floor.hurry()
    found = await floor.run(run.id)
    assert found.state is RunState.CANCELLED
    assert found.ended_why == "The message was deleted, or grew too old to be kept."
    assert await floor.states(run) == {"first": "done", "second": "cancelled"}
    kept = await floor.pool.fetch("SELECT to_jsonb(a)::text FROM actions AS a")
    assert not any("4000" in row[0] for row in kept)
    assert floor.said("second:") == []


async def test_a_deletion_while_an_action_is_under_way_forgets_it_afterwards(floor: Any) -> None:
    await floor.publish(posts("tell"))
    ts = await floor.message("My card is 4000")
    await floor.work()
    await floor.pool.execute("UPDATE actions SET due_at = now()")
    claim = await floor.duties.ledger.claim(await floor.pool.fetchval("SELECT id FROM actions"))
    await floor.delete(ts)
    await floor.work("basis")
    await floor.duties.ledger.failed(claim, "Refused.")
    assert "4000" not in await floor.pool.fetchval("SELECT request::text FROM actions")


async def test_a_deletion_before_the_message_is_out_leaves_none(floor: Any) -> None:
    await floor.publish(posts("tell"))
    ts = await floor.message("Checkout is down")
    await floor.work("evaluate", "start")
    await floor.delete(ts)
    await floor.work("post")
    await floor.hurry()
    assert floor.said("") == []
    assert await floor.pool.fetchval("SELECT post_state FROM runs") == "cancelled"
