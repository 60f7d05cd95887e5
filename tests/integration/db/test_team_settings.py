"""A team's own settings on a real PostgreSQL: kept, changed one after the other, audited."""

import asyncio
import json
from dataclasses import replace

import asyncpg
import pytest

from livesop_bot.db.pool import Pool
from livesop_bot.db.team_settings import TeamSettingsBook
from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.team_settings import TeamSettings

TEAM, OTHER = TeamId("T1"), TeamId("T2")
FULL = TeamSettings(
    auto_threshold=0.95,
    propose_threshold=0.6,
    admins=("U1",),
    operators=("U2", "S3"),
    remind_after_hours=8,
    channels=("C1", "C2"),
    external_channels=("C3",),
    allowed_bots=("B1",),
    retention_days=90,
    daily_token_budget=5,
    digest_channel="C1",
    weekly_digest=True,
    daily_summary=True,
    time_zone="Europe/Berlin",
)


@pytest.fixture
def book(pool: Pool) -> TeamSettingsBook:
    return TeamSettingsBook(pool)


async def test_a_team_without_its_own_has_the_environments(book: TeamSettingsBook) -> None:
    assert await book.now(TEAM) == TeamSettings()


async def test_all_of_them_are_kept_for_their_team_alone(book: TeamSettingsBook) -> None:
    assert await book.change(TEAM, "U1", lambda _: FULL) == FULL
    assert await book.now(TEAM) == FULL
    assert await book.recent(TEAM) == FULL
    assert await book.now(OTHER) == TeamSettings()


async def test_a_change_is_audited_with_what_was_before(book: TeamSettingsBook, pool: Pool) -> None:
    await book.change(TEAM, "U1", lambda old: replace(old, auto_threshold=0.95, admins=("U1",)))
    await book.change(TEAM, "U2", lambda old: replace(old, admins=("U1", "U2")))
    await book.change(TEAM, "U2", lambda old: old)
    rows = await pool.fetch("SELECT * FROM audit_log ORDER BY number")
    assert [
        (row["actor"], row["kind"], json.loads(row["before"]), json.loads(row["after"]))
        for row in rows
    ] == [
        (
            "U1",
            "settings",
            {"auto_threshold": None, "admins": ""},
            {"auto_threshold": "0.95", "admins": "U1"},
        ),
        ("U2", "settings", {"admins": "U1"}, {"admins": "U1,U2"}),
    ]
    assert {row["subject"] for row in rows} == {"settings:T1"}


async def test_changes_at_once_are_both_there_in_the_end(book: TeamSettingsBook) -> None:
    await asyncio.gather(
        book.change(TEAM, "U1", lambda old: replace(old, admins=(*old.admins, "U1"))),
        book.change(TEAM, "U2", lambda old: replace(old, admins=(*old.admins, "U2"))),
    )
    assert sorted((await book.now(TEAM)).admins) == ["U1", "U2"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"auto_threshold": 1.5},
        {"auto_threshold": 0.5, "propose_threshold": 0.6},
        {"retention_days": 0},
        {"remind_after_hours": -1},
        {"daily_token_budget": -1},
        {"weekly_digest": True},
    ],
)
async def test_what_makes_no_sense_is_not_stored(
    book: TeamSettingsBook, wrong: dict[str, object]
) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await book.change(TEAM, "U1", lambda _: replace(TeamSettings(), **wrong))  # type: ignore[arg-type]
    assert await book.now(TEAM) == TeamSettings()
