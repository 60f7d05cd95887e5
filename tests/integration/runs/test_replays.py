"""Replays that are no dry runs: whoever asks, and whenever, no effect is there twice by itself."""

import asyncio
from typing import Any

import pytest

from livesop_bot.db.ledger import Claim
from livesop_bot.domain.actions import ActionId
from livesop_bot.domain.evaluations import Judgement
from livesop_bot.domain.replays import NotReplayed, Replayed, ReplayRequest, is_open_still
from livesop_bot.domain.runs import Run, RunState
from livesop_bot.domain.signals import SignalId
from livesop_bot.domain.steps import Press
from livesop_bot.evaluation.evaluator import Question
from livesop_bot.metrics import Metrics
from livesop_bot.settings import Settings
from tests.integration.runs.conftest import ADA, TEAM, Sure, by_hand, posts


class Together(Sure):
    """Judges when so many are asked at once."""

    def __init__(self, people: int) -> None:
        self._all_there = asyncio.Barrier(people)

    async def evaluate(self, question: Question) -> Judgement:
        """Wait for the others, and be sure."""
        await self._all_there.wait()
        return await super().evaluate(question)


async def replay(floor: Any, evaluator: Sure | None = None, people: int = 1) -> list[Any]:
    """So many people at once have the newest message judged again, and done."""
    settings = Settings(_env_file=None)
    evaluating = floor.stores.evaluating(settings, evaluator or Sure(), Metrics())
    replaying = floor.stores.replaying(evaluating)
    signal = SignalId(await floor.pool.fetchval("SELECT max(id) FROM raw_signals"))
    request = ReplayRequest(team=TEAM, signal=signal, by=ADA, dry_run=False)
    return await asyncio.gather(*(replaying(request) for _ in range(people)))


async def again(floor: Any) -> Run:
    """The run that a replay opened."""
    (came,) = await replay(floor)
    assert isinstance(came, Replayed)
    assert came.run is not None
    await floor.hurry()
    run: Run = await floor.run(came.run)
    return run


@pytest.mark.parametrize("kind", ["post", "webhook"])
async def test_what_was_done_is_repeated_only_when_somebody_says_so(floor: Any, kind: str) -> None:
    step = posts("tell", undo_s=0) if kind == "post" else floor.webhook("tell")

    def happened() -> int:
        return len(floor.said("tell:")) if kind == "post" else len(floor.receiver.taken)

    await floor.publish(step)
    first = await floor.start()
    await floor.hurry()
    assert (await floor.run(first.id)).state is RunState.DONE
    second = await again(floor)
    assert second.id != first.id
    (record,) = second.steps
    assert (record.state, record.repeats) == ("waiting", True)
    assert happened() == 1
    await floor.press(second, "tell", Press.APPROVE)
    await floor.hurry()
    assert happened() == 2
    third = await again(floor)
    assert await floor.states(third) == {"tell": "waiting"}
    assert happened() == 2


async def test_of_two_people_at_once_one_replays_and_the_other_is_told(floor: Any) -> None:
    await floor.publish(posts("tell", undo_s=0))
    await floor.start()
    await floor.hurry()
    one, two = await replay(floor, Together(2), people=2)
    assert {type(one), type(two)} == {Replayed, NotReplayed}
    assert NotReplayed.OVERTAKEN in (one, two)
    await floor.hurry()
    assert await floor.pool.fetchval("SELECT count(*) FROM runs") == 2
    assert len(floor.said("tell:")) == 1
    audited = "SELECT count(*) FROM audit_log WHERE kind = 'replay'"
    assert await floor.pool.fetchval(audited) == 1


async def test_of_two_people_who_approve_a_repetition_at_once_one_wins(floor: Any) -> None:
    await floor.publish(posts("tell", undo_s=0))
    await floor.start()
    await floor.hurry()
    second = await again(floor)
    await asyncio.gather(*(floor.press(second, "tell", Press.APPROVE) for _ in range(2)))
    await floor.hurry()
    assert len(floor.said("tell:")) == 2


async def test_while_the_first_run_is_open_no_other_is_opened(floor: Any) -> None:
    await floor.publish(posts("tell", undo_s=0), by_hand("look"))
    first = await floor.start()
    await floor.hurry()
    for _ in range(2):
        (came,) = await replay(floor)
        assert isinstance(came, Replayed)
        assert came.run is None
        assert came.before is not None
        await floor.hurry()
    assert came.now.decision.reason == "duplicate_run"
    assert await floor.states(first) == {"tell": "done", "look": "waiting"}
    assert len(floor.said("tell:")) == 1


async def test_what_is_open_still_is_no_difference(floor: Any) -> None:
    await floor.publish(posts("tell", undo_s=0), by_hand("look"))
    await floor.start()
    (came,) = await replay(floor)
    assert is_open_still(came.before, came.now)
    assert came.differences == ()


@pytest.mark.parametrize("happened", [True, False])
async def test_after_a_crash_in_the_middle_it_is_left_to_a_person(
    floor: Any, happened: bool
) -> None:
    """The first run was cancelled while a worker that then died was at it."""
    await floor.publish(posts("tell"))
    first = await floor.start()
    await floor.pool.execute("UPDATE actions SET due_at = now()")
    action = ActionId(await floor.pool.fetchval("SELECT id FROM actions"))
    claim = await floor.duties.ledger.claim(action)
    assert isinstance(claim, Claim)
    if happened:
        await floor.kinds[claim.request.kind].perform(claim.request, claim.key)
    await floor.presses.end(TEAM, first.id, RunState.CANCELLED, ADA)
    (came,) = await replay(floor)
    await floor.work("start")
    second = await floor.run(came.run)
    (record,) = second.steps
    assert (record.state, record.repeats) == ("waiting", True)
    assert "may have done it" in record.detail
    await floor.hurry()  # another worker takes over what the dead one was at
    assert await floor.states(first) == {"tell": "done" if happened else "cancelled"}
    assert await floor.states(second) == {"tell": "waiting"}
    assert len(floor.said("tell:")) == happened
