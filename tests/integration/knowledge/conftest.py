"""A team's knowledge in a real PostgreSQL, with a model of vectors that lives in this process."""

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from livesop_bot.db.cases import Cases
from livesop_bot.db.documents import Documents
from livesop_bot.db.jobs import EmbedJob
from livesop_bot.db.pool import Pool
from livesop_bot.db.search import Search
from livesop_bot.db.teams import Teams
from livesop_bot.db.vectors import Vectors
from livesop_bot.domain.knowledge import Document, DocumentId
from livesop_bot.domain.signals import TeamId
from livesop_bot.knowledge.embeddings import Embeddings, Vector, checked
from livesop_bot.knowledge.pdf import PdfReader
from livesop_bot.knowledge.retrieval import Retrieval
from livesop_bot.knowledge.shelf import Shelf
from livesop_bot.worker.embed import Embedding

DATA = Path(__file__).parents[2] / "data" / "knowledge"
TEAM, OTHER = TeamId("T1"), TeamId("T2")


@dataclass
class Grams:
    """Vectors of hashed four-letter pieces: words that look alike are near each other.

    `failure` is raised in place of an answer; `texts` are those that came.
    """

    model: str = "grams-512"
    floor: float = 0.28
    failure: Exception | None = None
    problem: str = ""
    texts: list[str] = field(default_factory=list)

    async def embed(self, team: TeamId, texts: Sequence[str]) -> Sequence[Vector]:
        """Give a vector for each text."""
        self.texts += texts
        if self.failure is not None:
            raise self.failure
        return checked([self._vector(text) for text in texts], len(texts))

    def _vector(self, text: str) -> Vector:
        vector = [0.0] * 512
        for word in text.lower().split():
            padded = f"<{word.strip('.,:;?!|#')}>"
            for at in range(max(len(padded) - 3, 1)):
                vector[zlib.crc32(padded[at : at + 4].encode()) % 512] += 1.0
        return [math.sqrt(value) for value in vector]


@dataclass(frozen=True, slots=True)
class Desk:
    """What takes documents in and finds them, on the test's database."""

    pool: Pool
    documents: Documents
    cases: Cases
    search: Search
    vectors: Vectors
    shelf: Shelf

    def embedding(self, embeddings: Embeddings | None) -> Embedding:
        """What makes vectors in the background."""
        return Embedding(vectors=self.vectors, cases=self.cases, embeddings=embeddings)

    def retrieval(self, embeddings: Embeddings | None, time_limit: float = 5.0) -> Retrieval:
        """What finds passages."""
        return Retrieval(self.search, self.vectors, embeddings, time_limit=time_limit)

    async def add(self, text: str, title: str = "", team: TeamId = TEAM) -> Document:
        """Add a text; gives the document."""
        return (
            await self.shelf.add_text(team, text, title=title, by="U1", source="a test")
        ).document

    async def embed_all(self, embeddings: Embeddings) -> None:
        """Do what the queue would."""
        for row in await self.pool.fetch("SELECT id FROM documents ORDER BY id"):
            await self.embedding(embeddings).embed(EmbedJob(DocumentId(row["id"])), 0)

    async def count(self, table: str) -> int:
        """Rows of a table."""
        return int(await self.pool.fetchval(f"SELECT count(*) FROM {table}"))


async def desk_on(pool: Pool) -> Desk:
    """Two teams, without knowledge yet."""
    for team in (TEAM, OTHER):
        await Teams(pool).ensure(team, "Acme")
    documents = Documents(pool)
    return Desk(
        pool, documents, Cases(pool), Search(pool), Vectors(pool), Shelf(documents, PdfReader())
    )


@pytest.fixture
async def desk(pool: Pool) -> Desk:
    """The test's own database."""
    return await desk_on(pool)


@pytest.fixture
async def library(desk: Desk) -> Desk:
    """The twelve documents of tests/data/knowledge, without vectors yet."""
    for path in sorted(DATA.glob("*.md")):
        if path.stem != "README":
            await desk.shelf.add_file(TEAM, path.name, path.read_bytes(), by="U1", source=path.name)
    return desk


def questions() -> list[tuple[str, str]]:
    """Expected document (`-`: none) and message."""
    lines = (DATA / "questions.tsv").read_text(encoding="utf-8").splitlines()
    return [(line.split("\t")[0], line.split("\t")[1]) for line in lines]
