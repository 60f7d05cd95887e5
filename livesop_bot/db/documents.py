"""Documents of knowledge in PostgreSQL, each with its chunks. Every call is within one team."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from livesop_bot.db.jobs import EmbedJob, enqueue
from livesop_bot.db.pool import Connection, Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.domain.knowledge import (
    BODY,
    Chunk,
    Citation,
    Document,
    DocumentId,
    DocumentKind,
    NewDocument,
    Shelved,
    content_hash,
)
from livesop_bot.domain.signals import ChannelId, TeamId
from livesop_bot.errors import DocumentRefused

_LATEST = 3
"""Citations that are named."""

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
                    new.body,
                )
                if document is not None:
                    await _insert_pieces(connection, new.team, DocumentId(document), new.chunks)
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

    async def page(
        self, team: TeamId, words: str, *, skip: int, limit: int
    ) -> tuple[Sequence[Shelved], int]:
        """Give a page of those that have the words, newest first, and how many have them in all."""
        with away():
            rows = await self._pool.fetch(sql("documents_page"), team, words, skip, limit)
            ids = [row["id"] for row in rows]
            latest = await self._pool.fetch(sql("latest_citations"), team, ids, _LATEST)
        shelved = [
            Shelved(
                document=_document(row),
                cited=row["cited"],
                latest=[_citation(one) for one in latest if one["document_id"] == row["id"]],
            )
            for row in rows
        ]
        return shelved, rows[0]["found"] if rows else 0

    async def cited(self, team: TeamId, document: DocumentId) -> int:
        """Say how often a document was cited in 30 days."""
        with away():
            return int(await self._pool.fetchval(sql("count_citations"), team, document) or 0)

    async def body(self, team: TeamId, document: DocumentId) -> str | None:
        """Give a document's text; None where a form cannot take it."""
        with away():
            row = await self._pool.fetchrow(sql("document_by_id"), team, document)
        if row is None or row["body"] is not None:
            return None if row is None else str(row["body"])
        pieces = await self.pieces(team, document)
        return pieces[0].text if len(pieces) == 1 and len(pieces[0].text) <= BODY else None

    async def pieces(self, team: TeamId, document: DocumentId) -> Sequence[Chunk]:
        """Give a document's chunks, in their order."""
        with away():
            rows = await self._pool.fetch(sql("document_pieces"), team, document)
        return [Chunk(row["heading"], row["text"]) for row in rows]

    async def replace(
        self,
        team: TeamId,
        document: DocumentId,
        title: str,
        chunks: Sequence[Chunk],
        body: str | None,
    ) -> Document:
        """Put a title and chunks in the place of a document's; their vectors are made anew.

        Raises DocumentRefused where it is gone, or the team has that text already.
        """
        hashed = content_hash(chunks)
        with away():
            async with self._pool.acquire() as connection, connection.transaction():
                found = await connection.fetchval(
                    sql("update_document"), team, document, title, hashed, body
                )
                if found is None:
                    raise DocumentRefused("It was removed, or another document has this very text.")
                await connection.execute(sql("remove_pieces"), document)
                await _insert_pieces(connection, team, document, chunks)
                row = await connection.fetchrow(sql("document_by_id"), team, document)
        assert row is not None
        return _document(row)

    async def remove(self, team: TeamId, document: DocumentId) -> bool:
        """Remove a document with all that was made of it; false: there was none."""
        with away():
            return await self._pool.fetchval(sql("remove_document"), team, document) is not None


async def _insert_pieces(
    connection: Connection, team: TeamId, document: DocumentId, chunks: Sequence[Chunk]
) -> None:
    await connection.execute(
        sql("insert_passages"),
        team,
        document,
        [chunk.heading for chunk in chunks],
        [chunk.text for chunk in chunks],
    )
    await enqueue(connection, [EmbedJob(document)])


def _citation(row: asyncpg.Record) -> Citation:
    return Citation(
        at=row["cited_at"], channel=ChannelId(row["channel_id"]), permalink=row["permalink"]
    )


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
