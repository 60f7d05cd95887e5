"""What commands for people share: quiet settings, the database, the team that they are about."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any

import typer

from livesop_bot import app
from livesop_bot.db.pool import Pool
from livesop_bot.db.teams import Teams
from livesop_bot.domain.signals import TeamId
from livesop_bot.errors import PermanentError
from livesop_bot.logs import configure_logging
from livesop_bot.settings import Settings, load_settings

AUTHOR = "command-line"
"""Who imports and replays from here; no Slack user has this id."""

LARGEST = 2**63 - 1
"""The largest number that PostgreSQL takes: of a row, or of how many."""

# Plain help reads the same in a terminal, a log and a mail.
PLAIN: dict[str, Any] = {"rich_markup_mode": None, "no_args_is_help": True}

Team = Annotated[
    str, typer.Option(metavar="ID", help="Slack's team id. Default: the only team there is.")
]


def settings_for_people() -> Settings:
    """The settings for a command whose output is for people: logs only from warnings upwards."""
    settings = load_settings()
    configure_logging(settings, least="warning")
    return settings


def told(
    settings: Settings, team: str, work: Callable[[Pool, TeamId], Awaitable[Sequence[str]]]
) -> None:
    """Do work for the team asked for, and print its lines."""

    async def tell() -> None:
        async with opened(settings) as pool:
            for line in await work(pool, await team_of(pool, team)):
                typer.echo(line)

    asyncio.run(tell())


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Pool]:
    async with app.database(settings) as dsn, app.open_pool(dsn, max_size=2) as pool:
        yield pool


async def team_of(pool: Pool, wanted: str) -> TeamId:
    """The team asked for, or the only one; raises PermanentError listing those there are."""
    known = await Teams(pool).known()
    if not known:
        raise PermanentError(
            "No team is known yet: start `livesop run` once, so that it meets one."
        )
    if wanted in known:
        return TeamId(wanted)
    if not wanted and len(known) == 1:
        return next(iter(known))
    there = ", ".join(f"{team} ({name})" for team, name in known.items())
    problem = f"There is no team {wanted}" if wanted else "There are several teams"
    raise PermanentError(f"{problem}; choose with --team: {there}")
