"""GroupCommit: batches in order, one at a time."""

import asyncio
from collections.abc import Sequence

import pytest

from livesop_bot.db.group_commit import GroupCommit


async def test_what_arrives_together_is_written_together() -> None:
    batches: list[list[int]] = []

    async def commit(items: Sequence[int]) -> list[int]:
        batches.append(list(items))
        return [item * 10 for item in items]

    async with GroupCommit(commit, limit=3) as group:
        results = await asyncio.gather(*(group.submit(item) for item in range(5)))

    assert results == [0, 10, 20, 30, 40]
    assert batches == [[0, 1, 2], [3, 4]]


async def test_what_arrives_during_a_write_goes_into_the_next_one() -> None:
    batches: list[list[str]] = []
    writing, go_on = asyncio.Event(), asyncio.Event()

    async def commit(items: Sequence[str]) -> Sequence[str]:
        batches.append(list(items))
        writing.set()
        await go_on.wait()
        return items

    async with GroupCommit(commit, limit=10) as group:
        first = group.submit("a")
        await writing.wait()
        rest = [group.submit("b"), group.submit("c")]
        assert len(group) == 2
        go_on.set()
        assert [await first, *[await future for future in rest]] == ["a", "b", "c"]

    assert batches == [["a"], ["b", "c"]]


async def test_a_failed_batch_fails_its_own_submitters_only() -> None:
    async def commit(items: Sequence[str]) -> Sequence[str]:
        if "bad" in items:
            raise ValueError("no")
        return items

    async with GroupCommit(commit, limit=1) as group:
        futures = [group.submit("good"), group.submit("bad"), group.submit("fine")]
        results = await asyncio.gather(*futures, return_exceptions=True)

    assert results[0] == "good"
    assert isinstance(results[1], ValueError)
    assert results[2] == "fine"


async def test_a_cancelled_submitter_does_not_hurt_its_batch() -> None:
    async def commit(items: Sequence[int]) -> Sequence[int]:
        return items

    async with GroupCommit(commit, limit=10) as group:
        cancelled, kept = group.submit(1), group.submit(2)
        cancelled.cancel()
        assert await kept == 2
    with pytest.raises(asyncio.CancelledError):
        await cancelled


async def test_the_next_write_begins_before_a_large_batch_has_gone_on() -> None:
    submitters, order = 200, list[str]()

    async def commit(items: Sequence[int]) -> Sequence[int]:
        order.append(f"write {len(items)}")
        await asyncio.sleep(0)
        return items

    async def submit(item: int) -> None:
        await group.submit(item)
        order.append("went on")

    async with GroupCommit(commit, limit=submitters) as group:
        await asyncio.gather(*(submit(item) for item in range(submitters + 1)))

    assert order[0] == f"write {submitters}"
    assert 1 <= order.index("write 1") < submitters
    assert order.count("went on") == submitters + 1


async def test_idle_waits_for_what_is_being_written_but_not_for_ever() -> None:
    go_on = asyncio.Event()

    async def commit(items: Sequence[int]) -> Sequence[int]:
        await go_on.wait()
        return items

    async with GroupCommit(commit, limit=10) as group:
        await group.idle(60)  # nothing is written: at once
        future = group.submit(1)
        await group.idle(0.01)
        assert not future.done()
        waiting = asyncio.create_task(group.idle(60))
        go_on.set()
        await waiting
        assert future.done()


async def test_of_those_who_wait_one_goes_on_at_a_time_and_what_comes_holds_up_the_next() -> None:
    async def commit(items: Sequence[int]) -> Sequence[int]:
        await asyncio.sleep(0)
        return items

    async with GroupCommit(commit, limit=10) as group:
        future = group.submit(1)

        async def first() -> bool:
            nonlocal future
            await group.idle(60)
            written, future = future.done(), group.submit(2)
            return written

        async def second() -> bool:
            await group.idle(60)
            return future.done()

        assert all(await asyncio.gather(first(), second()))
