"""Verdicts on a real PostgreSQL: the newest word counts, none is lost, and all go with a text."""

import json
import re
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from livesop_bot.db.pool import Pool
from livesop_bot.db.queries import sql
from livesop_bot.db.signals import store_batch
from livesop_bot.db.verdicts import Verdicts
from livesop_bot.domain.signals import (
    EventId,
    MessageTs,
    NewSignal,
    SignalDeletion,
    SignalEdit,
    SignalId,
    TeamId,
    UserId,
)
from livesop_bot.domain.verdicts import Lesson, NewVerdict
from livesop_bot.domain.workflows import WorkflowId
from tests.signals import a_signal

TEAM, OTHER = TeamId("T1"), TeamId("T2")
ADA = UserId("UADA")


@pytest.fixture
async def sops(pool: Pool) -> dict[str, WorkflowId]:
    """Two SOPs of the team, and one of another."""
    found = {}
    for team, slug in ((TEAM, "incident"), (TEAM, "refund"), (OTHER, "theirs")):
        await pool.execute("INSERT INTO teams (team_id) VALUES ($1) ON CONFLICT DO NOTHING", team)
        found[slug] = WorkflowId(
            await pool.fetchval(
                "INSERT INTO workflows (team_id, slug, version) VALUES ($1, $2, 1) RETURNING id",
                team,
                slug,
            )
        )
    return found


def message(text: str, number: int = 1, team: TeamId = TEAM) -> NewSignal:
    """A message of now."""
    return a_signal(f"1700000000.{number:06}", text, team=team)


async def store(pool: Pool, new: NewSignal) -> SignalId:
    """Store a message."""
    [stored] = await store_batch(pool, [new], timeout=5)
    assert stored.signal is not None
    return stored.signal


def verdict(
    signal: SignalId, workflow: WorkflowId | None, fits: bool, *, revision: int = 1
) -> NewVerdict:
    """A word of Ada's."""
    return NewVerdict(
        team=TEAM,
        signal=signal,
        revision=revision,
        workflow=workflow,
        fits=fits,
        evaluation=None,
        by=ADA,
    )


async def holding(pool: Pool) -> list[tuple[int | None, bool]]:
    """The verdicts that count."""
    rows = await pool.fetch(
        "SELECT workflow_id, fits FROM verdicts WHERE replaced_at IS NULL ORDER BY id"
    )
    return [tuple(row) for row in rows]


async def test_the_newest_word_counts_and_every_word_is_kept(
    pool: Pool, sops: dict[str, WorkflowId]
) -> None:
    verdicts, signal = Verdicts(pool), await store(pool, message("payments are down"))
    for fits in (True, False, True):
        assert await verdicts.keep(verdict(signal, sops["incident"], fits))
    assert await holding(pool) == [(sops["incident"], True)]
    rows = await pool.fetch("SELECT fits, given_by, replaced_at FROM verdicts ORDER BY id")
    assert [(row["fits"], row["given_by"]) for row in rows] == [
        (True, ADA),
        (False, ADA),
        (True, ADA),
    ]
    assert [row["replaced_at"] is None for row in rows] == [False, False, True]


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ([("incident", True), ("refund", True)], [("refund", True)]),
        ([("incident", True), (None, False)], [(None, False)]),
        ([(None, False), ("incident", True)], [("incident", True)]),
        ([(None, True), ("incident", True)], [("incident", True)]),
        ([(None, False), (None, True)], [(None, True)]),
        ([("refund", False), ("incident", True)], [("refund", False), ("incident", True)]),
        ([("refund", False), (None, False)], [("refund", False), (None, False)]),
        ([("incident", True), ("refund", False)], [("incident", True), ("refund", False)]),
    ],
)
async def test_a_message_calls_for_one_sop_or_for_none(
    pool: Pool,
    sops: dict[str, WorkflowId],
    words: list[tuple[str | None, bool]],
    left: list[tuple[str | None, bool]],
) -> None:
    verdicts, signal = Verdicts(pool), await store(pool, message("payments are down"))
    for slug, fits in words:
        assert await verdicts.keep(verdict(signal, sops[slug] if slug else None, fits))
    expected = [(sops[slug] if slug else None, fits) for slug, fits in left]
    assert await holding(pool) == expected


async def test_two_answers_to_one_message_cannot_be_stored(
    pool: Pool, sops: dict[str, WorkflowId]
) -> None:
    signal = await store(pool, message("payments are down"))
    insert = sql("insert_verdict")
    await pool.execute(insert, TEAM, signal, 1, sops["incident"], True, None, ADA)
    for workflow, fits in ((sops["refund"], True), (None, False), (sops["incident"], False)):
        with pytest.raises(asyncpg.UniqueViolationError):
            await pool.execute(insert, TEAM, signal, 1, workflow, fits, None, ADA)


async def test_a_verdict_cannot_name_an_sop_or_a_message_of_another_team(
    pool: Pool, sops: dict[str, WorkflowId]
) -> None:
    verdicts = Verdicts(pool)
    mine, theirs = (
        await store(pool, message("payments are down")),
        await store(pool, message("payments are down", team=OTHER)),
    )
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await verdicts.keep(verdict(mine, sops["theirs"], True))
    assert not await verdicts.keep(verdict(theirs, None, False))
    assert await holding(pool) == []


async def test_lessons_are_masked_and_the_same_until_something_changes(
    pool: Pool, sops: dict[str, WorkflowId]
) -> None:
    verdicts = Verdicts(pool)
    assert await verdicts.lessons(TEAM) == ()
    first = await store(pool, message("down, my token is xoxb-123456789012-abcdefghijklmnop"))
    second = await store(pool, message("lunch?", 2))
    await verdicts.keep(verdict(first, sops["incident"], True))
    await verdicts.keep(verdict(second, None, False))
    lessons = await verdicts.lessons(TEAM)
    assert lessons == (
        Lesson(
            text="down, my token is [masked: Slack token]", workflow=sops["incident"], fits=True
        ),
        Lesson(text="lunch?", workflow=None, fits=False),
    )
    assert await verdicts.lessons(TEAM) is lessons
    await verdicts.keep(verdict(second, sops["refund"], False))
    again = await verdicts.lessons(TEAM)
    assert again[2] == Lesson(text="lunch?", workflow=sops["refund"], fits=False)
    assert again[0] is lessons[0]
    assert await verdicts.lessons(OTHER) == ()


async def test_that_some_sop_fits_teaches_nothing(pool: Pool, sops: dict[str, WorkflowId]) -> None:
    verdicts, signal = Verdicts(pool), await store(pool, message("payments are down"))
    await verdicts.keep(verdict(signal, None, True))
    assert await verdicts.lessons(TEAM) == ()


async def test_what_was_deleted_is_forgotten(pool: Pool, sops: dict[str, WorkflowId]) -> None:
    verdicts, new = Verdicts(pool), message("payments are down")
    signal = await store(pool, new)
    await verdicts.keep(verdict(signal, sops["incident"], True))
    assert len(await verdicts.lessons(TEAM)) == 1
    deletion = SignalDeletion(
        event_id=EventId("Ev9"),
        team=TEAM,
        source=new.source,
        external_id=new.external_id,
        channel=new.channel,
        message_ts=new.message_ts,
        occurred_at=new.occurred_at,
        received_at=new.received_at,
    )
    await store_batch(pool, [deletion], timeout=5)
    assert await verdicts.lessons(TEAM) == ()
    assert await pool.fetchval("SELECT count(*) FROM verdicts") == 0
    assert not await verdicts.keep(verdict(signal, sops["incident"], True))


async def test_what_the_guide_deletes_by_age_is_forgotten_too(
    pool: Pool, sops: dict[str, WorkflowId]
) -> None:
    guide = (Path(__file__).parents[3] / "docs/production.md").read_text(encoding="utf-8")
    [deletion] = re.findall(r"^```sql\n(BEGIN;.*?)^```", guide, re.MULTILINE | re.DOTALL)
    verdicts = Verdicts(pool)
    for number in (1, 2):
        signal = await store(pool, message(f"down {number}", number))
        await verdicts.keep(verdict(signal, sops["incident"], True))
    await pool.execute(
        "UPDATE raw_signals SET state = 'evaluated', stored_at = stored_at - interval '2 years' "
        "WHERE text = 'down 1'"
    )
    assert len(await verdicts.lessons(TEAM)) == 2
    await pool.execute(deletion)
    assert [lesson.text for lesson in await verdicts.lessons(TEAM)] == ["down 2"]


async def test_nothing_is_learned_from_a_text_that_was_edited_since(
    pool: Pool, sops: dict[str, WorkflowId]
) -> None:
    verdicts, new = Verdicts(pool), message("payments are down")
    signal = await store(pool, new)
    await verdicts.keep(verdict(signal, sops["incident"], True))
    assert len(await verdicts.lessons(TEAM)) == 1
    edited = message("payments are up")
    await store_batch(pool, [SignalEdit(signal=edited, version=MessageTs("1.2"))], timeout=5)
    assert await verdicts.lessons(TEAM) == ()
    assert await verdicts.labelled(TEAM, 10) == []
    await verdicts.keep(verdict(signal, None, False, revision=2))
    assert await verdicts.lessons(TEAM) == (
        Lesson(text="payments are up", workflow=None, fits=False),
    )


async def test_lessons_are_the_newest_of_each_sop(
    pool: Pool, sops: dict[str, WorkflowId], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livesop_bot.db.verdicts.LESSONS_EACH", 2)
    verdicts = Verdicts(pool)
    for number in range(4):
        signal = await store(pool, message(f"down {number}", number))
        await verdicts.keep(verdict(signal, sops["incident"], True))
    signal = await store(pool, message("money back", 9))
    await verdicts.keep(verdict(signal, sops["refund"], True))
    texts = [lesson.text for lesson in await verdicts.lessons(TEAM)]
    assert texts == ["down 2", "down 3", "money back"]


async def test_messages_come_with_what_people_said_of_them(
    pool: Pool, sops: dict[str, WorkflowId]
) -> None:
    verdicts = Verdicts(pool)
    words: list[list[tuple[str | None, bool]]] = [
        [("refund", False), ("incident", True)],
        [(None, False)],
        [("incident", False)],
        [(None, True)],
    ]
    for number, said in enumerate(words):
        signal = await store(pool, message(f"text {number}", number))
        for slug, fits in said:
            await verdicts.keep(verdict(signal, sops[slug] if slug else None, fits))
    found = [
        (each.text, each.is_answered, each.expected, each.refused)
        for each in await verdicts.labelled(TEAM, 100)
    ]
    assert found == [
        ("text 3", False, None, frozenset()),
        ("text 2", False, None, frozenset({"incident"})),
        ("text 1", True, None, frozenset()),
        ("text 0", True, "incident", frozenset({"refund"})),
    ]


_MANY = """
    WITH team AS (
        INSERT INTO teams (team_id) SELECT 'T' || n FROM generate_series(1, 20) AS n
        ON CONFLICT DO NOTHING
    ), sop AS (
        INSERT INTO workflows (team_id, slug, version)
        SELECT 'T' || n, 's' || m, 1 FROM generate_series(1, 20) AS n, generate_series(1, 5) AS m
        RETURNING id, team_id
    ), signals AS (
        INSERT INTO raw_signals (
            event_id, team_id, source, external_id, channel_id, message_ts, author_id,
            author_is_bot, text, occurred_at, received_at, state
        )
        SELECT 'E' || n, 'T' || n % 20 + 1, 'slack', 'C1:' || n, 'C1', n::text, 'U1', false, 'x',
            now(), now(), 'evaluated'
        FROM generate_series(1, 5000) AS n
        RETURNING id, team_id
    )
    INSERT INTO verdicts (team_id, signal_id, revision, workflow_id, fits, given_by)
    SELECT s.team_id, s.id, 1, (
        SELECT sop.id FROM sop WHERE sop.team_id = s.team_id ORDER BY (sop.id + s.id) % 7 LIMIT 1
    ), true, 'U1'
    FROM signals AS s
"""


@pytest.mark.parametrize(
    ("query", "arguments", "index"),
    [
        ("lessons", (TEAM, 10, []), "verdicts_newest"),
        ("labelled_signals", (TEAM, 5000), "verdicts_newest"),
        ("replace_verdicts", (77, None, False), "verdicts_of_signal"),
        ("forget_verdicts", ([77],), "verdicts_of_signal"),
        ("outdate_lessons", ([77],), "verdicts_of_signal"),
    ],
)
async def test_the_cost_does_not_grow_with_others_verdicts(
    pool: Pool, query: str, arguments: tuple[object, ...], index: str
) -> None:
    await pool.execute(_MANY)
    await pool.execute("ANALYZE raw_signals, verdicts, workflows")
    plan = json.loads(await pool.fetchval(f"EXPLAIN (FORMAT json) {sql(query)}", *arguments))
    nodes = list(_nodes(plan[0]["Plan"]))
    big = ("raw_signals", "verdicts")
    reads = [n for n in nodes if n.get("Relation Name") in big and n["Node Type"] != "ModifyTable"]
    assert not [n["Node Type"] for n in reads if n["Node Type"] == "Seq Scan"]
    assert index in {node.get("Index Name") for node in nodes}


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", []) for node in _nodes(child))]
