"""The intake and a database that is slow, or gone in some other way than an outage."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

from tests.integration.slack.conftest import Door, message

SLOW = """
CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep(1.2); RETURN NULL; END $$;
CREATE TRIGGER dawdle AFTER INSERT ON raw_signals EXECUTE FUNCTION dawdle();
"""
"""More than half of the two seconds that an event has."""


async def test_an_event_that_waits_for_a_slow_commit_has_two_seconds_all_the_same(
    door: Door, log_events: list[MutableMapping[str, Any]]
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
    async with asyncio.timeout(10):
        while door.spool.events:  # noqa: ASYNC110  the replay tells nobody of its end
            await asyncio.sleep(0.01)
    told = [one["event"] for one in log_events if one.get("event_id") == "Ev2"]
    assert told == ["signal.duplicate"]
