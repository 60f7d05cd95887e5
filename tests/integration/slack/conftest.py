"""An intake with a database behind it, and the events that come to it."""

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

    def __init__(self, pool: Pool, spool: Spool, intake: Intake, rules: TeamRules) -> None:
        self.pool = pool
        self.spool = spool
        self.intake = intake
        self.rules = rules
        self.migrated = asyncio.Event()
        self.stop = asyncio.Event()
        self.book = TeamSettingsBook(pool)

    async def set(self, **settings: Any) -> None:
        """Change the team's settings."""
        await self.book.change(TEAM, "U1", lambda _: TeamSettings(**settings))

    async def open(self) -> None:
        """Let events through to the database, and come back once they go there directly."""
        self.migrated.set()
        async with asyncio.timeout(10):
            while await self.intake.take(message(0, "C0")) == "spooled":  # noqa: ASYNC110  as Slack does
                await asyncio.sleep(0.01)

    async def until_stored(self, *channels: str) -> None:
        """Wait until messages of exactly those channels are stored."""
        query, found = "SELECT channel_id FROM raw_signals ORDER BY channel_id", None
        async with asyncio.timeout(10):
            while found != sorted(channels):
                found = [row["channel_id"] for row in await self.pool.fetch(query)]
                await asyncio.sleep(0.01)


@pytest.fixture
async def door(pool: Pool, data_dir: Path) -> AsyncIterator[Door]:
    """An intake that takes events, and leaves them in the spool until `migrated` is set."""
    async with AsyncExitStack() as stack:
        spool = await stack.enter_async_context(Spool(data_dir / "spool", max_bytes=1_000_000))
        rules = TeamRules(TEAM, Rules(), TeamSettingsBook(pool).now)
        intake = Intake(pool=pool, spool=spool, installation=ME, rules=rules, metrics=Metrics())
        await stack.enter_async_context(intake)
        door = Door(pool, spool, intake, rules)
        group = await stack.enter_async_context(asyncio.TaskGroup())
        group.create_task(intake.run(door.migrated, door.stop))
        yield door
        door.stop.set()
        door.migrated.set()
