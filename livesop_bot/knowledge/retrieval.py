"""Retrieval: what may help to judge a message, found by words and by meaning together."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

import structlog
from cachetools import TTLCache

from livesop_bot.db.search import Kind, PlacedCase, Search
from livesop_bot.db.vectors import Vectors
from livesop_bot.domain.knowledge import DocumentId, Passage, PassageId, PastCase
from livesop_bot.domain.signals import Signal, TeamId
from livesop_bot.errors import EmbedderAway, EmbedderBroken
from livesop_bot.knowledge.embeddings import Embeddings, Vector
from livesop_bot.knowledge.fusion import fuse
from livesop_bot.masking import mask_secrets

log = structlog.get_logger()

Result = TypeVar("Result")

PASSAGES, CASES = 4, 3
"""How many go to an evaluator."""

_CANDIDATES = 20
_LONGEST = 2_000
"""Characters of a question; what a long message is about, its beginning says."""

_WORDS_FLOOR = 0.22
"""Least share of what a question's words say that a chunk must have to be found by words."""


class Retrieval:
    """Finds passages and past cases of one team.

    A lookup takes `time_limit` seconds at most, and then gives what it has: words alone where
    vectors are late or cannot be made, nothing where PostgreSQL hangs. Raises DatabaseAway.
    """

    def __init__(
        self,
        search: Search,
        vectors: Vectors,
        embeddings: Embeddings | None,
        *,
        time_limit: float = 3.0,
    ) -> None:
        self._search = search
        self._vectors = vectors
        self._embeddings = embeddings
        self._time_limit = time_limit
        # Passages and cases of a message are asked for one after the other: one vector does.
        self._questions: TTLCache[tuple[TeamId, str], asyncio.Task[Vector]] = TTLCache(
            maxsize=256, ttl=60
        )
        self._late: set[asyncio.Task[Any]] = set()

    async def passages(self, signal: Signal) -> Sequence[Passage]:
        """Give the few passages that are nearest to a signal, best first."""
        return await self.find_passages(signal.team, signal.text, PASSAGES)

    async def cases(self, signal: Signal) -> Sequence[PastCase]:
        """Give the few earlier signals that are most like it, best first; never itself.

        Direct messages are like nothing but what was written in the same conversation.
        """
        found = await self.find_cases(signal.team, signal.text, _CANDIDATES)
        return [
            placed.case
            for placed in found
            if placed.case.signal != signal.id
            and (placed.channel == signal.channel or not placed.channel.startswith("D"))
        ][:CASES]

    async def find_passages(self, team: TeamId, text: str, limit: int) -> list[Passage]:
        """Give the passages that are nearest to a text, best first."""

        async def find() -> list[Passage]:
            ids = await self._find(team, Kind.PASSAGE, text, limit)
            return await self._search.passages(team, ids) if ids else []

        return await self._in_time(find()) or []

    async def find_cases(self, team: TeamId, text: str, limit: int) -> list[PlacedCase]:
        """Give the past cases that are most like a text, best first, each with its channel."""

        async def find() -> list[PlacedCase]:
            ids = await self._find(team, Kind.CASE, text, limit)
            return await self._search.cases(team, ids) if ids else []

        return await self._in_time(find()) or []

    async def lacking(self, documents: Sequence[DocumentId]) -> frozenset[DocumentId]:
        """Say which documents cannot be found by their meaning yet, but will be."""
        if self._embeddings is None or not documents:
            return frozenset()
        return await self._vectors.lacking(documents, self._embeddings.model)

    @property
    def by_meaning(self) -> bool:
        """Whether documents are found by their meaning at all, once they have vectors."""
        return self._embeddings is not None

    async def _find(self, team: TeamId, kind: Kind, text: str, limit: int) -> list[PassageId]:
        question = mask_secrets(text)[:_LONGEST].strip()
        if not question or not await self._search.has_any(team, kind):
            return []
        words, meaning = await asyncio.gather(
            self._search.by_words(team, kind, question, _CANDIDATES),
            self._by_meaning(team, kind, question),
        )
        near = [hit.id for hit in words if hit.nearness >= _WORDS_FLOOR]
        return fuse([near, meaning], limit)

    async def _by_meaning(self, team: TeamId, kind: Kind, question: str) -> list[PassageId]:
        embeddings = self._embeddings
        if embeddings is None or not await self._vectors.ready():
            return []
        try:
            vector = await self._vector(embeddings, team, question)
        except (EmbedderAway, EmbedderBroken, TimeoutError) as error:
            why = str(error) or "time is up"
            log.warning("knowledge.question_not_embedded", model=embeddings.model, error=why)
            return []
        hits = await self._search.by_vector(team, kind, embeddings.model, vector, _CANDIDATES)
        return [hit.id for hit in hits if hit.nearness >= embeddings.floor]

    async def _vector(self, embeddings: Embeddings, team: TeamId, question: str) -> Vector:
        """The question's vector; two thirds of the time are its, so that words can be searched."""
        task = self._questions.get((team, question))
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = asyncio.create_task(_one(embeddings, team, question))
            self._questions[team, question] = task
        return await asyncio.wait_for(asyncio.shield(task), self._time_limit * 2 / 3)

    async def _in_time(self, work: Coroutine[Any, Any, Result]) -> Result | None:
        """Do database work; None when time is up. A server that hangs is not waited for."""
        task = asyncio.create_task(work)
        try:
            await asyncio.wait({task}, timeout=self._time_limit)
        finally:
            if not task.done():
                task.cancel()
                self._late.add(task)
                task.add_done_callback(self._forget)
        if not task.done():
            log.warning("knowledge.lookup_late", seconds=self._time_limit)
            return None
        return task.result()

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._late.discard(task)
        if not task.cancelled():
            task.exception()  # read it, or asyncio complains that nobody did


async def _one(embeddings: Embeddings, team: TeamId, question: str) -> Vector:
    (vector,) = await embeddings.embed(team, [question])
    return vector
