"""The intake and a database that is slow, or gone in some other way than an outage."""

import asyncio
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any

import pytest

from livesop_bot.slack import intake
from tests.integration.slack.conftest import Door, message

Events = list[MutableMapping[str, Any]]

SLOW = """
CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep(1.2); RETURN NULL; END $$;
CREATE TRIGGER dawdle AFTER INSERT ON raw_signals EXECUTE FUNCTION dawdle();
"""
"""More than half of the two seconds that an event has."""


async def until(is_so: Callable[[], bool]) -> None:
    """Look until something is the case."""
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110  nothing tells of it
            await asyncio.sleep(0.01)


async def test_an_event_that_waits_for_a_slow_commit_has_two_seconds_all_the_same(
    door: Door, log_events: Events
) -> None:
    """Slack gives three; and what was committed after all is stored once."""
    await door.open()
    await door.pool.execute(SLOW)
    first = asyncio.create_task(door.intake.take(message(1, "C1")))
    for _ in range(5):  # it is being stored
        await asyncio.sleep(0)
    second = asyncio.create_task(door.intake.take(message(2, "C2")))
    assert (await first, await second) == ("stored", "spooled")
    await door.until_stored("C0", "C1", "C2")
    await until(lambda: not door.spool.events)
    told = [one["event"] for one in log_events if one.get("event_id") == "Ev2"]
    assert told == ["signal.duplicate"]


async def test_a_disk_that_does_not_give_the_spool_back_stops_nothing(
    door: Door, data_dir: Path, log_events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_DISK_RESTS", 0.01)
    await door.intake.take(message(1, "C1"))
    folder = (data_dir / "spool").rename(data_dir / "away")
    door.migrated.set()
    await until(lambda: any(one["event"] == "spool.failed" for one in log_events))
    assert await door.intake.take(message(2, "C2")) == "stored"
    folder.rename(data_dir / "spool")
    await door.until_stored("C1", "C2")


async def test_what_postgresql_refuses_is_set_aside_until_its_message_is_deleted(
    door: Door, data_dir: Path
) -> None:
    await door.open()
    await door.pool.execute("ALTER TABLE raw_signals ADD CHECK (channel_id <> 'C1')")
    assert await door.intake.take(message(1, "C1")) == "unstorable"
    (aside,) = (data_dir / "spool").glob("*.rejected")
    assert "Payments are down" in aside.read_text()
    deletion = message(2, "C1")
    gone = deletion["event"]["ts"].replace("2", "1")
    deletion["event"] |= {"subtype": "message_deleted", "deleted_ts": gone}
    await door.intake.take(deletion)
    assert not aside.exists()
