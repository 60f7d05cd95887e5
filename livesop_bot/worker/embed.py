"""Embedding: the vectors of documents and past cases, made in the background."""

import asyncio
from time import monotonic

import structlog

from livesop_bot.db.cases import Cases
from livesop_bot.db.jobs import EmbedJob, RememberJob
from livesop_bot.db.vectors import Vectors
from livesop_bot.domain.knowledge import DocumentId
from livesop_bot.domain.signals import SignalId
from livesop_bot.errors import EmbedderAway, EmbedderBroken
from livesop_bot.knowledge.embeddings import Embeddings
from livesop_bot.masking import mask_secrets
from livesop_bot.worker.faults import later, patiently

log = structlog.get_logger()

MOST_ATTEMPTS = 8
"""Tries while the embedder is away, about four minutes; then it is said, and tried each hour."""

_AT_ONCE = 32
_LIMIT = 60.0
"""Seconds that so many texts may take."""

_REST = 3600.0
"""Seconds that past cases are left alone after one failed: the next would, too."""

_CASE = 4_000
"""Characters that are kept of a message; what it is about, its beginning says."""


class Embedding:
    """Handles embed and remember jobs. Safe to run twice: what has a vector is left out."""

    def __init__(self, *, vectors: Vectors, cases: Cases, embeddings: Embeddings | None) -> None:
        self._vectors = vectors
        self._cases = cases
        self._embeddings = embeddings
        self._cases_rest_until = 0.0

    async def embed(self, job: EmbedJob, attempts: int) -> None:
        """Make a document's vectors; `attempts` counts earlier tries. Raises RetryRequested.

        What is made is kept, whatever comes after: the next try goes on from there.
        """
        try:
            if await self._make(job.document, None):
                await patiently(lambda: self._vectors.made(job.document))
        except EmbedderAway as error:
            if attempts + 1 < MOST_ATTEMPTS:
                log.warning("embedding.retried", document=job.document, error=str(error))
                raise later(attempts, str(error), error.retry_after) from error
            await self._failed(job.document, error)
        except EmbedderBroken as error:
            await self._failed(job.document, error)

    async def remember(self, job: RememberJob, attempts: int) -> None:
        """Keep a signal as a past case, and make its vector; as `embed`."""
        found = await patiently(lambda: self._cases.read(job.signal))
        if found is None or not found[1].strip():
            return
        revision, text = found
        kept = mask_secrets(text)[:_CASE]
        await patiently(lambda: self._cases.keep(job.signal, revision, kept))
        try:
            await self._make(None, job.signal)
        except EmbedderAway as error:
            if attempts + 1 < MOST_ATTEMPTS:
                raise later(attempts, str(error), error.retry_after) from error
            self._case_failed(job.signal, error)
        except EmbedderBroken as error:
            self._case_failed(job.signal, error)

    async def catch_up(self) -> None:
        """Queue what lacks vectors of the model in use: after a change of it, or a failure."""
        if self._embeddings is not None:
            cases = monotonic() >= self._cases_rest_until
            due = await self._vectors.queue_due(self._embeddings.model, cases=cases)
            if due:
                log.info("embedding.due", model=self._embeddings.model, texts=due)

    async def _make(self, document: DocumentId | None, signal: SignalId | None) -> bool:
        """Make what is missing; false where there can be no vectors."""
        embeddings, vectors = self._embeddings, self._vectors
        if embeddings is None or not await patiently(vectors.ready):
            return False
        made = 0
        while chunks := await patiently(
            lambda: vectors.unmade(document, signal, embeddings.model, _AT_ONCE)
        ):
            try:
                async with asyncio.timeout(_LIMIT):
                    texts = [chunk.text for chunk in chunks]  # of one team, as what they are of is
                    new = await patiently(lambda: embeddings.embed(chunks[0].team, texts))  # noqa: B023  awaited right here
            except TimeoutError as error:
                raise EmbedderAway(f"it took more than {_LIMIT:g} s") from error
            await patiently(lambda: vectors.store(chunks, embeddings.model, new))  # noqa: B023  awaited right here
            made += len(chunks)
        if made and document is not None:
            log.info("embedding.done", document=document, model=embeddings.model, chunks=made)
        return True

    async def _failed(self, document: DocumentId, error: Exception) -> None:
        await patiently(lambda: self._vectors.failed(document, str(error)))
        log.error("embedding.failed", document=document, error=str(error))

    def _case_failed(self, signal: SignalId, error: Exception) -> None:
        self._cases_rest_until = monotonic() + _REST
        log.warning("embedding.case_failed", signal=signal, error=str(error))
