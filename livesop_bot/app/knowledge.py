"""Knowledge from a terminal: lines that say what was added, what there is, what would be found."""

from collections.abc import Sequence
from pathlib import Path

from livesop_bot.app.embeddings import open_embeddings
from livesop_bot.app.parts import Stores
from livesop_bot.db.documents import MOST_DOCUMENTS, Documents
from livesop_bot.db.pool import Pool
from livesop_bot.domain.knowledge import DocumentId
from livesop_bot.domain.signals import TeamId
from livesop_bot.embeddings.shared_model import SharedModel
from livesop_bot.errors import DocumentRefused, PermanentError
from livesop_bot.knowledge.pdf import PdfReader
from livesop_bot.knowledge.shelf import Shelf
from livesop_bot.metrics import Metrics
from livesop_bot.settings import Settings


async def add_documents(
    documents: Documents, team: TeamId, files: Sequence[Path], by: str
) -> list[str]:
    """Add files, each for itself. Raises PermanentError naming those that cannot be read."""
    shelf = Shelf(documents, PdfReader())
    lines, problems = [], []
    for path in files:
        try:
            added = await shelf.add_file(
                team, path.name, path.read_bytes(), by=by, source=f"file {path.name}"
            )
        except (DocumentRefused, OSError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            problems.append(f"{path}: {why}")
            continue
        document = added.document
        what = f"{document.chunks} passages" if added.is_new else "known already"
        lines.append(f"{document.id}  {document.title} ({what})")
    if problems:
        raise PermanentError("\n".join([*lines, *problems]))
    return lines


async def list_documents(documents: Documents, team: TeamId) -> list[str]:
    """Give a line a document, newest first."""
    found = await documents.list(team, MOST_DOCUMENTS)
    return [
        f"{each.id}  {each.title} ({each.source}, {each.chunks} passages)"
        + (f"  no vectors: {each.problem}" if each.problem else "")
        for each in found
    ] or ["There is no knowledge yet."]


async def remove_document(documents: Documents, team: TeamId, number: int) -> list[str]:
    """Remove a document. Raises PermanentError where there is none."""
    if not await documents.remove(team, DocumentId(number)):
        raise PermanentError(f"There is no document {number}; `livesop knowledge list` shows them.")
    return [f"removed {number}"]


async def search_knowledge(settings: Settings, pool: Pool, team: TeamId, text: str) -> list[str]:
    """Give what an evaluator would get for a message of that text."""
    async with open_embeddings(settings, SharedModel(), pool, Metrics()) as embeddings:
        retrieval = Stores.on(pool, settings).retrieval(embeddings)
        found = await retrieval.find_passages(team, text, 5)
    lines = [f"{each.title} ({each.source})\n    {' '.join(each.text.split())}" for each in found]
    return lines or ["Nothing is near to that."]
