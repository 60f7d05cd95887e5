"""Runs: started once, moved on by people and by what was done, each press counted once."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.runs import OPEN, Run, RunState, TooLate
from livesop_bot.domain.steps import NotOffered, Press
from livesop_bot.domain.workflows import Edge, StepId, StepKind, StepMode
from tests.integration.runs.conftest import ADA, TEAM, by_hand, posts

CHOICE = (
    Edge(source=StepId("urgent"), target=StepId("page"), label="yes"),
    Edge(source=StepId("urgent"), target=StepId("note"), label="no"),
)

OVER = ("done", "cancelled", "dismissed", "expired")


async def test_it_starts_once_however_often_its_job_comes(floor: Any) -> None:
    await floor.publish(by_hand("look"), by_hand("tell"))
    run = await floor.start()
    for _ in range(2):
        await floor.duties.ledger.start(run.id)
    assert await floor.states(run) == {"look": "waiting", "tell": "blocked"}
    started = [entry for entry in await floor.audited() if entry[2].get("state") == "running"]
    assert len(started) == 1


async def test_its_message_comes_at_once_and_follows_every_step(floor: Any) -> None:
    await floor.publish(by_hand("look"), by_hand("tell"))
    run = await floor.start()
    await floor.press(run, "look", Press.DONE)
    assert await floor.states(run) == {"look": "done", "tell": "waiting"}
    await floor.press(run, "tell", Press.SKIP)
    assert (await floor.run(run.id)).state is RunState.DONE
    await floor.hurry()
    (message,) = floor.said("The SOP")
    assert message["text"].endswith(": done")
    assert message["ts"] == (await floor.run(run.id)).post_ts


async def test_a_decision_takes_one_way_and_bypasses_the_other(floor: Any) -> None:
    await floor.publish(
        by_hand("urgent", StepKind.DECISION), by_hand("page"), by_hand("note"), edges=CHOICE
    )
    run = await floor.start()
    with pytest.raises(NotOffered):
        await floor.press(run, "urgent", Press.CHOOSE, "perhaps")
    await floor.press(run, "urgent", Press.CHOOSE, "no")
    assert await floor.states(run) == {"urgent": "done", "page": "bypassed", "note": "waiting"}


async def test_of_two_presses_at_once_one_wins_and_the_other_is_told_by_whom(floor: Any) -> None:
    await floor.publish(by_hand("look"), by_hand("tell"))
    run = await floor.start()
    outcomes = await asyncio.gather(
        *(
            floor.presses.step(TEAM, run.id, StepId("look"), press, by, shown="")
            for press, by in ((Press.DONE, ADA), (Press.SKIP, "U0BOB"))
        )
    )
    (late,) = [one for one in outcomes if isinstance(one, TooLate)]
    assert late.record is not None
    assert late.record.changed_by in (ADA, "U0BOB")
    assert len([one for one in await floor.audited() if one[0] == "approval"]) == 1


async def test_what_is_over_takes_no_press(floor: Any) -> None:
    await floor.publish(by_hand("look"))
    run = await floor.start()
    await floor.press(run, "look", Press.DONE)
    assert await floor.press(run, "look", Press.SKIP) == TooLate(None)
    assert await floor.presses.end(TEAM, run.id, RunState.CANCELLED, ADA) == TooLate(None)


async def brought(floor: Any, state: str) -> Run:
    """A run in a state: `alone` it began by itself, `by hand` somebody started it."""
    if state in ("proposed", "by hand", "dismissed", "expired"):
        await floor.switch(Scope.TEAM, is_on=False)
    run: Run = await floor.start()
    match state:
        case "by hand":
            await floor.presses.start(TEAM, run.id, ADA)
        case "done":
            await floor.press(run, "look", Press.DONE)
        case "cancelled" | "dismissed":
            await floor.presses.end(TEAM, run.id, RunState(state), ADA)
        case "expired":
            await floor.hours_pass(73)
            await floor.duties.patience.expire()
    found: Run = await floor.run(run.id)
    return found


@pytest.mark.parametrize(
    ("state", "is_now"),
    [
        ("proposed", {"cancelled": "proposed", "dismissed": "dismissed"}),
        ("alone", {"cancelled": "cancelled", "dismissed": "dismissed"}),
        ("by hand", {"cancelled": "cancelled", "dismissed": "running"}),
        *((over, dict.fromkeys(("cancelled", "dismissed"), over)) for over in OVER),
    ],
)
@pytest.mark.parametrize("end", ["cancelled", "dismissed"])
async def test_only_what_fits_a_run_ends_it(
    floor: Any, state: str, is_now: dict[str, str], end: str
) -> None:
    await floor.publish(by_hand("look"))
    run = await brought(floor, state)
    outcome = await floor.presses.end(TEAM, run.id, RunState(end), "U0BOB")
    after = await floor.run(run.id)
    assert after.state == is_now[end]
    if after.state is run.state:
        assert (outcome, after) == (TooLate(run.state if run.state in OPEN else None), run)
    else:
        assert (type(outcome), after.ended_by) == (Run, "U0BOB")


async def test_another_team_cannot_press(floor: Any) -> None:
    await floor.publish(by_hand("look"))
    run = await floor.start()
    step = StepId("look")
    outcome = await floor.presses.step("T0OTHER", run.id, step, Press.DONE, ADA, shown="")
    assert outcome == TooLate(None)
    assert await floor.states(run) == {"look": "waiting"}


async def verdicts(floor: Any) -> list[tuple[Any, ...]]:
    """What was learned from presses: about which SOP, whether it fits, and who said so."""
    rows = await floor.pool.fetch("SELECT workflow_id, fits, given_by FROM verdicts ORDER BY id")
    return [tuple(row) for row in rows]


async def test_a_proposed_run_does_nothing_until_somebody_starts_it(floor: Any) -> None:
    await floor.publish(posts("tell"))
    await floor.switch(Scope.TEAM, is_on=False)
    run = await floor.start()
    assert (run.state, run.steps) == (RunState.PROPOSED, ())
    await floor.presses.start(TEAM, run.id, ADA)
    assert isinstance(await floor.presses.start(TEAM, run.id, "U0BOB"), TooLate)
    assert await floor.states(run) == {"tell": "waiting"}, "the kill switch is still off"
    await floor.hurry()
    assert floor.said("tell:") == []
    await floor.press(run, "tell", Press.APPROVE)
    await floor.hurry()
    assert len(floor.said("tell:")) == 1
    found = await floor.run(run.id)
    assert (found.state, found.started_by) == (RunState.DONE, ADA)
    assert await verdicts(floor) == [(found.workflow.id, True, ADA)]


async def test_a_proposal_can_be_dismissed(floor: Any) -> None:
    await floor.publish(posts("tell"))
    await floor.switch(Scope.TEAM, is_on=False)
    run = await floor.start()
    await floor.presses.end(TEAM, run.id, RunState.DISMISSED, ADA)
    found = await floor.run(run.id)
    assert (found.state, found.ended_by) == (RunState.DISMISSED, ADA)
    assert await verdicts(floor) == [(found.workflow.id, False, ADA)]


async def test_a_step_that_names_approvers_says_who_they_are(floor: Any) -> None:
    await floor.publish(posts("tell", StepMode.APPROVE, approvers=("U0EVE", "S0BOSS")))
    run = await floor.start()
    assert await floor.presses.approvers(TEAM, run.id, StepId("tell")) == ("U0EVE", "S0BOSS")
    assert await floor.presses.approvers(TEAM, run.id, StepId("none")) == ()


async def test_a_newer_version_changes_nothing_of_a_run_under_way(floor: Any) -> None:
    await floor.publish(by_hand("look"), posts("tell"))
    run = await floor.start("Checkout is down")
    newer = replace(
        posts("tell"),
        title="Tell all the world",
        fields={"channel": "thread", "text": "of the newer version"},
    )
    await floor.publish(newer, by_hand("celebrate"))
    await floor.press(run, "look", Press.DONE)
    await floor.hurry()
    assert await floor.states(run) == {"look": "done", "tell": "waiting"}
    (face,) = [json.dumps(one["blocks"]) for one in floor.said("The SOP")]
    assert "tell: Checkout is down" in face
    assert "world" not in face
    assert "celebrate" not in face
    await floor.press(run, "tell", Press.APPROVE)
    await floor.hurry()
    assert [one["text"] for one in floor.said("tell:")] == ["tell: Checkout is down"]
    assert floor.said("of the newer") == []
    assert (await floor.run(run.id)).state is RunState.DONE
    assert (await floor.start("Payments are down")).workflow.version == 2


async def test_every_change_is_in_the_audit_log(floor: Any) -> None:
    await floor.publish(by_hand("look"), posts("tell", undo_s=0))
    run = await floor.start()
    await floor.press(run, "look", Press.DONE)
    await floor.hurry()
    assert [(kind, subject) for kind, subject, _ in await floor.audited()] == [
        ("run", f"run:{run.id}"),
        ("approval", f"run:{run.id}/look"),
        ("action", f"run:{run.id}/tell"),
        ("run", f"run:{run.id}"),
    ]
    assert (await floor.stores.audit.verify(TEAM)).fault is None
