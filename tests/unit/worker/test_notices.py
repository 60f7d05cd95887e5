"""The queue's notices: kept until somebody listens, then those of its own kinds, together."""

import asyncio
import json
from contextlib import suppress

import pytest
from pgqueuer import AsyncpgPoolDriver, Queries
from pgqueuer.domain.settings import db_settings

from livesop_bot.db.pool import Pool, create_pool
from livesop_bot.worker.notices import QUEUED, CalmDriver
from tests.conftest import PrivatePostgres

CHANNEL = db_settings().channel


async def heard(listener: asyncio.Queue[object]) -> object:
    async with asyncio.timeout(5):
        return await listener.get()


async def test_a_notice_before_anyone_listens_is_not_lost(pool: Pool) -> None:
    listener: asyncio.Queue[object] = asyncio.Queue()
    async with CalmDriver(pool, {"one", "two"}) as driver:
        await driver.notify(CHANNEL, '{"type": "health_check_event"}')
        await driver.add_listener(CHANNEL, listener.put_nowait)
        assert await heard(listener) == '{"type": "health_check_event"}'


async def test_many_jobs_of_its_kinds_are_one_notice_and_others_are_not_held_back(
    pool: Pool,
) -> None:
    queue = Queries(AsyncpgPoolDriver(pool))
    listener: asyncio.Queue[object] = asyncio.Queue()
    async with CalmDriver(pool, {"one", "two"}) as driver:
        await driver.add_listener(CHANNEL, listener.put_nowait)
        async with pool.acquire() as connection, connection.transaction():
            for number in range(50):
                await connection.execute("SELECT pg_notify($1, $2)", QUEUED, f"one {number}")
            await connection.execute("SELECT pg_notify($1, 'health')", CHANNEL)
        assert await heard(listener) == "health"
        assert json.loads(str(await heard(listener)))["type"] == "table_changed_event"
        await queue.enqueue("two", b"")
        assert json.loads(str(await heard(listener)))["type"] == "table_changed_event"
        assert listener.empty()


async def test_jobs_of_other_kinds_and_what_was_done_are_no_notice(pool: Pool) -> None:
    queue = Queries(AsyncpgPoolDriver(pool))
    listener: asyncio.Queue[object] = asyncio.Queue()
    async with CalmDriver(pool, {"one"}) as driver, CalmDriver(pool, {"other"}) as other:
        heard_by_other: asyncio.Queue[object] = asyncio.Queue()
        await driver.add_listener(CHANNEL, listener.put_nowait)
        await other.add_listener(CHANNEL, heard_by_other.put_nowait)
        await queue.enqueue("other", b"")
        await queue.clear_queue()
        await heard(heard_by_other)
        await queue.enqueue("one", b"")
        await heard(listener)
        assert listener.empty()
        assert heard_by_other.empty()


async def test_only_the_queues_own_channel(pool: Pool) -> None:
    async with CalmDriver(pool, {"one", "two"}) as driver:
        with pytest.raises(ValueError, match="one listener"):
            await driver.add_listener("another", lambda _: None)


@pytest.mark.parametrize("hangs", ["before it listens", "while it listens"])
async def test_a_server_that_hangs_keeps_no_connection(
    private_postgres: PrivatePostgres, hangs: str
) -> None:
    """Each was one less in the pool, until the worker had none."""
    dsn = private_postgres.dsn
    async with await create_pool(dsn, max_size=2, command_timeout=0.2) as pool:
        for _ in range(3):
            with suppress(TimeoutError):
                if hangs == "before it listens":
                    private_postgres.freeze()
                async with CalmDriver(pool, {"one"}):
                    private_postgres.freeze()
            private_postgres.thaw()
        await asyncio.gather(*(pool.fetchval("SELECT pg_sleep(0.05)") for _ in range(2)))
        assert pool.get_size() <= 2
