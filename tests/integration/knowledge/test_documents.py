"""Documents: kept once, within bounds, without secrets, and gone when they are removed."""

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from livesop_bot.app import add_documents, list_documents, remove_document
from livesop_bot.db import documents as bounds
from livesop_bot.db.search import Kind
from livesop_bot.errors import DocumentRefused, PermanentError
from tests.integration.knowledge.conftest import OTHER, TEAM, Desk, Grams

TEXT = "# Rota\n\nIt changes on Mondays.\n\n## Pager\n\nWhoever is on duty carries it."


async def words(desk: Desk) -> dict[str, int]:
    """What is counted of the words of passages."""
    rows = await desk.pool.fetch("SELECT word, chunks FROM chunk_words WHERE kind = 'passage'")
    return {row["word"]: row["chunks"] for row in rows}


async def test_a_text_is_one_document_whatever_it_is_called(desk: Desk) -> None:
    add = desk.shelf.add_text
    results = await asyncio.gather(
        *(add(TEAM, TEXT, title=title, by="U1", source="a note") for title in ("One", "Two"))
    )
    assert sorted(added.is_new for added in results) == [False, True]
    assert results[0].document.id == results[1].document.id
    other = await add(OTHER, TEXT, by="U2", source="a note")
    assert other.is_new
    assert other.document.title == "Rota"
    assert [each.chunks for each in await desk.documents.list(OTHER, 5)] == [2]


async def test_words_are_counted_and_uncounted(desk: Desk) -> None:
    first = await desk.add(TEXT)
    counted = await words(desk)
    assert (counted[""], counted["rota"], counted["pager"]) == (2, 2, 1)
    second = await desk.add("Another pager.")
    assert (await words(desk))["pager"] == 2
    assert await desk.documents.remove(TEAM, first.id)
    assert await words(desk) == {"": 1, "anoth": 1, "pager": 1}
    assert await desk.documents.remove(TEAM, second.id)
    assert await words(desk) == {}


async def test_writers_of_the_same_words_do_not_wait_in_a_circle(desk: Desk) -> None:
    texts = [" ".join(sorted(TEXT.split(), key=lambda word: hash((at, word)))) for at in range(12)]
    added = await asyncio.gather(*(desk.add(f"{at}. {text}") for at, text in enumerate(texts)))
    assert (await words(desk))[""] == 12
    await asyncio.gather(*(desk.documents.remove(TEAM, each.id) for each in added))
    assert await words(desk) == {}


async def test_only_the_team_itself_sees_and_removes(desk: Desk) -> None:
    document = await desk.add(TEXT)
    assert await desk.documents.get(OTHER, document.id) is None
    assert await desk.documents.list(OTHER, 5) == []
    assert not await desk.documents.remove(OTHER, document.id)
    assert await desk.documents.get(TEAM, document.id) == document


async def test_removing_takes_chunks_and_vectors_along(desk: Desk) -> None:
    document = await desk.add(TEXT)
    await desk.embed_all(Grams())
    assert await desk.count("chunk_vectors") == 2
    await desk.documents.remove(TEAM, document.id)
    assert [await desk.count(table) for table in ("documents", "chunks", "chunk_vectors")] == [
        0
    ] * 3


async def test_there_is_room_for_so_many(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MOST_PASSAGES", 3)
    await desk.add(TEXT)
    with pytest.raises(DocumentRefused, match="no room left"):
        await desk.add("# One\n\nText.\n\n# Two\n\nText.")
    await desk.add("# One\n\nText.")
    assert await desk.documents.count(TEAM) == 2


async def test_secrets_are_not_kept(desk: Desk) -> None:
    secret = "xoxb-123456789012-123456789012-abcdefghijklmnopqrstuvwx"
    document = await desk.add(f"Token {secret}\n\nUse {secret} there.")
    kept = str(await desk.pool.fetch("SELECT title, heading, text FROM chunks, documents"))
    assert secret not in kept
    assert "masked" in document.title


@pytest.mark.parametrize("text", ["a\0b", "\ud800 lone", "\U0001f4a5", "x" * 20_000])
async def test_any_text_can_be_kept(desk: Desk, text: str) -> None:
    assert (await desk.add(text)).chunks >= 1


async def test_a_zero_vector_cannot_be_stored(desk: Desk) -> None:
    await desk.add("Text.")
    (chunk,) = await desk.vectors.unmade((await desk.documents.list(TEAM, 1))[0].id, None, "m", 5)
    with pytest.raises(asyncpg.CheckViolationError):
        await desk.vectors.store([chunk], "m", [[0.0, 0.0]])


async def test_a_model_that_changed_its_dimensions_breaks_nothing(desk: Desk) -> None:
    await desk.add("Text.")
    (chunk,) = await desk.vectors.unmade((await desk.documents.list(TEAM, 1))[0].id, None, "m", 5)
    await desk.vectors.store([chunk], "m", [[1.0, 0.0]])
    find = desk.search.by_vector
    assert await find(TEAM, Kind.PASSAGE, "m", [1.0, 0.0, 0.0], 5) == []
    assert await find(TEAM, Kind.PASSAGE, "another", [1.0, 0.0], 5) == []
    (hit,) = await find(TEAM, Kind.PASSAGE, "m", [1.0, 0.0], 5)
    assert hit.nearness == pytest.approx(1.0)


async def test_files_come_from_a_terminal_too(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "rota.md").write_text(TEXT, encoding="utf-8")
    (tmp_path / "faq.csv").write_text("q,a\nWho?,Ada\nWhen?,Now\n", encoding="utf-8")
    files: Any = [tmp_path / "rota.md", tmp_path / "faq.csv"]
    assert await add_documents(desk.documents, TEAM, files, "terminal") == [
        "1  Rota (2 passages)",
        "2  faq (2 passages)",
    ]
    assert (await list_documents(desk.documents, TEAM))[0] == "2  faq (file faq.csv, 2 passages)"
    with pytest.raises(PermanentError, match=r"known already(.|\n)*nothing.md: No such file"):
        await add_documents(desk.documents, TEAM, [files[0], tmp_path / "nothing.md"], "terminal")
    assert await remove_document(desk.documents, TEAM, 1) == ["removed 1"]
    with pytest.raises(PermanentError, match="no document 1"):
        await remove_document(desk.documents, TEAM, 1)
