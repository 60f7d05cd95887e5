"""Embeddings: the seam to whatever turns texts into vectors."""

import asyncio
import math
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from livesop_bot.domain.signals import TeamId
from livesop_bot.errors import EmbedderBroken

Vector = Sequence[float]


class Embeddings(Protocol):
    """Makes vectors on the event loop: awaits what is slow, and never blocks.

    `model` is what vectors are told apart by; those of two models are never compared. `floor`:
    from which cosine similarity on this model's texts have to do with each other. `problem`: why
    some get no vectors at the moment; empty where they do. Raises EmbedderAway where another try
    may help, EmbedderBroken where it will not, DatabaseAway from where it is counted.
    """

    model: str
    floor: float

    @property
    def problem(self) -> str:
        """Why some get no vectors at the moment."""
        ...

    async def embed(self, team: TeamId, texts: Sequence[str]) -> Sequence[Vector]:
        """Give a vector of length 1 for each of a team's texts, in order."""
        ...


class ClosableEmbeddings(Embeddings, Protocol):
    """Embeddings that hold a thread, or connections."""

    async def close(self) -> None:
        """Let go of them."""
        ...


class BlockingEmbedder(Protocol):
    """A model in this process; its rows are arrays or lists of numbers."""

    model: str

    def embed(self, texts: Sequence[str]) -> Iterable[Iterable[float]]:
        """Give a vector for each text, in order."""
        ...


class InThread:
    """Makes a blocking embedder awaitable: one thread, a few texts at a time.

    Few, so that the question of a message waits behind at most one such part of a document.
    """

    problem = ""

    def __init__(self, embedder: BlockingEmbedder, *, floor: float, at_once: int = 8) -> None:
        self.model = embedder.model
        self.floor = floor
        self._embedder = embedder
        self._at_once = at_once
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="embedder")

    async def embed(self, team: TeamId, texts: Sequence[str]) -> Sequence[Vector]:
        """Give a vector of length 1 for each text, in order; it costs no team anything."""
        loop = asyncio.get_running_loop()
        vectors: list[Vector] = []
        for at in range(0, len(texts), self._at_once):
            part = texts[at : at + self._at_once]
            vectors += await loop.run_in_executor(self._thread, self._embed, part)
        return vectors

    async def close(self) -> None:
        """Let the thread end once it is done."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _embed(self, texts: Sequence[str]) -> list[Vector]:
        rows = self._embedder.embed(texts)
        return checked([[float(value) for value in row] for row in rows], len(texts))


def checked(vectors: Sequence[Vector], wanted: int) -> list[Vector]:
    """Give the vectors at length 1. Raises EmbedderBroken unless there is a usable one a text."""
    if len(vectors) != wanted:
        raise EmbedderBroken(f"{len(vectors)} vectors came for {wanted} texts")
    if len({len(vector) for vector in vectors}) > 1:
        raise EmbedderBroken("vectors of different dimensions came")
    return [_normalised(vector) for vector in vectors]


def _normalised(vector: Vector) -> Vector:
    length = math.hypot(*vector)
    if not 0 < length < math.inf:  # not a number is neither
        raise EmbedderBroken("a vector came that is zero or not finite")
    return [value / length for value in vector]
