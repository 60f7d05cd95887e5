"""The pool against a PostgreSQL that comes and goes."""

import json
from typing import TYPE_CHECKING

import pytest
from pgqueuer import AsyncpgPoolDriver, Queries

from livesop_bot.db.pool import Pool, away, create_pool, ping
from livesop_bot.errors import DatabaseAway, DatabaseRefused

if TYPE_CHECKING:
    from tests.conftest import PrivatePostgres


async def test_a_server_that_hangs_is_away_while_it_does(
    private_postgres: "PrivatePostgres",
) -> None:
    async with await create_pool(private_postgres.dsn) as pool:
        await ping(pool, 2)
        private_postgres.freeze()
        for _ in range(3):
            with pytest.raises(DatabaseAway):
                await ping(pool, 0.3)
        private_postgres.thaw()
        await ping(pool, 5)


async def test_a_server_that_went_away_is_noticed_at_once_and_found_again(
    private_postgres: "PrivatePostgres",
) -> None:
    async with await create_pool(private_postgres.dsn) as pool:
        private_postgres.kill()
        for _ in range(3):
            with pytest.raises(DatabaseAway):
                await ping(pool, 2)
        private_postgres.start()
        await ping(pool, 5)


async def test_a_server_that_is_not_there_is_away(private_postgres: "PrivatePostgres") -> None:
    private_postgres.stop()
    with pytest.raises(DatabaseAway):
        await create_pool(private_postgres.dsn)


async def test_a_server_that_takes_reads_only_is_away(database: str) -> None:
    async with await create_pool(database, min_size=1, max_size=1) as pool:
        await pool.execute("SET default_transaction_read_only = on")
        with pytest.raises(DatabaseAway, match="read-only"):
            await ping(pool, 2)
        await pool.execute("SET default_transaction_read_only = off")
        await ping(pool, 2)


@pytest.mark.parametrize(
    ("given", "wrong"), [("//livesop@", "//nobody_we_know@"), ("/test_", "/no_test_")]
)
async def test_a_server_that_does_not_let_us_in_has_refused(
    database: str, given: str, wrong: str
) -> None:
    with pytest.raises(DatabaseRefused):
        await create_pool(database.replace(given, wrong))


async def test_a_server_that_does_not_let_us_do_it_has_refused(pool: Pool) -> None:
    async with pool.acquire() as connection:
        await connection.execute("SET ROLE pg_monitor")
        with pytest.raises(DatabaseRefused, match="permission denied for table teams"), away():
            await connection.execute("DELETE FROM teams")
        await connection.execute("RESET ROLE")


async def test_a_pool_that_is_used_up_is_away_within_the_time_given(database: str) -> None:
    async with await create_pool(database, min_size=1, max_size=1) as pool, pool.acquire():
        with pytest.raises(DatabaseAway):
            await ping(pool, 0.1)


async def test_nobody_waits_for_a_connection_without_end(database: str) -> None:
    async with (
        await create_pool(database, min_size=1, max_size=1, command_timeout=0.1) as pool,
        pool.acquire(),
    ):
        with pytest.raises(DatabaseAway), away():
            await pool.fetchval("SELECT 1")
        with pytest.raises(DatabaseAway), away():
            await pool.acquire()


async def test_a_command_that_takes_too_long_is_cancelled_on_the_server(database: str) -> None:
    async with await create_pool(database, command_timeout=0.2) as pool:
        with pytest.raises(TimeoutError):
            await pool.execute("SELECT pg_sleep(60)")
        active = await pool.fetch("SELECT query FROM pg_stat_activity WHERE state = 'active'")
        assert not [row for row in active if row["query"] == "SELECT pg_sleep(60)"]


async def test_connections_are_found_by_their_name(pool: Pool) -> None:
    assert await pool.fetchval("SHOW application_name") == "livesop"


async def test_pgqueuer_works_on_the_pool(pool: Pool) -> None:
    """It writes and reads jsonb as text."""
    queue = Queries(AsyncpgPoolDriver(pool))
    await queue.enqueue("evaluate", b"payload", headers={"a": "1"})
    row = await pool.fetchrow("SELECT headers FROM pgqueuer")
    assert row is not None
    assert json.loads(row["headers"]) == {"a": "1"}
