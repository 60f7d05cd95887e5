"""The breaker: a step that acts too often, or keeps failing, waits for people, in one card."""

from typing import Any

import pytest
from pgqueuer import RetryRequested

from livesop_bot.db.jobs import CardJob
from livesop_bot.db.pauses import LISTED
from livesop_bot.domain.breaker import CAP, FAILURES, Pause
from livesop_bot.domain.runs import PauseId
from livesop_bot.sandbox.faults import AnswerError
from tests.integration.runs.conftest import ADA, TEAM, posts


async def burst(floor: Any, count: int) -> list[Any]:
    """Messages that each start the SOP, and what comes of them."""
    runs = []
    for number in range(count):
        runs.append(await floor.start(f"Checkout is down {number}"))
        await floor.hurry()
    return runs


async def approve(floor: Any, by: str = ADA, team: str = TEAM) -> bool:
    """Somebody approves what the card shows."""
    pause = await floor.duties.pauses.get(PauseId(1))
    shown = {one.run: one.request.digest for one in pause.waiting}
    ended: bool = await floor.duties.pauses.end(team, PauseId(1), by, shown)
    return ended


async def test_the_sixth_within_ten_minutes_waits_and_so_do_all_that_follow(floor: Any) -> None:
    await floor.publish(posts("tell"))
    runs = await burst(floor, CAP + 2)
    assert len(floor.said("tell:")) == CAP
    for run in runs[CAP:]:
        (record,) = (await floor.run(run.id)).steps
        assert record.state == "waiting"
        assert record.detail == "Paused: Auto-Pilot did this 5 times within 10 minutes."
    (card,) = floor.said("⏸️")
    assert card["thread_ts"] == runs[CAP].thread_ts, "one card, where it began"


async def test_a_step_may_have_a_cap_of_its_own(floor: Any) -> None:
    await floor.publish(posts("tell", cap=2))
    runs = await burst(floor, 3)
    assert [(await floor.states(run))["tell"] for run in runs] == ["done", "done", "waiting"]
    (card,) = floor.said("⏸️")
    assert "2 times within 10 minutes" in str(card["blocks"])


async def test_approving_all_does_what_waited_and_begins_to_count_anew(floor: Any) -> None:
    await floor.publish(posts("tell"))
    await burst(floor, CAP + 2)
    assert await approve(floor)
    assert not await approve(floor, "U0BOB")
    await floor.hurry()
    assert len(floor.said("tell:")) == CAP + 2
    assert len(floor.said("▶️")) == 1
    (run,) = await burst(floor, 1)
    assert await floor.states(run) == {"tell": "done"}


async def test_the_card_shows_what_is_approved(floor: Any) -> None:
    await floor.publish(posts("tell"))
    await burst(floor, CAP + 1)
    (card,) = floor.said("⏸️")
    assert f"tell: Checkout is down {CAP}" in str(card["blocks"])


async def test_what_was_edited_since_the_card_showed_it_waits_in_its_thread(floor: Any) -> None:
    await floor.publish(posts("tell"))
    await burst(floor, CAP)
    ts = await floor.message("Refund 10")
    await floor.work()
    await floor.hurry()
    run = await floor.newest()
    await floor.edit(ts, "Refund 10000")
    await floor.pool.execute("DELETE FROM pgqueuer WHERE entrypoint = 'basis'")
    assert await approve(floor)
    await floor.hurry()
    (record,) = (await floor.run(run.id)).steps
    assert (record.state, record.pause) == ("waiting", None)
    assert "changed" in record.detail
    assert floor.said("tell: Refund") == []


async def test_what_the_card_did_not_show_is_not_approved_with_it(floor: Any) -> None:
    await floor.publish(posts("tell"))
    for count in (CAP, LISTED, 2):
        await burst(floor, count)
        await floor.pool.execute("UPDATE runs SET started_at = started_at - interval '1 hour'")
    assert await approve(floor)
    await floor.hurry()
    assert len(floor.said("tell:")) == CAP + LISTED
    assert (await floor.duties.pauses.get(PauseId(1))).ended_by is None
    await floor.hurry()
    (card,) = floor.said("⏸️")
    assert str(card["blocks"]).count("tell: Checkout is down") == 2
    assert await approve(floor)
    await floor.hurry()
    assert len(floor.said("tell:")) == CAP + LISTED + 2
    assert (await floor.duties.pauses.get(PauseId(1))).ended_by == ADA


async def test_keeping_it_paused_is_noted_and_nothing_is_done(floor: Any) -> None:
    await floor.publish(posts("tell"))
    await burst(floor, CAP + 1)
    assert await floor.duties.pauses.keep(TEAM, PauseId(1), ADA)
    await floor.hurry()
    pause = await floor.duties.pauses.get(PauseId(1))
    assert (pause.kept_by, len(pause.waiting)) == (ADA, 1)
    assert len(floor.said("tell:")) == CAP


async def test_another_team_cannot_end_a_pause(floor: Any) -> None:
    await floor.publish(posts("tell"))
    await burst(floor, CAP + 1)
    assert not await approve(floor, team="T0OTHER")


@pytest.mark.parametrize("between", [False, True])
async def test_three_failures_in_a_row_pause_it(floor: Any, between: bool) -> None:
    await floor.publish(posts("tell"))
    await burst(floor, 1)
    for number in range(FAILURES):
        run = await floor.start(f"Again {number}")
        if not (between and number == 1):
            floor.slack.faults.add("chat.postMessage", AnswerError("is_archived"))
        await floor.hurry()
    (run,) = await burst(floor, 1)
    assert await floor.states(run) == {"tell": "done" if between else "waiting"}


async def test_a_card_that_another_worker_is_at_is_looked_at_again_soon(floor: Any) -> None:
    await floor.publish(posts("tell"))
    await burst(floor, CAP + 1)
    assert await approve(floor)
    version = await floor.pool.fetchval("SELECT card_version FROM pauses")
    await floor.pool.execute("UPDATE pauses SET card_at = now()")
    held = await floor.duties.pauses.claim_card(PauseId(1), version)
    assert isinstance(held, Pause)
    with pytest.raises(RetryRequested) as waits:
        await floor.duties.carding(CardJob(PauseId(1), version), 0)
    assert waits.value.delay is not None
    assert waits.value.delay.total_seconds() < 2
