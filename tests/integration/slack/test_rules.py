"""A team's rules at the intake: they follow its settings, and nothing is lost before they are
known."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from livesop_bot.db.pool import Pool
from livesop_bot.db.team_settings import TeamSettingsBook
from livesop_bot.domain.signals import TeamId, UserId
from livesop_bot.domain.team_settings import TeamSettings
from livesop_bot.errors import DatabaseAway
from livesop_bot.metrics import Metrics
from livesop_bot.slack.ingest import Installation, Rules
from livesop_bot.slack.intake import Intake
from livesop_bot.slack.rules import TeamRules
from livesop_bot.slack.spool import Spool

TEAM = TeamId("T1")
ME = Installation(
    team=TEAM,
    team_name="Acme",
    url="https://acme.slack.com/",
    bot_user=UserId("UBOT"),
    bot_id="BBOT",
)


def message(number: int, channel: str = "C1", *, shared: bool = False) -> dict[str, Any]:
    """A message's event."""
    return {
        "type": "event_callback",
        "team_id": "T1",
        "event_id": f"Ev{number}",
        "is_ext_shared_channel": shared,
        "event": {
            "type": "message",
            "channel": channel,
            "user": "U1",
            "text": "Payments are down",
            "ts": f"1700000000.{number:06}",
        },
    }


class Door:
    """An intake, and the database behind it."""

    def __init__(self, pool: Pool, intake: Intake, rules: TeamRules) -> None:
        self.pool = pool
        self.intake = intake
        self.rules = rules
        self.migrated = asyncio.Event()
        self.stop = asyncio.Event()
        self.book = TeamSettingsBook(pool)

    async def set(self, **settings: Any) -> None:
        await self.book.change(TEAM, "U1", lambda _: TeamSettings(**settings))

    async def until_stored(self, *channels: str) -> None:
        """Wait until messages of exactly those channels are stored."""
        query, found = "SELECT channel_id FROM raw_signals ORDER BY channel_id", None
        async with asyncio.timeout(10):
            while found != sorted(channels):
                found = [row["channel_id"] for row in await self.pool.fetch(query)]
                await asyncio.sleep(0.01)


@pytest.fixture
async def door(pool: Pool, data_dir: Path) -> AsyncIterator[Door]:
    async with AsyncExitStack() as stack:
        spool = await stack.enter_async_context(Spool(data_dir / "spool", max_bytes=1_000_000))
        rules = TeamRules(TEAM, Rules(), TeamSettingsBook(pool).now)
        intake = Intake(pool=pool, spool=spool, installation=ME, rules=rules, metrics=Metrics())
        await stack.enter_async_context(intake)
        door = Door(pool, intake, rules)
        group = await stack.enter_async_context(asyncio.TaskGroup())
        group.create_task(intake.run(door.migrated, door.stop))
        yield door
        door.stop.set()
        door.migrated.set()


async def test_before_the_rules_are_known_nothing_is_dropped_and_nothing_let_in(
    door: Door,
) -> None:
    await door.set(channels=("C1", "C3"), external_channels=("C3",))
    for number, (channel, shared) in enumerate(
        [("C1", False), ("C2", False), ("C3", True), ("C4", True)]
    ):
        assert await door.intake.take(message(number, channel, shared=shared)) == "spooled"
    door.migrated.set()
    await door.until_stored("C1", "C3")


async def test_they_follow_what_admins_set(door: Door) -> None:
    await door.rules.refresh()
    door.migrated.set()
    await door.intake.take(message(1, "C1"))
    await door.until_stored("C1")
    await door.set(channels=("C2",))
    await door.rules.refresh()
    assert await door.intake.take(message(2, "C1")) == "noise"
    assert await door.intake.take(message(3, "C2")) in ("stored", "spooled")
    await door.until_stored("C1", "C2")


async def test_they_are_looked_up_by_themselves_and_outlive_an_outage() -> None:
    """Asked again and again; what was known stays while there is no answer."""
    asked: asyncio.Queue[TeamId] = asyncio.Queue()
    answers: asyncio.Queue[TeamSettings | DatabaseAway] = asyncio.Queue()

    async def read(team: TeamId) -> TeamSettings:
        asked.put_nowait(team)
        answer = await answers.get()
        if isinstance(answer, DatabaseAway):
            raise answer
        return answer

    rules = TeamRules(TEAM, Rules(), read, every=0.0)
    migrated, stop = asyncio.Event(), asyncio.Event()
    following = asyncio.create_task(rules.follow(migrated, stop))
    await asyncio.sleep(0)
    assert asked.empty(), "there is no table yet"
    migrated.set()
    async with asyncio.timeout(5):
        assert await asked.get() == TEAM
        answers.put_nowait(TeamSettings(channels=("C1",)))
        await asked.get()
        assert rules.now.channels == {"C1"}
        answers.put_nowait(DatabaseAway("it went away"))
        await asked.get()
        assert rules.now.channels == {"C1"}
        stop.set()
        answers.put_nowait(TeamSettings(channels=("C2",)))
        await following
    assert rules.now.channels == {"C2"}
