"""App Home, Knowledge: listed, searched, added, edited and deleted by those who may."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from livesop_bot.db.documents import Documents
from livesop_bot.db.pool import Pool
from livesop_bot.domain.signals import TeamId
from livesop_bot.knowledge.pdf import PdfReader
from livesop_bot.knowledge.shelf import Shelf
from livesop_bot.sandbox.demo import ADA, GRACE, LINUS

TEAM = TeamId("T0SANDBOX")
LONG = "\n\n".join(f"Paragraph {number}: {'words ' * 60}" for number in range(20))


class Visitor:
    """Somebody in the tab, and in the modals that it opens."""

    def __init__(self, desk: Any, user: str) -> None:
        self._slack, self.user = desk.slack, user
        self._views = desk.slack.workspace.views

    @property
    def home(self) -> dict[str, Any]:
        """The tab."""
        found: dict[str, Any] = self._views.homes[self.user]
        return found

    @property
    def modal(self) -> dict[str, Any]:
        """The uppermost modal."""
        found: dict[str, Any] = (self._views.stacks.get(self.user) or [{}])[-1]
        return found

    async def until(self, *wanted: str, where: str = "home") -> str:
        """Wait until the tab, or the modal, says all of it."""

        def text() -> str:
            shown = self._views.homes.get(self.user) if where == "home" else self.modal
            return json.dumps(shown, ensure_ascii=False)

        def holds() -> bool:
            return all(part in text() for part in wanted)

        if not holds():
            await self._slack.workspace.wait_for_change(lambda _: holds(), timeout=10)
        return text()

    async def open(self) -> None:
        """Open Home, and go to the tab."""
        self._slack.workspace.open_home(self.user)
        await self.until("home_tab:2")
        await self.press("home_tab:2", value="knowledge")
        await self.until("Add a text")

    async def press(self, action_id: str, **more: Any) -> None:
        """Press something in the tab."""
        action = {"type": "button", "action_id": action_id, "block_id": "any", **more}
        where = {"type": "view", "view_id": self.home["id"]}
        await self._slack.interactions.block_action(self.user, where, action)

    async def choose(self, what: str, number: int) -> None:
        """Choose something in a document's menu."""
        option = {"value": f"{what}:{number}"}
        await self.press(f"kb_more:{number}", type="overflow", selected_option=option)

    async def submit(self, **values: str) -> None:
        """Send the form off."""
        state = {
            name: {name: {"type": "plain_text_input", "value": value}}
            for name, value in values.items()
        }
        await self._slack.interactions.submit(self.user, self.modal["id"], state)


@pytest.fixture
def visitor(desk: Any) -> Callable[[str], Visitor]:
    """Anybody."""
    return lambda user: Visitor(desk, user)


async def add(pool: Pool, title: str, text: str, by: str = GRACE) -> int:
    """Put a document on the shelf."""
    shelf = Shelf(Documents(pool), PdfReader())
    added = await shelf.add_text(TEAM, text, title=title, by=by, source="a note")
    return int(added.document.id)


async def test_an_empty_shelf_says_what_to_do(visitor: Callable[[str], Visitor]) -> None:
    grace = visitor(GRACE)
    await grace.open()
    await grace.until("There is no knowledge yet.", "Add to knowledge")


async def test_what_is_added_is_shown_at_once(
    visitor: Callable[[str], Visitor], pool: Pool
) -> None:
    grace = visitor(GRACE)
    await grace.open()
    await grace.press("kb_add")
    await grace.until("knowledge_form", where="modal")
    await grace.submit(knowledge_title="Refunds <!channel>", knowledge_text="Below 50 EUR: pay.")
    await grace.until("1 document, newest first", "*Refunds &lt;!channel&gt;*", "1 piece")
    assert await pool.fetchval("SELECT body FROM documents") == "Below 50 EUR: pay."


async def test_it_is_edited_by_who_added_it(visitor: Callable[[str], Visitor], pool: Pool) -> None:
    number = await add(pool, "Refunds", "Below 50 EUR: pay.")
    grace = visitor(GRACE)
    await grace.open()
    await grace.choose("edit", number)
    await grace.until("Below 50 EUR: pay.", "knowledge_edit", where="modal")
    await grace.submit(knowledge_title="Refund rules", knowledge_text="Below 90 EUR: pay.")
    await grace.until("was saved", where="modal")
    await grace.until("*Refund rules*")
    row = await pool.fetchrow("SELECT heading, text FROM chunks")
    assert row is not None
    assert tuple(row) == ("Refund rules", "Below 90 EUR: pay.")
    assert await pool.fetchval("SELECT count(*) FROM chunk_words WHERE word = '50'") == 0
    assert await pool.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'embed'") == 1


async def test_a_long_text_keeps_its_words_under_another_title(
    visitor: Callable[[str], Visitor], pool: Pool
) -> None:
    number = await add(pool, "Handbook", LONG)
    grace = visitor(GRACE)
    await grace.open()
    await grace.choose("edit", number)
    shown = await grace.until("longer than", where="modal")
    assert "Paragraph 3" not in shown
    before = await pool.fetch("SELECT text FROM chunks ORDER BY position")
    await grace.submit(knowledge_title="The handbook")
    await grace.until("*The handbook*")
    after = await pool.fetch("SELECT heading, text FROM chunks ORDER BY position")
    assert [row["text"] for row in after] == [row["text"] for row in before]
    assert {row["heading"] for row in after} == {"The handbook"}


async def test_a_text_that_is_there_already_is_refused(
    visitor: Callable[[str], Visitor], pool: Pool
) -> None:
    await add(pool, "One", "The same text.")
    number = await add(pool, "Two", "Another text.")
    grace = visitor(GRACE)
    await grace.open()
    await grace.choose("edit", number)
    await grace.until("knowledge_edit", where="modal")
    await grace.submit(knowledge_title="Two", knowledge_text="The same text.")
    await grace.until("Nothing was changed.", where="modal")
    assert await pool.fetchval("SELECT count(DISTINCT text) FROM chunks") == 2


async def test_only_who_added_it_and_admins_delete(
    visitor: Callable[[str], Visitor], pool: Pool
) -> None:
    number = await add(pool, "Refunds", "Below 50 EUR: pay.")
    linus, ada = visitor(LINUS), visitor(ADA)
    await linus.open()
    await linus.choose("delete", number)
    await linus.until("Only whoever added a document", where="modal")
    await ada.open()
    await ada.choose("delete", number)
    await ada.until("knowledge_remove", where="modal")
    await ada.submit()
    await ada.until("was deleted", where="modal")
    await ada.until("There is no knowledge yet.")
    await ada.choose("delete", number)
    await ada.until("there no more", where="modal")


async def test_it_is_searched_and_turned_page_by_page(
    visitor: Callable[[str], Visitor], pool: Pool
) -> None:
    for number in range(12):
        await add(pool, f"Note {number}", f"The vault has code {number}.")
    await add(pool, "Elephants", "They never forget.")
    grace = visitor(GRACE)
    await grace.open()
    await grace.until("13 documents, newest first", "*Elephants*", "Page 1 of 2")
    await grace.press("kb_page:1", value="1")
    assert "Elephants" not in await grace.until("*Note 0*", "Page 2 of 2")
    await grace.press("kb_search")
    await grace.until("knowledge_search", where="modal")
    await grace.submit(kb_search="forgets")
    assert "Note 1" not in await grace.until("1 document found by `forgets`", "*Elephants*")
    await grace.press("kb_clear")
    await grace.until("13 documents, newest first")


async def test_where_it_was_cited_is_counted_and_linked(
    visitor: Callable[[str], Visitor], pool: Pool, judged: Any
) -> None:
    number = await add(pool, "Refunds", "Below 50 EUR: pay.")
    await judged(evaluated=False)
    piece = await pool.fetchval("SELECT id FROM chunks")
    cited = json.dumps([{"id": piece, "title": "", "text": "", "source": "", "link": None}] * 2)
    for _ in range(2):
        await pool.execute(
            "INSERT INTO evaluations (team_id, signal_id, revision, cause, dry_run, reasoning, "
            "evidence, evaluator, verdict, reason, detail, latency_ms, citations) SELECT $1, id, "
            "1, 'replay', false, '', '', 'x', 'skip', 'no_match', '', 1, $2 FROM raw_signals",
            TEAM,
            cited,
        )
    grace = visitor(GRACE)
    await grace.open()
    await grace.until("cited 2 times in 30 days; last: message in <#C0BUGS0001>")
    await Documents(pool).remove(TEAM, number)  # type: ignore[arg-type]
    assert await pool.fetchval("SELECT count(*) FROM document_citations") == 0
