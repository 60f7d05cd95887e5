"""Sockets that go: refreshed, cut, silent, refused. Nothing is lost, and they come back."""

import asyncio
from typing import Any

import pytest

from livesop_bot.sandbox.demo import GRACE, SUPPORT
from livesop_bot.sandbox.server import SlackServer

MESSAGES = 60


async def chatter(slack: SlackServer, during: asyncio.Event) -> None:
    """Post messages for a while; `during` is set when a third of them are out."""
    for number in range(MESSAGES):
        slack.workspace.post(SUPPORT, GRACE, f"message {number}")
        await asyncio.sleep(0.02)
        if number == MESSAGES // 3:
            during.set()


@pytest.mark.parametrize("fault", ["refresh one", "refresh all", "cut one", "cut all", "silent"])
async def test_nothing_is_lost_when_sockets_go(
    slack: SlackServer, database: str, start_app: Any, facts: Any, fault: str
) -> None:
    await start_app(database)
    sockets = slack.socket_mode
    under_way = asyncio.Event()
    posting = asyncio.create_task(chatter(slack, under_way))
    await under_way.wait()
    first = sockets.open[0].id
    match fault:
        case "refresh one":
            sockets.disconnect("refresh_requested", first)
        case "refresh all":
            sockets.disconnect("refresh_requested")
        case "cut one":
            sockets.cut(first)
        case "cut all":
            sockets.cut()
        case _:
            sockets.silence(first)
    await posting

    await facts.until("SELECT count(*) FROM raw_signals", MESSAGES)
    await facts.until("SELECT count(*) FROM evaluations", MESSAGES)
    await sockets.wait_for_connections(2, timeout=20)
    assert all(connection.id != first for connection in sockets.open)


async def test_a_refresh_of_one_socket_leaves_the_other(
    slack: SlackServer, database: str, start_app: Any
) -> None:
    await start_app(database)
    first, second = slack.socket_mode.open
    slack.socket_mode.disconnect("refresh_requested", first.id)
    assert slack.socket_mode.open == [second]
    await slack.socket_mode.wait_for_connections(2)
    assert second in slack.socket_mode.open


async def test_tickets_that_expired_during_an_outage(
    slack: SlackServer, database: str, start_app: Any, facts: Any
) -> None:
    """The SDK's client would try its expired ticket for ever; it is replaced."""
    _, health = await start_app(database)
    slack.faults.refuse_handshakes = True
    slack.socket_mode.cut()
    # Longer than a ticket lives: what the clients hold now is worth nothing.
    await health.until(lambda status, body: body["checks"]["slack"]["connected"] == 0)
    await asyncio.sleep(5.5)
    slack.faults.refuse_handshakes = False

    await slack.socket_mode.wait_for_connections(2, timeout=30)
    slack.workspace.post(SUPPORT, GRACE, "hello again")
    await facts.until("SELECT count(*) FROM raw_signals", 1)
    assert await health.metric("livesop_slack_reconnects_total", cause="wedged") >= 1


async def test_messages_of_an_outage_come_with_the_retries(
    slack: SlackServer, database: str, start_app: Any, facts: Any
) -> None:
    await start_app(database)
    slack.faults.refuse_handshakes = True
    slack.socket_mode.cut()
    await slack.socket_mode.wait_for_connections(0)
    slack.workspace.post(SUPPORT, GRACE, "is anybody there?")
    slack.faults.refuse_handshakes = False

    await facts.until("SELECT count(*) FROM raw_signals", 1)
    await facts.until("SELECT count(*) FROM evaluations", 1)


async def test_stopping_drains_what_was_taken(
    slack: SlackServer, database: str, start_bot: Any, facts: Any
) -> None:
    bot = await start_bot(database)
    ids: list[str] = []
    for number in range(300):
        message = slack.workspace.post(SUPPORT, GRACE, f"message {number}")
        ids += slack.events.ids(SUPPORT, message["ts"])
    await facts.until("SELECT count(*) > 0 FROM raw_signals", True)
    assert await bot.stop() == 0

    acked = {one.event_id for one in slack.socket_mode.deliveries if one.acked_at is not None}
    stored = await facts.value("SELECT array_agg(event_id) FROM raw_signals")
    assert acked <= set(stored), "what was acked is stored"

    await start_bot(database)
    await facts.until("SELECT count(*) FROM raw_signals", 300)
