"""The time limit on database work, and whose team a payload is from."""

import asyncio
from typing import Any

import pytest

from livesop_bot.errors import DatabaseAway
from livesop_bot.slack.listeners.face import team_of, within


async def test_an_answer_in_time_is_handed_on() -> None:
    async def answer() -> int:
        return 7

    assert await within(answer(), 5) == 7


async def test_an_error_in_time_is_handed_on() -> None:
    async def fail() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        await within(fail(), 5)


async def test_no_answer_in_time_means_that_the_database_is_away() -> None:
    cancelled = asyncio.Event()

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    with pytest.raises(DatabaseAway):
        await within(hang(), 0.01)
    await asyncio.wait_for(cancelled.wait(), 1)


async def test_work_that_is_slow_to_be_cancelled_is_not_waited_for() -> None:
    """asyncpg asks a server that hangs to cancel, and waits for its answer."""
    go = asyncio.Event()
    ended = asyncio.Event()

    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await go.wait()
            raise OSError("connection lost") from None
        finally:
            ended.set()

    with pytest.raises(DatabaseAway):
        await within(stubborn(), 0.01)
    assert not ended.is_set()
    go.set()
    await asyncio.wait_for(ended.wait(), 1)


async def test_a_caller_that_is_cancelled_takes_its_work_along() -> None:
    began, cancelled = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    caller = asyncio.create_task(within(hang(), 60))
    await began.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await asyncio.wait_for(cancelled.wait(), 1)


@pytest.mark.parametrize(
    "body",
    [
        {"team_id": "T1"},
        {"team": {"id": "T1", "domain": "acme"}},
        {"team_id": "T2", "authorizations": [{"team_id": "T1"}]},
        {"team_id": "T1", "authorizations": []},
    ],
)
def test_the_team_is_the_one_that_installed_livesop(body: dict[str, Any]) -> None:
    assert team_of(body) == "T1"
