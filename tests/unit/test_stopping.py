"""Waiting ends early for the event that ends everything."""

import asyncio

from livesop_bot.stopping import first, pause


async def test_a_pause_ends_when_told_to_stop() -> None:
    stop = asyncio.Event()
    waiting = asyncio.create_task(pause(stop, 3600))
    stop.set()
    await waiting


async def test_a_pause_ends_by_itself() -> None:
    await pause(asyncio.Event(), 0.001)


async def test_first_tells_the_event_from_the_stop() -> None:
    event, stop = asyncio.Event(), asyncio.Event()
    event.set()
    assert await first(event, stop)
    stop.set()
    assert not await first(event, stop), "stopping wins"


async def test_first_gives_up_after_its_time() -> None:
    assert not await first(asyncio.Event(), asyncio.Event(), timeout=0.001)
