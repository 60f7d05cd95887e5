"""Waiting for what only the database knows: it tells nobody."""

import asyncio

import pytest

from livesop_bot.db.pool import Pool


async def until(pool: Pool, query: str, wanted: object) -> None:
    """Ask until the query gives what is wanted."""
    found: object = None
    try:
        async with asyncio.timeout(30):
            while (found := await pool.fetchval(query)) != wanted:  # noqa: ASYNC110  as said
                await asyncio.sleep(0.02)
    except TimeoutError:
        pytest.fail(f"{query}: {found!r} instead of {wanted!r}")
