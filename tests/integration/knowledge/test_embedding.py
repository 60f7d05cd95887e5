"""Vectors made in the background: failures are said and tried again, a new model makes all anew."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from pgqueuer import RetryRequested

from livesop_bot.db.jobs import EmbedJob
from livesop_bot.db.migrations import migrate
from livesop_bot.db.pool import Pool, create_pool
from livesop_bot.db.vectors import Vectors, ensure_vectors
from livesop_bot.domain.knowledge import KnowledgeState
from livesop_bot.errors import EmbedderAway, EmbedderBroken
from livesop_bot.worker.embed import MOST_ATTEMPTS
from tests.integration.knowledge.conftest import TEAM, Desk, Grams, desk_on

TEXT = "\n\n".join(f"# Part {number}\n\nText number {number}." for number in range(70))


async def queued(desk: Desk) -> list[str]:
    """The keys of the jobs that wait."""
    rows = await desk.pool.fetch("SELECT dedupe_key FROM pgqueuer ORDER BY id")
    return [row["dedupe_key"] for row in rows]


async def test_adding_queues_a_job_that_makes_all_vectors_in_portions(desk: Desk) -> None:
    document = await desk.add(TEXT)
    assert await queued(desk) == [f"embed:{document.id}"]
    grams = Grams()
    assert await desk.vectors.state(grams.model) == KnowledgeState(why_no_vectors="", waiting=1)
    await desk.embedding(grams).embed(EmbedJob(document.id), 0)
    assert await desk.count("chunk_vectors") == document.chunks == 70
    assert await desk.vectors.state(grams.model) == KnowledgeState(why_no_vectors="")
    grams.texts.clear()
    await desk.embedding(grams).embed(EmbedJob(document.id), 0)
    assert grams.texts == [], "what has a vector is left out"


async def test_two_workers_on_one_document_do_no_harm(desk: Desk) -> None:
    document = await desk.add(TEXT)
    embedding = desk.embedding(Grams())
    await asyncio.gather(*(embedding.embed(EmbedJob(document.id), 0) for _ in range(2)))
    assert await desk.count("chunk_vectors") == 70


async def test_what_is_away_is_tried_again_and_then_said(desk: Desk) -> None:
    document = await desk.add("Text.")
    grams = Grams(failure=EmbedderAway("it is away", 7.0))
    embedding = desk.embedding(grams)
    with pytest.raises(RetryRequested) as retry:
        await embedding.embed(EmbedJob(document.id), 0)
    assert retry.value.delay is not None
    assert 7 <= retry.value.delay.total_seconds() < 9
    await embedding.embed(EmbedJob(document.id), MOST_ATTEMPTS - 1)
    found = await desk.documents.get(TEAM, document.id)
    assert found is not None
    assert found.problem == "it is away"
    assert await desk.vectors.state(grams.model) == KnowledgeState(why_no_vectors="", failed=1)
    assert await desk.count("chunk_vectors") == 0
    assert await desk.retrieval(None).find_passages(TEAM, "Text?", 3), "words find it"


async def test_a_failure_is_tried_again_after_an_hour_and_forgotten_when_it_works(
    desk: Desk,
) -> None:
    document = await desk.add("Text.")
    grams = Grams(failure=EmbedderBroken("no such model"))
    embedding = desk.embedding(grams)
    await embedding.embed(EmbedJob(document.id), 0)
    await desk.pool.execute("DELETE FROM pgqueuer")
    await embedding.catch_up()
    assert await queued(desk) == []
    await desk.pool.execute(
        "UPDATE documents SET vectors_failed_at = vectors_failed_at - interval '61 minutes'"
    )
    await embedding.catch_up()
    assert await queued(desk) == [f"embed:{document.id}"]
    grams.failure = None
    await embedding.embed(EmbedJob(document.id), 0)
    found = await desk.documents.get(TEAM, document.id)
    assert found is not None
    assert found.problem is None


async def test_a_new_model_makes_all_vectors_anew(desk: Desk) -> None:
    document = await desk.add(TEXT)
    old, new = Grams(), Grams(model="grams-b")
    await desk.embed_all(old)
    await desk.pool.execute("DELETE FROM pgqueuer")
    embedding = desk.embedding(new)
    assert await desk.vectors.state(new.model) == KnowledgeState(why_no_vectors="", waiting=1)
    retrieval = desk.retrieval(new)
    assert await retrieval.find_passages(TEAM, "Part 12, text number 12", 3), "words go on"
    await embedding.catch_up()
    await embedding.catch_up()
    assert await queued(desk) == [f"embed:{document.id}"]
    await embedding.embed(EmbedJob(document.id), 0)
    models = await desk.pool.fetch("SELECT DISTINCT model FROM chunk_vectors")
    assert [row["model"] for row in models] == ["grams-b"]
    assert await desk.vectors.state(new.model) == KnowledgeState(why_no_vectors="")


async def test_a_document_removed_meanwhile_is_no_fault(desk: Desk) -> None:
    document = await desk.add("Text.")
    chunks = await desk.vectors.unmade(document.id, None, "m", 5)
    await desk.documents.remove(TEAM, document.id)
    await desk.vectors.store(chunks, "m", [[1.0, 0.0]])
    await desk.embedding(Grams()).embed(EmbedJob(document.id), 0)
    assert await desk.count("chunk_vectors") == 0


async def test_without_a_model_there_is_nothing_to_do(desk: Desk) -> None:
    document = await desk.add("Text.")
    await desk.embedding(None).embed(EmbedJob(document.id), 0)
    await desk.embedding(None).catch_up()
    state = await desk.vectors.state(None)
    assert state.why_no_vectors == "no embedding model is configured"


@pytest.fixture
async def humble(empty_database: str) -> AsyncIterator[Pool]:
    """A migrated database whose owner may not create extensions, as on most servers."""
    connection = await asyncpg.connect(empty_database)
    name = await connection.fetchval("SELECT current_database()")
    await connection.execute(f"CREATE ROLE {name}_owner LOGIN PASSWORD 'x'")
    await connection.execute(f"ALTER DATABASE {name} OWNER TO {name}_owner")
    await connection.execute(f"ALTER SCHEMA public OWNER TO {name}_owner")
    pool = await create_pool(empty_database, max_size=2)
    async with pool.acquire() as owned:
        await owned.execute(f"SET SESSION AUTHORIZATION {name}_owner")
        await migrate(owned)
        assert not await ensure_vectors(owned)
    yield pool
    pool.terminate()
    await connection.execute(f"REASSIGN OWNED BY {name}_owner TO CURRENT_USER")
    await connection.execute(f"DROP ROLE {name}_owner")
    await connection.close()


async def test_without_the_right_to_pgvector_words_are_all_and_later_vectors_come(
    humble: Pool,
) -> None:
    desk = await desk_on(humble)
    grams = Grams()
    document = await desk.add("The pager is carried by whoever is on duty.")
    await desk.embedding(grams).embed(EmbedJob(document.id), 0)
    await desk.embedding(grams).catch_up()
    assert grams.texts == []
    state = await desk.vectors.state(grams.model)
    assert state.why_no_vectors == "the database user may not run CREATE EXTENSION vector"
    assert await desk.retrieval(grams).find_passages(TEAM, "who carries the pager?", 3)

    async with humble.acquire() as superuser:
        await superuser.execute("RESET SESSION AUTHORIZATION")
        assert await ensure_vectors(superuser)
        assert await ensure_vectors(superuser), "as often as it is called"
    await desk.embedding(grams).embed(EmbedJob(document.id), 0)
    assert await Vectors(humble).state(grams.model) == KnowledgeState(why_no_vectors="")


async def test_a_server_without_pgvector_is_said_and_words_are_all(plain_database: str) -> None:
    pool = await create_pool(plain_database, max_size=2)
    async with pool.acquire() as connection:
        await migrate(connection)
        assert not await ensure_vectors(connection)
    desk, grams = await desk_on(pool), Grams()
    document = await desk.add("The pager is carried by whoever is on duty.")
    await desk.embedding(grams).embed(EmbedJob(document.id), 0)
    assert grams.texts == []
    assert await desk.vectors.state(grams.model) == KnowledgeState(
        why_no_vectors="this PostgreSQL has no pgvector"
    )
    assert await desk.retrieval(grams).find_passages(TEAM, "who carries the pager?", 3)
    await pool.close()


async def test_many_may_make_room_for_vectors_at_once(empty_database: str) -> None:
    connections = [await asyncpg.connect(empty_database) for _ in range(4)]
    await migrate(connections[0])
    assert all(await asyncio.gather(*map(ensure_vectors, connections)))
    for connection in connections:
        await connection.close()
