"""`livesop knowledge`: documents that evaluators may cite."""

from pathlib import Path
from typing import Annotated

import typer

from livesop_bot import app
from livesop_bot.cli.command import AUTHOR, LARGEST, PLAIN, Team, settings_for_people, told
from livesop_bot.db.documents import Documents

commands = typer.Typer(help="Documents that evaluators may cite.", **PLAIN)


@commands.command("add")
def knowledge_add(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Markdown, text, CSV, PDF.")],
    team: Team = "",
) -> None:
    """Add files; a running LiveSOP makes their vectors."""
    settings = settings_for_people()
    told(settings, team, lambda pool, id_: app.add_documents(Documents(pool), id_, files, AUTHOR))


@commands.command("list")
def knowledge_list(team: Team = "") -> None:
    """List the documents with their numbers."""
    settings = settings_for_people()
    told(settings, team, lambda pool, id_: app.list_documents(Documents(pool), id_))


@commands.command("remove")
def knowledge_remove(
    number: Annotated[int, typer.Argument(min=1, max=LARGEST, metavar="NUMBER")], team: Team = ""
) -> None:
    """Remove a document with all that was made of it."""
    settings = settings_for_people()
    told(settings, team, lambda pool, id_: app.remove_document(Documents(pool), id_, number))


@commands.command("search")
def knowledge_search(
    words: Annotated[list[str], typer.Argument(metavar="WORD")], team: Team = ""
) -> None:
    """Show what an evaluator would get for a message of these words."""
    settings = settings_for_people()
    text = " ".join(words)
    told(settings, team, lambda pool, id_: app.search_knowledge(settings, pool, id_, text))
