"""The breaker: a step that acts too often, or keeps failing, waits for people, in one card."""

from typing import Any

import pytest
from pgqueuer import RetryRequested

from livesop_bot.db.jobs import CardJob
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


async def test_approving_all_does_what_waited_and_begins_to_count_anew(floor: Any) -> None:
    await floor.publish(posts("tell"))
    await burst(floor, CAP + 2)
    assert await floor.duties.pauses.end(TEAM, PauseId(1), ADA)
    assert not await floor.duties.pauses.end(TEAM, PauseId(1), "U0BOB")
    await floor.hurry()
    assert len(floor.said("tell:")) == CAP + 2
    assert len(floor.said("▶️")) == 1
    (run,) = await burst(floor, 1)
    assert await floor.states(run) == {"tell": "done"}


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
    assert not await floor.duties.pauses.end("T0OTHER", PauseId(1), ADA)


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
    assert await floor.duties.pauses.end(TEAM, PauseId(1), ADA)
    version = await floor.pool.fetchval("SELECT card_version FROM pauses")
    await floor.pool.execute("UPDATE pauses SET card_at = now()")
    held = await floor.duties.pauses.claim_card(PauseId(1), version)
    assert isinstance(held, Pause)
    with pytest.raises(RetryRequested) as waits:
        await floor.duties.carding(CardJob(PauseId(1), version), 0)
    assert waits.value.delay is not None
    assert waits.value.delay.total_seconds() < 2
