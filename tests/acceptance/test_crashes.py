"""kill -9 at every point between the ack and the answer: after the restart, one answer."""

from typing import Any

import asyncpg
import pytest

from livesop_bot.sandbox.demo import GRACE, INCIDENTS
from livesop_bot.sandbox.faults import HandledUnanswered, NeverHandled
from livesop_bot.sandbox.server import SlackServer

OUTAGE = "URGENT: checkout is down, all payments fail with error 502"
UNDER_WAY = "SELECT count(*) FROM pgqueuer WHERE entrypoint = 'evaluate' AND status = 'picked'"


async def settled(facts: Any, ts: str) -> None:
    """Wait for the answer, then for everything else that might still happen."""
    await facts.until("SELECT post_state FROM runs", "posted")
    await facts.idle()
    assert len(facts.answers(ts)) == 1
    assert await facts.value("SELECT count(*) FROM raw_signals") == 1
    assert await facts.value("SELECT count(*) FROM evaluations") == 1


async def test_killed_while_it_evaluates(
    slack: SlackServer, database: str, start_bot: Any, facts: Any
) -> None:
    bot = await start_bot(database, "hang")
    message = slack.workspace.post(INCIDENTS, GRACE, OUTAGE)
    await facts.until(UNDER_WAY, 1)
    await bot.kill()

    await start_bot(database)
    await settled(facts, message["ts"])


@pytest.mark.parametrize("table", ["evaluations", "runs"])
async def test_killed_while_it_concludes(
    slack: SlackServer, database: str, start_bot: Any, facts: Any, table: str
) -> None:
    bot = await start_bot(database)
    blocker = await asyncpg.connect(database)
    lock = blocker.transaction()
    await lock.start()
    await blocker.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
    message = slack.workspace.post(INCIDENTS, GRACE, OUTAGE)
    await facts.until(
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
        "AND application_name = 'livesop'",
        True,
    )
    await bot.kill()
    await lock.rollback()
    await blocker.close()

    await start_bot(database)
    await settled(facts, message["ts"])


@pytest.mark.parametrize(
    "fault", [NeverHandled(), HandledUnanswered()], ids=["not posted yet", "posted already"]
)
async def test_killed_while_it_posts(
    slack: SlackServer, database: str, start_bot: Any, facts: Any, fault: Any
) -> None:
    slack.faults.add("chat.postMessage", fault)
    bot = await start_bot(database)
    message = slack.workspace.post(INCIDENTS, GRACE, OUTAGE)
    await facts.until("SELECT post_state FROM runs", "trying")
    if isinstance(fault, HandledUnanswered):
        await slack.workspace.wait_for_message(lambda m: m.get("thread_ts") == message["ts"])
    await bot.kill()

    await start_bot(database)
    await settled(facts, message["ts"])


async def test_killed_with_events_in_the_spool(
    slack: SlackServer, database: str, start_bot: Any, facts: Any
) -> None:
    bot = await start_bot(database)
    blocker = await asyncpg.connect(database)
    lock = blocker.transaction()
    await lock.start()
    await blocker.execute("LOCK TABLE raw_signals IN ACCESS EXCLUSIVE MODE")
    message = slack.workspace.post(INCIDENTS, GRACE, OUTAGE)
    (event,) = slack.events.ids(INCIDENTS, message["ts"])
    outcome = await slack.socket_mode.acked(event)
    assert (outcome.acked, outcome.attempts) == (True, 1), "acked in time, from the spool"
    await bot.kill()
    await lock.rollback()
    await blocker.close()
    assert await facts.value("SELECT count(*) FROM raw_signals") == 0

    await start_bot(database)
    await settled(facts, message["ts"])


async def test_killed_before_the_ack(
    slack: SlackServer, database: str, start_bot: Any, facts: Any
) -> None:
    bot = await start_bot(database)
    slack.socket_mode.hold_acks()
    message = slack.workspace.post(INCIDENTS, GRACE, OUTAGE)
    await facts.until("SELECT count(*) FROM raw_signals", 1)
    await bot.kill()
    slack.socket_mode.release_acks()

    await start_bot(database)
    await settled(facts, message["ts"])


async def test_stopped_in_order_while_it_evaluates(
    slack: SlackServer, database: str, start_bot: Any, facts: Any
) -> None:
    bot = await start_bot(database, "hang")
    message = slack.workspace.post(INCIDENTS, GRACE, OUTAGE)
    await facts.until(UNDER_WAY, 1)
    assert await bot.stop() == 0
    assert await facts.value("SELECT status::text FROM pgqueuer") == "queued", "given back"

    await start_bot(database)
    await settled(facts, message["ts"])
