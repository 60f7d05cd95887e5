"""The doctor's look at PostgreSQL: there, new enough, ours to write to, migrated."""

from contextlib import AsyncExitStack

import asyncpg

from livesop_bot.db.embedded import EmbeddedPostgres
from livesop_bot.db.migrations import pending
from livesop_bot.db.pool import Connection, away
from livesop_bot.db.queries import sql
from livesop_bot.errors import ConfigurationError, DatabaseAway, DatabaseRefused
from livesop_bot.logs import mask
from livesop_bot.ops.doctor.finding import Finding, Mark
from livesop_bot.settings import Settings

_OLDEST = 14
_TIMEOUT = 4.0
_SUBJECT = "database"


async def database(settings: Settings) -> list[Finding]:
    """Connect as LiveSOP would; the embedded server is started for it unless it runs."""
    async with AsyncExitStack() as stack:
        try:
            if settings.database_url is not None:
                dsn, where = settings.database_url.get_secret_value(), "DATABASE_URL"
            else:
                server = EmbeddedPostgres(settings.livesop_data_dir)
                dsn = (await stack.enter_async_context(server)).dsn
                where = "embedded" if server.owner else "embedded, in use by a running LiveSOP"
            with away():
                connection = await asyncpg.connect(dsn, timeout=_TIMEOUT, command_timeout=_TIMEOUT)
            stack.push_async_callback(connection.close, timeout=1)
            return await _examine(connection, where)
        except ConfigurationError as error:
            return [Finding(Mark.FAIL, _SUBJECT, mask(str(error)))]
        except DatabaseRefused as error:
            advice = "check user, password, database name and parameters in DATABASE_URL"
            return [Finding(Mark.FAIL, _SUBJECT, mask(str(error)), advice)]
        except DatabaseAway as error:
            advice = "check host and port in DATABASE_URL, and that PostgreSQL runs"
            return [Finding(Mark.FAIL, _SUBJECT, mask(str(error)), advice)]
        except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
            found = f"PostgreSQL refused: {mask(str(error))}"
            advice = "check user, password and database name in DATABASE_URL"
            return [Finding(Mark.FAIL, _SUBJECT, found, advice)]


async def _examine(connection: Connection, where: str) -> list[Finding]:
    version = connection.get_server_version()
    server = f"PostgreSQL {version.major}.{version.micro}"
    if version.major < _OLDEST:  # before anything is asked that it may not know
        advice = f"LiveSOP needs version {_OLDEST} or newer"
        return [Finding(Mark.FAIL, _SUBJECT, f"{server} ({where})", advice)]
    facts = await connection.fetchrow(sql("database_facts"))
    assert facts is not None
    found = f"{server}, database {facts['name']} ({where})"
    if facts["is_replica"]:
        advice = "this is a read-only replica; point DATABASE_URL to the primary"
        return [Finding(Mark.FAIL, _SUBJECT, found, advice)]
    return [
        Finding(Mark.OK, _SUBJECT, found),
        _schema(await pending(connection), may_create=facts["may_create"]),
        await _vectors(connection),
    ]


def _schema(lacking: list[str], *, may_create: bool) -> Finding:
    if not lacking:
        return Finding(Mark.OK, "schema", "migrated")
    found = f"{len(lacking)} migrations are pending"
    if may_create:
        advice = "`livesop run` applies them at its start, `livesop migrate` now"
        return Finding(Mark.OK, "schema", found, advice)
    advice = "this user may not create tables; make it the owner of the database"
    return Finding(Mark.FAIL, "schema", found, advice)


async def _vectors(connection: Connection) -> Finding:
    """Say whether knowledge gets vectors; what is tried for that is taken back."""
    subject = "pgvector"
    if not await connection.fetchval(sql("vectors_available")):
        advice = "LiveSOP works without; your PostgreSQL's packages may bring it"
        return Finding(Mark.OK, subject, "not available", advice)
    trial = connection.transaction()
    await trial.start()
    try:
        await connection.execute(sql("create_vector_extension"))
    except asyncpg.InsufficientPrivilegeError:
        advice = "let a superuser run `CREATE EXTENSION vector` in this database, or do without"
        return Finding(Mark.WARN, subject, "this user may not switch it on", advice)
    finally:
        await trial.rollback()
    return Finding(Mark.OK, subject, "available")
