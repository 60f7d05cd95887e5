"""What is found, what is not, and for whom."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from livesop_bot.db.queries import sql
from livesop_bot.domain.knowledge import Passage
from livesop_bot.domain.signals import Signal, TeamId
from livesop_bot.errors import DatabaseAway, EmbedderAway
from livesop_bot.evaluation.evaluator import Library
from livesop_bot.knowledge.retrieval import Retrieval
from tests.integration.knowledge.conftest import OTHER, TEAM, Desk, Grams, questions
from tests.signals import a_stored_signal

NOW = datetime.now(UTC)


def asked(text: str, team: TeamId = TEAM) -> Signal:
    """A message that was just written."""
    return a_stored_signal(text, team=team, occurred_at=NOW)


async def recall(desk: Desk, retrieval: Retrieval) -> tuple[float, float]:
    """The share of questions whose document is among the first three, and of messages that are
    about no document for which nothing is found."""
    titles = {
        row["id"]: row["source"]
        for row in await desk.pool.fetch(
            "SELECT c.id, d.source FROM chunks AS c JOIN documents AS d ON d.id = c.document_id"
        )
    }
    found, silent = [], []
    for expected, text in questions():
        passages = await retrieval.find_passages(TEAM, text, 3)
        if expected == "-":
            silent.append(not passages)
        else:
            found.append(f"{expected}.md" in {titles[passage.id] for passage in passages})
    return sum(found) / len(found), sum(silent) / len(silent)


async def test_full_text_alone_finds_most_and_stays_silent_elsewhere(library: Desk) -> None:
    found, silent = await recall(library, library.retrieval(None))
    assert found >= 0.82
    assert silent >= 0.9


async def test_words_and_vectors_together_find_more(library: Desk) -> None:
    grams = Grams()
    await library.embed_all(grams)
    found, silent = await recall(library, library.retrieval(grams))
    assert found >= 0.9
    assert silent >= 0.8


async def test_retrieval_is_what_evaluators_take_as_their_library(library: Desk) -> None:
    retrieval: Library = library.retrieval(None)
    first, *_ = await retrieval.passages(asked("Hotel in Zurich: what may it cost a night?"))
    assert isinstance(first, Passage)
    assert (first.title, first.source) == ("Business trips and expenses › Hotels", "travel.md")
    assert first.text == "Up to 140 euros a night, 200 in London, Paris and Zurich."


async def test_a_team_finds_its_own_and_nothing_else(desk: Desk) -> None:
    grams = Grams()
    await desk.add("The vault code is kept by Ada in the red folder.", team=OTHER)
    await desk.embed_all(grams)
    for embeddings in (None, grams):
        retrieval = desk.retrieval(embeddings)
        assert await retrieval.passages(asked("who keeps the vault code?")) == []
        (found,) = await retrieval.passages(asked("who keeps the vault code?", OTHER))
        assert "red folder" in found.text
        assert await desk.search.passages(TEAM, [found.id]) == []
    hits = await desk.search.by_vector(TEAM, "passage", grams.model, [1.0] * 512, 5)  # type: ignore[arg-type]
    assert hits == []


@pytest.mark.parametrize(
    "text", ["", "  ", "'", "\\", "a' | b:* & !(c)", "\U0001f4a5", "x" * 50_000]
)
async def test_any_question_is_only_text(library: Desk, text: str) -> None:
    grams = Grams()
    await library.embed_all(grams)
    assert len(await library.retrieval(grams).find_passages(TEAM, text, 3)) <= 3


async def test_words_do_while_the_question_gets_no_vector(
    library: Desk, log_events: list[Any]
) -> None:
    grams = Grams()
    await library.embed_all(grams)
    grams.failure = EmbedderAway("it is away")
    (first, *_) = await library.retrieval(grams).passages(asked("lost my phone, authenticator"))
    assert first.title.endswith("Lost phone")
    assert "knowledge.question_not_embedded" in [event["event"] for event in log_events]


async def test_words_do_while_the_vector_is_late(library: Desk) -> None:
    class Never(Grams):
        async def embed(self, team: TeamId, texts: Any) -> Any:
            await asyncio.Event().wait()

    await library.embed_all(Grams())
    retrieval = library.retrieval(Never(), time_limit=1.0)
    assert await retrieval.passages(asked("lost my phone with the authenticator"))


async def test_a_database_that_is_away_is_said(library: Desk) -> None:
    grams = Grams()
    retrieval = library.retrieval(grams)
    await library.pool.close()
    with pytest.raises(DatabaseAway):
        await retrieval.passages(asked("a lost phone"))


async def test_secrets_in_a_question_do_not_leave(library: Desk) -> None:
    grams = Grams()
    secret = "xoxb-123456789012-123456789012-abcdefghijklmnopqrstuvwx"
    await library.retrieval(grams).passages(asked(f"locked account, the token is {secret}"))
    assert grams.texts
    assert not any(secret in text for text in grams.texts)


Explain = Callable[[str, list[str]], Awaitable[str]]


@pytest.fixture
async def explain(desk: Desk) -> Explain:
    """The plan of a query that was prepared for any arguments."""

    async def plan(query: str, arguments: list[str]) -> str:
        async with desk.pool.acquire() as connection:
            await connection.execute("SET plan_cache_mode = force_generic_plan")
            await connection.execute(f"PREPARE hot AS {sql(query)}")
            rows = await connection.fetch(f"EXPLAIN EXECUTE hot({', '.join(arguments)})")
            await connection.execute("DEALLOCATE hot; RESET plan_cache_mode")
        return "\n".join(row[0] for row in rows)

    return plan


@pytest.mark.parametrize(
    ("query", "arguments", "index"),
    [
        ("find_by_words", ["'T1'", "'passage'", "'a lost phone'", "20", "24"], "chunks_passages"),
        ("find_by_words", ["'T1'", "'case'", "'a lost phone'", "20", "24"], "chunks_cases"),
        ("find_by_vector", ["'T1'", "'case'", "'m'", "'[1,0]'", "20"], "chunk_vectors_of_team"),
        ("passages_by_id", ["'T1'", "ARRAY[1]"], "chunks_pkey"),
        ("cases_by_id", ["'T1'", "ARRAY[1]"], "chunks_pkey"),
        ("has_knowledge", ["'T1'", "'case'"], "chunk_words_pkey"),
        ("chunks_to_embed", ["1", "null", "'m'", "32"], "chunks_document_id_position_key"),
        ("vectors_due", ["'m'", "'1 hour'", "true", "500"], "chunk_vectors"),
        ("vectors_state", ["'m'"], "chunk_vectors"),
        ("forget_cases", ["ARRAY[1]"], "chunks_signal_id_key"),
        ("forget_messages", ["ARRAY['T1']", "ARRAY['C1:1']"], "documents_of_message"),
        ("prune_cases", ["'T1'", "5000"], "chunks_cases_by_age"),
        ("team_documents", ["'T1'", "20"], "documents"),
    ],
)
async def test_every_query_uses_an_index(
    explain: Explain, query: str, arguments: list[str], index: str
) -> None:
    plan = await explain(query, arguments)
    assert index in plan
    assert "Seq Scan" not in plan


async def test_ten_thousand_chunks_are_searched_by_their_indexes(desk: Desk) -> None:
    """The plan is that of the pool's own connections, with statistics and without."""
    draw = random.Random(7)  # noqa: S311  the same texts each time
    words = [f"word{number}" for number in range(4_000)]
    weights = [1 / (rank + 1) for rank in range(4_000)]
    texts = [" ".join(draw.choices(words, weights, k=150)) for _ in range(10_000)]
    document = await desk.add("A seed, so that there is a document.")
    await desk.pool.execute(sql("remove_document"), TEAM, document.id)
    row = await desk.pool.fetchval(
        "INSERT INTO documents (team_id, title, kind, source, added_by, content_hash) "
        "VALUES ($1, 't', 'text', 's', 'U1', repeat('a', 64)) RETURNING id",
        TEAM,
    )
    await desk.pool.execute(
        sql("insert_passages"), TEAM, row, ["t"] * len(texts), texts, timeout=60
    )
    await desk.pool.execute(
        "INSERT INTO chunk_vectors SELECT c.id, c.team_id, c.kind, 'm', "
        "ARRAY(SELECT random() + c.id * 0 FROM generate_series(1, 384))::vector FROM chunks AS c",
        timeout=60,
    )
    question = " ".join(draw.choices(words, weights, k=25))
    vector = "[" + ",".join(["0.1"] * 384) + "]"
    for query, arguments in (
        ("find_by_words", (TEAM, "passage", question, 20, 24)),
        ("find_by_vector", (TEAM, "passage", "m", vector, 20)),
    ):
        rows = await desk.pool.fetch(f"EXPLAIN {sql(query)}", *arguments)
        assert "Seq Scan" not in "\n".join(row[0] for row in rows)
        assert len(await desk.pool.fetch(sql(query), *arguments)) == 20
