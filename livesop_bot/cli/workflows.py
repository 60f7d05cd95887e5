"""`livesop workflows`: SOPs in and out as YAML documents."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from livesop_bot.cli.command import AUTHOR, PLAIN, Team, opened, settings_for_people, team_of
from livesop_bot.db.workflows import Workflows
from livesop_bot.settings import Settings
from livesop_bot.sop.exchange import export_documents, import_documents, list_workflows

commands = typer.Typer(help="Take SOPs in and out as YAML documents.", **PLAIN)

Slugs = Annotated[list[str] | None, typer.Argument(metavar="SLUG", help="Default: all.")]


@commands.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Files or folders.")],
    team: Team = "",
) -> None:
    """Publish the SOPs of YAML documents: all of them, or none."""
    asyncio.run(_import(settings_for_people(), files, team))


@commands.command("export")
def export(slugs: Slugs = None, team: Team = "") -> None:
    """Print SOPs as one YAML document."""
    asyncio.run(_export(settings_for_people(), slugs or [], team))


@commands.command("list")
def list_(team: Team = "") -> None:
    """List the SOPs with their versions."""
    asyncio.run(_list(settings_for_people(), team))


async def _import(settings: Settings, files: Sequence[Path], team: str) -> None:
    async with opened(settings) as pool:
        chosen = await team_of(pool, team)
        for line in await import_documents(Workflows(pool), chosen, files, AUTHOR):
            typer.echo(line)


async def _export(settings: Settings, slugs: Sequence[str], team: str) -> None:
    async with opened(settings) as pool:
        chosen = await team_of(pool, team)
        typer.echo((await export_documents(Workflows(pool), chosen, slugs)).rstrip())


async def _list(settings: Settings, team: str) -> None:
    async with opened(settings) as pool:
        for line in await list_workflows(Workflows(pool), await team_of(pool, team)):
            typer.echo(line)
