"""Which of the driver's errors mean that the database is gone, and which are ours."""

import re

import asyncpg
import pytest

from livesop_bot.db.pool import away
from livesop_bot.errors import DatabaseAway, DatabaseRefused


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(111, "refused"),
        FileNotFoundError(2, "no socket"),
        TimeoutError(),
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        asyncpg.CannotConnectNowError("the database system is starting up"),
        asyncpg.AdminShutdownError("terminating connection due to administrator command"),
        asyncpg.CrashShutdownError("terminating connection because of crash"),
        asyncpg.QueryCanceledError("canceling statement due to statement timeout"),
        asyncpg.TooManyConnectionsError("sorry, too many clients already"),
        asyncpg.DiskFullError("could not extend file"),
        asyncpg.ReadOnlySQLTransactionError("cannot execute INSERT in a read-only transaction"),
        asyncpg.IdleInTransactionSessionTimeoutError("terminating connection"),
        asyncpg.InterfaceError("cannot perform operation: connection is closed"),
        asyncpg.InterfaceError("pool is closing"),
        asyncpg.InternalClientError(
            "cannot switch to state 15; another operation (2) is in progress"
        ),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_database_that_is_gone_is_away(error: Exception) -> None:
    with pytest.raises(DatabaseAway) as caught, away():
        raise error
    assert caught.value.__cause__ is error
    assert str(error) in str(caught.value)


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.InvalidPasswordError("password authentication failed"),
        asyncpg.InvalidCatalogNameError('database "livesop" does not exist'),
        asyncpg.InsufficientPrivilegeError("permission denied for schema public"),
        asyncpg.ClientConfigurationError("`sslmode` parameter must be one of: disable"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_database_that_does_not_let_us_in_refused_us(error: Exception) -> None:
    with pytest.raises(DatabaseRefused, match=re.escape(str(error))), away():
        raise error


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.UniqueViolationError("duplicate key"),
        asyncpg.DataError("invalid input"),
        asyncpg.UndefinedTableError("no such table"),
        asyncpg.InterfaceError("cannot perform operation: another operation is in progress"),
        asyncpg.InternalClientError(
            "cannot switch to state 15; another operation (11) is in progress"
        ),
        asyncpg.InterfaceError("cursor: the prepared statement is closed"),
        ValueError("ours"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_everything_else_goes_through(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, away():
        raise error
    assert caught.value is error
