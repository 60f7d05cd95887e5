"""`livesop audit`: who did what, and that nobody changed it afterwards."""

import asyncio
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from livesop_bot.cli.command import LARGEST, PLAIN, Team, opened, settings_for_people, team_of
from livesop_bot.db.audit import Audit
from livesop_bot.domain.audit import AuditHead
from livesop_bot.errors import PermanentError
from livesop_bot.ops.audit import AuditCsv, audit_line, verified_line
from livesop_bot.settings import Settings

commands = typer.Typer(help="Show, export and verify who did what.", **PLAIN)

Since = Annotated[datetime | None, typer.Option(help="From this time, UTC. Default: the first.")]
Until = Annotated[
    datetime | None, typer.Option(help="Until before this time, UTC. Default: the last.")
]


@commands.command("verify")
def verify(
    team: Annotated[str, typer.Option(metavar="ID", help="Default: every team.")] = "",
    head: Annotated[
        str, typer.Option(metavar="NUMBER:HASH", help="A head of the team that was kept elsewhere.")
    ] = "",
) -> None:
    """Check that no row was changed or taken out."""
    if not asyncio.run(_verify(settings_for_people(), team, head)):
        raise typer.Exit(1)


@commands.command("list")
def list_audit(
    last: Annotated[int, typer.Option(min=1, max=LARGEST, metavar="N", help="How many.")] = 20,
    team: Team = "",
) -> None:
    """List the last rows, the newest at the end."""
    asyncio.run(_list_audit(settings_for_people(), last, team))


@commands.command("export")
def export_audit(since: Since = None, until: Until = None, team: Team = "") -> None:
    """Print the rows as CSV."""
    asyncio.run(_export_audit(settings_for_people(), team, since, until))


async def _verify(settings: Settings, team: str, head: str) -> bool:
    kept = _head(head) if head else None
    async with opened(settings) as pool:
        audit_log = Audit(pool)
        teams = (await team_of(pool, team),) if team or kept else await audit_log.teams()
        found = [await audit_log.verify(each, kept) for each in teams]
    for verified in found:
        typer.echo(verified_line(verified))
    return all(verified.fault is None for verified in found)


def _head(text: str) -> AuditHead:
    try:
        return AuditHead.parse(text)
    except ValueError as error:
        raise PermanentError("--head: expected what `verify` prints, such as 7:9f86…") from error


async def _list_audit(settings: Settings, last: int, team: str) -> None:
    async with opened(settings) as pool:
        for row in await Audit(pool).last(await team_of(pool, team), last):
            typer.echo(audit_line(row))


async def _export_audit(
    settings: Settings, team: str, since: datetime | None, until: datetime | None
) -> None:
    async with opened(settings) as pool:
        chosen = await team_of(pool, team)
        table = AuditCsv(sys.stdout)
        async for row in Audit(pool).rows(chosen, _utc(since), _utc(until)):
            table.write(row)


def _utc(time: datetime | None) -> datetime | None:
    return None if time is None else time.replace(tzinfo=UTC)
