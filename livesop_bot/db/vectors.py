"""Vectors in PostgreSQL, where it has pgvector; where it has not, that is said, and full text is
what there is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
import structlog

from livesop_bot.db.jobs import EmbedJob, Job, RememberJob, enqueue, missing
from livesop_bot.db.pool import Connection, Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.domain.knowledge import DocumentId, KnowledgeState, PassageId
from livesop_bot.domain.signals import SignalId, TeamId

log = structlog.get_logger()

_LATELY = timedelta(hours=1)
"""A document whose vectors failed is left alone for so long."""

_AT_ONCE = 500


async def ensure_vectors(connection: Connection) -> bool:
    """Make room for vectors if the server can; says whether it could. Safe to call at any time.

    No migration, for pgvector may be missing, and may be there later. Raises DatabaseAway.
    """
    with away():
        if await connection.fetchval(sql("vectors_ready")):
            return True
        if not await connection.fetchval(sql("vectors_available")):
            return False
        try:
            async with connection.transaction():
                await connection.execute(sql("lock_migrations"))
                await connection.execute(sql("create_vector_extension"))
                await connection.execute(sql("create_vectors"))
                await connection.execute(sql("store_vectors_inline"))
                await connection.execute(sql("create_vectors_index"))
        except asyncpg.InsufficientPrivilegeError as error:
            log.warning("knowledge.vectors_not_allowed", error=str(error))
            return False
        log.info("knowledge.vectors_ready")
        return True


@dataclass(frozen=True, slots=True)
class Unmade:
    """A team's chunk without a vector, and the text that stands for it."""

    id: PassageId
    team: TeamId
    text: str


class Vectors:
    """Keeps vectors, and knows which are missing. Raises DatabaseAway."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._ready = False

    async def ready(self) -> bool:
        """Say whether there can be vectors; once they can, that is not asked again."""
        if not self._ready:
            with away():
                self._ready = await self._pool.fetchval(sql("vectors_ready"))
        return self._ready

    async def unmade(
        self, document: DocumentId | None, signal: SignalId | None, model: str, limit: int
    ) -> list[Unmade]:
        """Give chunks of a document or a signal that have no vector of the model."""
        with away():
            rows = await self._pool.fetch(sql("chunks_to_embed"), document, signal, model, limit)
        return [
            Unmade(row["id"], TeamId(row["team_id"]), f"{row['heading']}\n{row['text']}".strip())
            for row in rows
        ]

    async def store(
        self, chunks: Sequence[Unmade], model: str, vectors: Sequence[Sequence[float]]
    ) -> None:
        """Store a vector for each chunk that is still there."""
        texts = [as_text(vector) for vector in vectors]
        with away():
            await self._pool.execute(
                sql("store_vectors"), [chunk.id for chunk in chunks], model, texts
            )

    async def failed(self, document: DocumentId, why: str) -> None:
        """Note why a document's vectors could not be made."""
        with away():
            await self._pool.execute(sql("set_vectors_failed"), document, why)

    async def made(self, document: DocumentId) -> None:
        """Note that a document's vectors are there."""
        with away():
            await self._pool.execute(sql("set_vectors_made"), document)

    async def queue_due(self, model: str, *, cases: bool) -> int:
        """Queue a job for what lacks vectors of the model, `cases` too; gives how many."""
        if not await self.ready():
            return 0
        with away():
            async with self._pool.acquire() as connection, connection.transaction():
                rows = await connection.fetch(sql("vectors_due"), model, _LATELY, cases, _AT_ONCE)
                jobs: list[Job] = [
                    EmbedJob(DocumentId(row["document_id"]))
                    if row["document_id"] is not None
                    else RememberJob(SignalId(row["signal_id"]))
                    for row in rows
                ]
                lost = await missing(connection, jobs)
                await enqueue(connection, lost)
        return len(lost)

    async def lacking(self, documents: Sequence[DocumentId], model: str) -> frozenset[DocumentId]:
        """Say which of these documents still need vectors of the model."""
        if not await self.ready():
            return frozenset()
        with away():
            rows = await self._pool.fetch(sql("documents_lacking"), documents, model)
        return frozenset(DocumentId(row["document_id"]) for row in rows)

    async def state(self, model: str | None) -> KnowledgeState:
        """Say how well knowledge can be found with a model; None: nothing makes vectors."""
        if model is None:
            return KnowledgeState(why_no_vectors="no embedding model is configured")
        if not await self.ready():
            with away():
                available = await self._pool.fetchval(sql("vectors_available"))
            return KnowledgeState(
                why_no_vectors="the database user may not run CREATE EXTENSION vector"
                if available
                else "this PostgreSQL has no pgvector"
            )
        with away():
            row = await self._pool.fetchrow(sql("vectors_state"), model)
        assert row is not None
        return KnowledgeState(why_no_vectors="", waiting=row["waiting"], failed=row["failed"])


def as_text(vector: Sequence[float]) -> str:
    """A vector as pgvector reads it."""
    return f"[{','.join(f'{value:.7g}' for value in vector)}]"
