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


def deletion_of(payload: dict[str, Any]) -> dict[str, Any]:
    """The event of a message's deletion."""
    event = {
        "type": "message",
        "subtype": "message_deleted",
        "channel": payload["event"]["channel"],
    }
    event["deleted_ts"] = payload["event"]["ts"]
    return payload | {"event_id": f"{payload['event_id']}Gone", "event": event}


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
    (away,) = (one for one in log_events if one["event"] == "intake.database_away")
    assert away["error"] == "PostgreSQL is away: TimeoutError"


async def test_what_is_malformed_is_told_without_what_it_says(
    door: Door, log_events: Events
) -> None:
    event = {"type": "message", "channel": ["C1"], "text": "Payments are down"}
    assert await door.intake.take({"event_id": "Ev1" * 50, "event": event}) == "noise"
    (told,) = log_events
    assert told == {
        "event": "event.malformed", "log_level": "warning", "event_id": ("Ev1" * 50)[:64]
    }  # fmt: skip


async def test_who_looks_sees_how_many_events_wait_for_their_commit(door: Door) -> None:
    def waiting() -> float | None:
        return door.metrics.registry.get_sample_value("livesop_store_buffer_events")

    await door.open()
    async with door.pool.acquire() as other, other.transaction():
        await other.execute("LOCK TABLE raw_signals")
        taken: list[asyncio.Task[str]] = []
        for numbers in ((1,), (2, 3, 4)):  # the first is being stored when the others come
            taken += [asyncio.create_task(door.intake.take(message(one))) for one in numbers]
            for _ in range(5):
                await asyncio.sleep(0)
        assert waiting() == 3
    await asyncio.gather(*taken)
    assert waiting() == 0


async def test_a_file_that_the_disk_keeps_stops_nothing_and_is_tried_again(
    door: Door, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_ADOPT_EVERY", 0.01)
    await door.intake.take(message(1, "C1"))
    (path,) = (data_dir / "spool").glob("*.spool")
    path.unlink()
    path.mkdir()  # which cannot be removed as a file
    await door.open()
    await door.until_stored("C0", "C1")
    await until(lambda: door.spool.stuck == 1)
    path.rmdir()
    await until(lambda: door.spool.stuck == 0)


async def test_what_postgresql_refuses_is_set_aside_until_its_message_is_deleted(
    door: Door, data_dir: Path
) -> None:
    await door.open()
    await door.pool.execute("ALTER TABLE raw_signals ADD CHECK (channel_id <> 'C1')")
    assert await door.intake.take(message(1, "C1")) == "unstorable"
    (aside,) = (data_dir / "spool").glob("*.rejected")
    assert "Payments are down" in aside.read_text()
    await door.intake.take(deletion_of(message(1, "C1")))
    assert not aside.exists()


async def test_a_deletion_is_acked_also_where_the_disk_keeps_what_was_set_aside(
    door: Door, data_dir: Path, log_events: Events
) -> None:
    await door.open()
    await door.pool.execute("ALTER TABLE raw_signals ADD CHECK (channel_id <> 'C1')")
    await door.intake.take(message(1, "C1"))
    (aside,) = (data_dir / "spool").glob("*.rejected")
    aside.unlink()
    aside.mkdir()  # which cannot be removed as a file
    assert await door.intake.take(deletion_of(message(1, "C1"))) == "unchanged"
    assert "spool.aside_stays" in [one["event"] for one in log_events]
