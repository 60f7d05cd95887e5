"""The pool: connections to PostgreSQL, and the edge where the driver's errors become ours."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeAlias

import asyncpg

from livesop_bot.db.queries import sql
from livesop_bot.errors import DatabaseAway, DatabaseRefused

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Connection: TypeAlias = (
    "asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
)

_AWAY = (
    OSError,  # refused, reset, no such host or socket; TimeoutError is one of them
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # starting up, shutting down, query cancelled
    asyncpg.InsufficientResourcesError,  # too many connections, disk full, out of memory
    asyncpg.IdleInTransactionSessionTimeoutError,  # the server gave this connection up
    asyncpg.ReadOnlySQLTransactionError,  # a fail-over left us with a replica
    asyncpg.DeadlockDetectedError,  # rolled back in favour of another; fine the next time
)
_REFUSED = (
    asyncpg.InvalidAuthorizationSpecificationError,  # no such role, wrong password, pg_hba.conf
    asyncpg.InvalidCatalogNameError,  # no such database
    asyncpg.InsufficientPrivilegeError,
)
TROUBLE = (
    DatabaseAway,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""All ways in which PostgreSQL fails, also where it is there and refuses."""
_GONE = re.compile(
    "(connection|pool) (is|was) clos"
    r"|cannot switch to state .* another operation \(2\) is"  # it has read the server's last words
)


class _Pool(asyncpg.Pool):
    """A pool that nobody waits for without end; asyncpg's own is that patient.

    A server that hangs keeps connections busy, and a job that waits for one of them must hear that
    PostgreSQL is away as one that has one does.
    """

    __slots__ = ("_patience",)

    def __init__(self, dsn: str, *, patience: float, **options: Any) -> None:
        super().__init__(dsn, **options)
        self._patience = patience

    def acquire(self, *, timeout: float | None = None) -> Any:
        return super().acquire(timeout=self._patience if timeout is None else timeout)


async def create_pool(
    dsn: str,
    *,
    min_size: int = 2,
    max_size: int = 10,
    connect_timeout: float = 2.0,
    command_timeout: float = 10.0,
) -> Pool:
    """Open a pool; raises DatabaseAway where its first connections fail. Times are in seconds.

    A command that takes longer than `command_timeout` is cancelled on the server and raises
    TimeoutError, and so does a wait of that length for a connection. There is no statement_timeout
    beside it: it would only repeat this. What a client cannot cancel is the transaction of a
    process that froze in the middle; the server ends that after a minute, and its locks with it.

    jsonb travels as text, as asyncpg has it: PgQueuer shares the pool, and reads and writes it so.
    """
    with away():
        return await _Pool(
            dsn,
            patience=command_timeout,
            min_size=min_size,
            max_size=max_size,
            max_queries=50_000,  # here and below: asyncpg.create_pool's own
            max_inactive_connection_lifetime=300.0,
            loop=None,
            connection_class=asyncpg.Connection,
            record_class=asyncpg.Record,
            timeout=connect_timeout,
            command_timeout=command_timeout,
            server_settings={
                "application_name": "livesop",
                "idle_in_transaction_session_timeout": "60s",
                "jit": "off",  # compiling costs more than our short statements do
                # A plan made while a table was empty is kept until the next ANALYZE; it must not
                # read the whole of a table that has grown since. Every query here has an index.
                "enable_seqscan": "off",
            },
            reset=_nothing,
        )


async def _nothing(_: Connection) -> None:
    """Leave a returned connection as it is: nothing here changes a session beyond a transaction.

    asyncpg's own way asks the server to undo what might have been, a round trip for each use.
    """


@contextmanager
def away() -> Iterator[None]:
    """Turn the driver's ways of saying that the database is gone or too late into DatabaseAway.

    One that is there and turns us away is no better for whoever asks: DatabaseRefused is one, too.
    Everything else goes through untouched: a constraint, a mistake in a query. Put only database
    work inside, for an OSError or a TimeoutError of anything else would be mistaken for it.
    """
    try:
        yield
    except _AWAY as error:
        raise DatabaseAway(f"PostgreSQL is away: {str(error) or type(error).__name__}") from error
    except _REFUSED as error:
        raise DatabaseRefused(f"PostgreSQL refused us: {error}") from error
    except asyncpg.ClientConfigurationError as error:
        raise DatabaseRefused(f"PostgreSQL cannot be asked: {error}") from error
    except (asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        if _GONE.search(str(error)) is None:  # a mistake in our use of the driver
            raise
        raise DatabaseAway(f"PostgreSQL is away: {error}") from error


async def ping(pool: Pool, timeout: float) -> None:
    """Ask the database for an answer within `timeout` seconds; raises DatabaseAway without one.

    And where it takes no writes: for us, who store before we answer, that is no database.
    """
    with away():
        async with asyncio.timeout(timeout), pool.acquire() as connection:
            try:
                is_read_only = await connection.fetchval(sql("ping"))
            except asyncio.CancelledError:
                with suppress(
                    asyncpg.InterfaceError
                ):  # it broke just now, and is not ours any more
                    connection.terminate()  # or else a server that hangs hangs the release too
                raise
    if is_read_only:
        raise DatabaseAway("PostgreSQL is away: this one is read-only, as a replica is")
