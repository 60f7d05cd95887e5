"""Sockets that go: refreshed, cut, silent, refused. Nothing is lost, and they come back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from livesop_bot.sandbox.demo import GRACE, SUPPORT
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.stopping import pause


async def chatter(slack: SlackServer, stop: asyncio.Event) -> int:
    """Post messages until told to stop; gives how many."""
    posted = 0
    while not stop.is_set():
        slack.workspace.post(SUPPORT, GRACE, f"message {posted}")
        posted += 1
        await pause(stop, 0.05)
    return posted


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("refresh one", "refresh"),
        ("refresh all", "refresh"),
        ("cut one", "lost"),
        ("cut all", "lost"),
    ],
)
async def test_nothing_is_lost_when_sockets_go(
    slack: SlackServer, database: str, start_app: Any, facts: Any, fault: str, cause: str
) -> None:
    _, health = await start_app(database)
    sockets = slack.socket_mode
    async with under_load(slack, facts) as first:
        match fault:
            case "refresh one":
                sockets.disconnect("refresh_requested", first)
            case "refresh all":
                sockets.disconnect("refresh_requested")
            case "cut one":
                sockets.cut(first)
            case _:
                sockets.cut()
    await health.counted("livesop_slack_reconnects_total", cause=cause)
    other = {"refresh": "lost", "lost": "refresh"}[cause]
    assert await health.metric("livesop_slack_reconnects_total", cause=other) == 0


async def test_nothing_is_lost_when_a_socket_falls_silent(
    slack: SlackServer, database: str, start_app: Any, facts: Any
) -> None:
    await start_app(database)
    async with under_load(slack, facts) as first:
        slack.socket_mode.silence(first)


@asynccontextmanager
async def under_load(slack: SlackServer, facts: Any) -> AsyncIterator[str]:
    """Let something happen to a socket while people write: another takes its place, and nothing
    is lost. Gives the socket's id.
    """
    sockets, stop = slack.socket_mode, asyncio.Event()
    posting = asyncio.create_task(chatter(slack, stop))
    await facts.until("SELECT count(*) > 20 FROM raw_signals", True)
    first = sockets.open[0].id
    yield first
    await sockets.until(lambda: first not in {one.id for one in sockets.open}, timeout=20)
    await sockets.wait_for_connections(2, timeout=20)
    stop.set()
    await evaluated_once(facts, await posting)


async def evaluated_once(facts: Any, messages: int) -> None:
    """See that so many messages were stored and evaluated, each of them once."""
    await facts.until("SELECT count(*) FROM raw_signals", messages)
    await facts.until("SELECT count(DISTINCT signal_id) FROM evaluations", messages)
    await facts.idle()
    assert await facts.value("SELECT count(*) FROM evaluations") == messages


async def test_a_refresh_of_one_socket_leaves_the_other(
    slack: SlackServer, database: str, start_app: Any
) -> None:
    await start_app(database)
    first, second = slack.socket_mode.open
    slack.socket_mode.disconnect("refresh_requested", first.id)
    assert slack.socket_mode.open == [second]
    await slack.socket_mode.wait_for_connections(2)
    assert second in slack.socket_mode.open


async def test_tickets_that_expired_during_an_outage_under_load(
    slack: SlackServer, database: str, start_app: Any, facts: Any
) -> None:
    """The SDK's client would try its expired ticket for ever; it is replaced."""
    _, health = await start_app(database)
    stop = asyncio.Event()
    posting = asyncio.create_task(chatter(slack, stop))
    await facts.until("SELECT count(*) > 20 FROM raw_signals", True)
    slack.faults.refuse_handshakes = True
    slack.socket_mode.cut()
    body = await health.until(lambda status, _: status == 503)
    assert body["checks"]["slack"]["connected"] == 0
    await asyncio.sleep(5.5)  # longer than a ticket lives: those that the clients hold are dead
    slack.faults.refuse_handshakes = False

    await slack.socket_mode.wait_for_connections(2, timeout=30)
    stop.set()
    await evaluated_once(facts, await posting)
    await health.counted("livesop_slack_reconnects_total", cause="wedged")
    await health.until(lambda status, body: (status, body["status"]) == (200, "healthy"))


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
    assert acked == set(stored), "what was taken is stored and acked, and nothing else is acked"

    await start_bot(database)
    await facts.until("SELECT count(*) FROM raw_signals", 300)
