"""Documents of knowledge in PostgreSQL, each with its chunks. Every call is within one team."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from livesop_bot.db.jobs import EmbedJob, enqueue
from livesop_bot.db.pool import Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.domain.knowledge import Document, DocumentId, DocumentKind, NewDocument
from livesop_bot.domain.signals import TeamId
from livesop_bot.errors import DocumentRefused

MOST_DOCUMENTS = 2_000
MOST_PASSAGES = 20_000
"""Of one team. A search looks at the vector of each, so that it misses none: see docs."""


@dataclass(frozen=True, slots=True)
class Added:
    """A document as it stands; `is_new` is false where the team had its text already."""

    document: Document
    is_new: bool


class Documents:
    """Adds, lists and removes. Raises DatabaseAway."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, new: NewDocument) -> Added:
        """Store a document with its chunks, and a job to make their vectors, in one transaction.

        Raises DocumentRefused where the team has no room for it.
        """
        with away():
            async with self._pool.acquire() as connection, connection.transaction():
                size = await connection.fetchrow(sql("knowledge_size"), new.team)
                assert size is not None
                if (
                    size["documents"] >= MOST_DOCUMENTS
                    or size["passages"] + len(new.chunks) > MOST_PASSAGES
                ):
                    raise DocumentRefused(
                        f"There is no room left: a team can have {MOST_DOCUMENTS:,} documents and "
                        f"{MOST_PASSAGES:,} passages. Please remove something first."
                    )
                document = await connection.fetchval(
                    sql("insert_document"),
                    new.team,
                    new.title,
                    new.kind,
                    new.source,
                    new.link,
                    new.message,
                    new.added_by,
                    new.content_hash,
                )
                if document is not None:
                    await connection.execute(
                        sql("insert_passages"),
                        new.team,
                        document,
                        [chunk.heading for chunk in new.chunks],
                        [chunk.text for chunk in new.chunks],
                    )
                    await enqueue(connection, [EmbedJob(DocumentId(document))])
                row = await connection.fetchrow(
                    sql("document_with_text"), new.team, new.content_hash
                )
        assert row is not None
        return Added(_document(row), document is not None)

    async def get(self, team: TeamId, document: DocumentId) -> Document | None:
        """Give a document; None: the team has none of that id."""
        with away():
            row = await self._pool.fetchrow(sql("document_by_id"), team, document)
        return None if row is None else _document(row)

    async def list(self, team: TeamId, limit: int) -> Sequence[Document]:
        """Give a team's documents, newest first."""
        with away():
            rows = await self._pool.fetch(sql("team_documents"), team, limit)
        return [_document(row) for row in rows]

    async def count(self, team: TeamId) -> int:
        """Say how many documents a team has."""
        with away():
            size = await self._pool.fetchrow(sql("knowledge_size"), team)
        assert size is not None
        return int(size["documents"])

    async def remove(self, team: TeamId, document: DocumentId) -> bool:
        """Remove a document with all that was made of it; false: there was none."""
        with away():
            return await self._pool.fetchval(sql("remove_document"), team, document) is not None


def _document(row: asyncpg.Record) -> Document:
    return Document(
        id=DocumentId(row["id"]),
        title=row["title"],
        kind=DocumentKind(row["kind"]),
        source=row["source"],
        link=row["link"],
        added_by=row["added_by"],
        created_at=row["created_at"],
        chunks=row["chunks"],
        problem=row["vectors_error"],
    )
