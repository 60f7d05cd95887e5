"""Queries: every SQL statement has a name and lives in `sql/queries`, so that it can be tested.

A file there is a row of blocks: a line `-- name: insert_signals`, a comment line that says what
the statement is for and its parameters ($1 …), then the statement, up to the next name.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from livesop_bot.errors import ConfigurationError

_NAME = re.compile(r"^-- name: (?P<name>[a-z][a-z0-9_]*)[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Query:
    """One named block: `purpose` is its comment line, `text` the statement."""

    name: str
    purpose: str
    text: str


def sql(name: str) -> str:
    """Give the statement of that name; raises KeyError naming those that exist."""
    known = queries()
    try:
        return known[name].text
    except KeyError:
        raise KeyError(f"no query {name!r} in sql/queries; there are: {', '.join(known)}") from None


@cache
def queries() -> Mapping[str, Query]:
    """Read all blocks, once per process, sorted by name. Raises as load()."""
    return load(sql_folder() / "queries")


def load(folder: Path) -> dict[str, Query]:
    """Read a folder's blocks, sorted by name.

    Raises ValueError where a block has no purpose, no statement, or the name of another.
    """
    found: dict[str, Query] = {}
    for path in sorted(folder.glob("*.sql")):
        for query in parse(path.read_text(encoding="utf-8"), path.name):
            if query.name in found:
                raise ValueError(f"{path.name}: a second query named {query.name}")
            found[query.name] = query
    return dict(sorted(found.items()))


def parse(text: str, origin: str) -> Iterator[Query]:
    """Take a file's text apart; `origin` is its name, for error messages."""
    first, *parts = _NAME.split(text)
    if any(line.strip() and not line.startswith("--") for line in first.splitlines()):
        raise ValueError(f"{origin}: a statement before the first '-- name: …' line")
    for name, block in zip(parts[::2], parts[1::2], strict=True):
        purpose, _, statement = block.lstrip("\n").partition("\n")
        if not purpose.startswith("-- ") or not purpose[3:].strip():
            raise ValueError(f"{origin}: {name} needs a comment line that says what it is for")
        if not statement.strip():
            raise ValueError(f"{origin}: {name} has no statement")
        yield Query(name, purpose[3:].strip(), statement.strip())


@cache
def sql_folder() -> Path:
    """Find `sql/`: inside the package when installed from a wheel, beside it in a working tree."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "sql", package.parent / "sql"):
        if (folder / "migrations").is_dir():
            return folder
    raise ConfigurationError(
        f"The SQL files of LiveSOP are missing: neither {package / 'sql'} nor "
        f"{package.parent / 'sql'} exists. Install LiveSOP again."
    )
