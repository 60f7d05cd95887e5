"""The health port while PostgreSQL dies, hangs and returns."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest_asyncio

from livesop_bot.db.migrations import pending
from livesop_bot.db.pool import Pool, create_pool, ping
from livesop_bot.db.queue import depth_and_age
from livesop_bot.metrics import Metrics
from livesop_bot.ops.checks import Checks
from livesop_bot.ops.health import HealthServer
from livesop_bot.ops.status import ModelState, SocketState
from tests.conftest import PrivatePostgres


def checks(pool: Pool) -> Checks:
    async def pending_migrations() -> int:
        async with pool.acquire(timeout=1) as connection:
            return len(await pending(connection))

    return Checks(
        database=lambda: ping(pool, 1),
        pending_migrations=pending_migrations,
        queue=lambda: depth_and_age(pool),
        sockets=lambda: SocketState(2, 2),
        spool=None,
        model=lambda: ModelState("not_configured"),
        evaluator="local",
    )


@pytest_asyncio.fixture
async def client(private_postgres: PrivatePostgres) -> AsyncIterator[aiohttp.ClientSession]:
    pool = await create_pool(private_postgres.dsn, min_size=1, max_size=4)
    async with (
        HealthServer("127.0.0.1", 0, checks(pool), Metrics(), "1") as server,
        aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as session,
    ):
        yield session
    pool.terminate()


async def look(client: aiohttp.ClientSession, path: str = "/health") -> int:
    async with client.get(path) as response:
        await response.read()
        return response.status


async def until(client: aiohttp.ClientSession, status: int, path: str = "/health") -> None:
    async with asyncio.timeout(5):
        while await look(client, path) != status:  # noqa: ASYNC110  as a prober does
            await asyncio.sleep(0.05)


async def test_a_migrated_database_is_healthy_and_ready(client: aiohttp.ClientSession) -> None:
    assert await look(client) == 200
    assert await look(client, "/health/ready") == 200


async def test_a_killed_database_is_503_at_once_and_200_when_it_returns(
    client: aiohttp.ClientSession, private_postgres: PrivatePostgres
) -> None:
    await until(client, 200)
    private_postgres.kill()
    assert await look(client) == 503
    assert await look(client, "/health/ready") == 503
    assert await look(client, "/health/live") == 200
    assert await look(client, "/metrics") == 200
    private_postgres.start()
    await until(client, 200)
    await until(client, 200, "/health/ready")


async def test_a_hanging_database_is_503_for_everyone_who_asks_while_it_does(
    client: aiohttp.ClientSession, private_postgres: PrivatePostgres
) -> None:
    await until(client, 200)
    private_postgres.freeze()
    for _ in range(2):
        assert set(await asyncio.gather(*(look(client) for _ in range(20)))) == {503}
        assert await look(client, "/health/live") == 200
    private_postgres.thaw()
    await until(client, 200)
