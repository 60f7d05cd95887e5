"""Migrations: numbered, forward-only files in `sql/migrations`, each applied exactly once."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from livesop_bot.db.pool import Connection, away
from livesop_bot.db.queries import sql, sql_folder
from livesop_bot.errors import ConfigurationError

_FILE = re.compile(r"(?P<number>\d{4})_[a-z0-9_]+\.sql")
_TIMEOUT = 600.0
"""Seconds that one migration may take, waiting for another process's included."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Migration:
    """One file; `checksum` is the SHA-256 of its text in hexadecimal."""

    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """What tells a changed file from the one that was applied."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Applied:
    """A migration as the database remembers it."""

    name: str
    checksum: str


def load(folder: Path | None = None) -> list[Migration]:
    """Read the files in order; raises ConfigurationError unless they count 1, 2, 3 …"""
    migrations = []
    for path in sorted((folder or sql_folder() / "migrations").glob("*.sql")):
        match = _FILE.fullmatch(path.name)
        if match is None:
            raise ConfigurationError(f"{path}: expected a name such as 0007_add_labels.sql")
        text = path.read_text(encoding="utf-8")
        migrations.append(Migration(int(match["number"]), path.name, text))
    numbers = [migration.number for migration in migrations]
    if not numbers or numbers != list(range(1, len(numbers) + 1)):
        raise ConfigurationError(
            f"The migrations must be numbered 1, 2, 3 … without a gap or a double: found {numbers}."
        )
    return migrations


async def migrate(
    connection: Connection, migrations: Sequence[Migration] | None = None
) -> list[str]:
    """Bring the database to this version's schema, and give the names of what was applied.

    Each migration is a transaction that first takes a lock, so processes that start at once wait
    for each other. Raises ConfigurationError where the database and the files contradict each
    other, DatabaseAway where it cannot be reached.
    """
    migrations = load() if migrations is None else migrations
    if not await pending(connection, migrations):
        return []
    applied = []
    for migration in migrations:
        with away():
            async with connection.transaction():
                if await _apply(connection, migration, migrations):
                    applied.append(migration.name)
                    log.info("migration.applied", name=migration.name)
    return applied


async def pending(
    connection: Connection, migrations: Sequence[Migration] | None = None
) -> list[str]:
    """Name the migrations that this database still lacks; changes nothing. Raises as migrate()."""
    migrations = load() if migrations is None else migrations
    with away():
        known = await connection.fetchval(sql("has_migrations_table"))
        applied = await _applied(connection) if known else {}
    _check(migrations, applied)
    return [migration.name for migration in migrations if migration.number not in applied]


async def _apply(
    connection: Connection, migration: Migration, migrations: Sequence[Migration]
) -> bool:
    await connection.execute(sql("no_statement_timeout"))
    await connection.execute(sql("lock_migrations"), timeout=_TIMEOUT)
    await connection.execute(sql("create_migrations_table"))
    applied = await _applied(connection)
    _check(migrations, applied)
    if migration.number in applied:
        return False
    try:
        await connection.execute(migration.text, timeout=_TIMEOUT)
    except Exception as error:
        error.add_note(f"in {migration.name}; nothing of this migration was kept")
        raise
    await connection.execute(
        sql("record_migration"), migration.number, migration.name, migration.checksum
    )
    return True


async def _applied(connection: Connection) -> dict[int, Applied]:
    rows = await connection.fetch(sql("applied_migrations"))
    return {row["number"]: Applied(row["name"], row["checksum"]) for row in rows}


def _check(migrations: Sequence[Migration], applied: Mapping[int, Applied]) -> None:
    """Refuse a database that another history made: no statement of ours would be safe there."""
    latest = max(applied, default=0)
    if latest > len(migrations):
        raise ConfigurationError(
            f"This database was migrated by a newer LiveSOP (up to {applied[latest].name}); "
            f"this one knows only up to {migrations[-1].name}. Install the newer version again, "
            "or restore a backup from before the upgrade."
        )
    for migration in migrations[:latest]:
        found = applied.get(migration.number)
        if found is None:
            raise ConfigurationError(
                f"This database has {applied[latest].name} but lacks {migration.name}. "
                "Migrations are applied in order: restore a backup, or start with an empty one."
            )
        if found != Applied(migration.name, migration.checksum):
            raise ConfigurationError(
                f"Migration {migration.name} is not the file that was applied to this database "
                f"(as {found.name}). Put the released file back, and any change into a new "
                "migration with the next number."
            )
