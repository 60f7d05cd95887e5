"""Waiting, with one ear for the event that ends everything."""

import asyncio


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Sleep, or less if `stop` is set meanwhile."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        pass


async def first(event: asyncio.Event, stop: asyncio.Event, timeout: float | None = None) -> bool:
    """Wait for `event`, `stop` or the time limit (seconds); whether it was `event`."""
    waits = [asyncio.create_task(event.wait()), asyncio.create_task(stop.wait())]
    try:
        await asyncio.wait(waits, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    return event.is_set() and not stop.is_set()
