"""`/livesop verdict` typed in a workspace: what is said of a message is kept, and told back."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import pytest

from livesop_bot.db.pool import Pool
from livesop_bot.sandbox.demo import BUGS, GRACE
from tests.conftest import Outage
from tests.integration.slack.listeners.conftest import Desk

LINK = f"https://acme.slack.com/archives/{BUGS}/p1700000000000100"


Judged = Callable[..., Awaitable[str]]


async def kept(pool: Pool) -> list[tuple[str | None, bool, int, int | None, str]]:
    """The verdicts that count: slug, whether it fits, revision, evaluation, by whom."""
    rows = await pool.fetch(
        "SELECT w.slug, v.fits, v.revision, v.evaluation_id, v.given_by FROM verdicts AS v "
        "LEFT JOIN workflows AS w ON w.id = v.workflow_id WHERE replaced_at IS NULL ORDER BY v.id"
    )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize(
    ("word", "said", "slug", "fits"),
    [
        ("right", "*Bug report* fits this message.", "bug-report", True),
        ("WRONG", "*Bug report* does not fit this message.", "bug-report", False),
        ("none", "No SOP fits this message.", None, False),
        ("Bug-Report", "*Bug report* fits this message.", "bug-report", True),
    ],
)
async def test_a_word_on_a_message_is_kept_with_the_name_of_who_said_it(
    desk: Desk,
    judged: Judged,
    pool: Pool,
    log_events: list[MutableMapping[str, Any]],
    word: str,
    said: str,
    slug: str | None,
    fits: bool,
) -> None:
    answer = await desk.type(GRACE, f"/livesop verdict {await judged()} {word}")
    assert answer.startswith(f"Kept, with your name: {said}\nLiveSOP judges messages")
    evaluation = await pool.fetchval("SELECT id FROM evaluations")
    assert await kept(pool) == [(slug, fits, 1, evaluation, GRACE)]
    assert [e["by"] for e in log_events if e["event"] == "verdict.kept"] == [GRACE]


async def test_saying_otherwise_takes_the_place_of_what_was_said(
    desk: Desk, judged: Judged, pool: Pool
) -> None:
    link = await judged()
    await desk.type(GRACE, f"/livesop verdict {link} right")
    await desk.type(GRACE, f"/livesop verdict {link} none")
    assert [(slug, fits) for slug, fits, *_ in await kept(pool)] == [(None, False)]


@pytest.mark.parametrize(
    ("word", "said", "fits"),
    [
        ("right", "No SOP fits this message.", False),
        ("wrong", "Some SOP fits this message.\nTo teach LiveSOP which one", True),
    ],
)
async def test_right_and_wrong_of_a_message_that_nothing_was_proposed_for(
    desk: Desk, judged: Judged, pool: Pool, word: str, said: str, fits: bool
) -> None:
    link = await judged()
    await pool.execute("UPDATE evaluations SET verdict = 'skip', reason = 'low_confidence'")
    assert said in await desk.type(GRACE, f"/livesop verdict {link} {word}")
    assert [(slug, fit) for slug, fit, *_ in await kept(pool)] == [(None, fits)]


@pytest.mark.parametrize("state", ["pending", "failed"])
async def test_what_nobody_judged_is_neither_right_nor_wrong_but_may_be_named(
    desk: Desk, judged: Judged, pool: Pool, state: str
) -> None:
    link = await judged(state=state, evaluated=False)
    answer = await desk.type(GRACE, f"/livesop verdict {link} wrong")
    assert "so nothing is right or wrong yet. You can say what fits it" in answer
    assert await kept(pool) == []
    await desk.type(GRACE, f"/livesop verdict {link} bug-report")
    assert await kept(pool) == [("bug-report", True, 1, None, GRACE)]


async def test_a_deleted_message_takes_no_verdict(desk: Desk, judged: Judged, pool: Pool) -> None:
    link = await judged()
    await pool.execute("UPDATE raw_signals SET state = 'deleted', text = '', deleted_at = now()")
    assert "was deleted" in await desk.type(GRACE, f"/livesop verdict {link} right")
    assert await kept(pool) == []


async def test_after_an_edit_right_is_about_the_text_that_was_judged(
    desk: Desk, judged: Judged, pool: Pool
) -> None:
    link = await judged()
    await pool.execute("UPDATE raw_signals SET revision = 2, text = 'it works'")
    answer = await desk.type(GRACE, f"/livesop verdict {link} right")
    assert "about the text before the last edit, so LiveSOP learns nothing from it" in answer
    assert [revision for _, _, revision, *_ in await kept(pool)] == [1]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "`none`: no SOP fits it"),
        (LINK, "`none`: no SOP fits it"),
        ("right", "`none`: no SOP fits it"),
        (f"{LINK} wronk", "There is no SOP or answer named `wronk`. Did you mean `wrong`?"),
        (f"{LINK} bug-repot", "Did you mean `bug-report`? There are: `right`, `wrong`,"),
        ("https://acme.slack.com/archives/C1/p1700000000009999 right", "has no record"),
    ],
)
async def test_what_is_not_understood_is_answered_with_what_there_is(
    desk: Desk, judged: Judged, pool: Pool, line: str, said: str
) -> None:
    await judged()
    answer = await desk.type(GRACE, f"/livesop verdict {line}")
    assert said in answer
    assert await kept(pool) == []


async def test_without_a_database_nothing_is_claimed(
    desk: Desk, judged: Judged, outage: Outage
) -> None:
    link = await judged()
    async with outage():
        assert "*not confirmed*" in await desk.type(GRACE, f"/livesop verdict {link} right")
