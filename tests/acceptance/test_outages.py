"""PostgreSQL goes away under load and comes back: nothing lost, nothing doubled, all told."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from livesop_bot.sandbox.demo import ADA, GRACE, INCIDENTS, SUPPORT
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.stopping import pause
from livesop_bot.worker.queue import Pace

OUTAGE = "URGENT: checkout is down, all payments fail with error 502"


async def post_until(slack: SlackServer, stop: asyncio.Event) -> tuple[int, list[str]]:
    """Post small talk, and every tenth time an outage; gives how many, and the outages."""
    calls, posted = [], 0
    while not stop.is_set():
        if posted % 10 == 0:
            calls.append(slack.workspace.post(INCIDENTS, GRACE, f"{OUTAGE} ({posted})")["ts"])
        else:
            slack.workspace.post(SUPPORT, GRACE, f"hello {posted}")
        posted += 1
        await pause(stop, 0.05)
    return posted, calls


@pytest.mark.parametrize("fault", ["stopped", "frozen"])
async def test_20_s_without_postgres_under_load(
    slack: SlackServer,
    private_postgres: Any,
    start_app: Any,
    facts_of: Callable[[str], Any],
    fault: str,
) -> None:
    dsn = private_postgres.dsn
    facts = facts_of(dsn)
    _, health = await start_app(dsn)
    stop = asyncio.Event()
    posting = asyncio.create_task(post_until(slack, stop))
    await facts.until("SELECT count(*) > 20 FROM raw_signals", True)

    if fault == "stopped":
        private_postgres.stop()
    else:
        private_postgres.freeze()
    body = await health.until(lambda status, _: status == 503)
    assert body["checks"]["database"]["status"] == "away"
    if fault == "frozen":
        assert body["checks"]["database"]["problem"] == "no answer within 1 s"
    assert (await health.get("/health/live"))[0] == 200
    assert (await health.get("/health/ready"))[0] == 503
    await health.until(lambda _, body: body["checks"]["spool"]["events"] > 0)
    await asyncio.sleep(20)
    if fault == "stopped":
        private_postgres.start()
    else:
        private_postgres.thaw()

    await health.until(lambda status, _: status == 200)
    stop.set()
    sent, calls = await posting
    await facts.until("SELECT count(*) FROM raw_signals WHERE state <> 'pending'", sent)
    await facts.until("SELECT count(*) FROM runs WHERE post_state = 'posted'", len(calls))
    await facts.idle()
    assert [len(facts.answers(ts)) for ts in calls] == [1] * len(calls)
    assert await facts.value("SELECT count(*) FROM evaluations") == sent
    tries = Counter(one.event_id for one in slack.socket_mode.deliveries)
    assert set(tries.values()) == {1}, "each was acked in time"
    assert await health.metric("livesop_spool_events") == 0


async def test_started_while_postgres_is_away(
    slack: SlackServer, private_postgres: Any, start_app: Any, facts_of: Callable[[str], Any]
) -> None:
    dsn = private_postgres.dsn
    private_postgres.stop()
    _, health = await start_app(dsn, wait="/health/live")
    await slack.socket_mode.wait_for_connections(2)
    message = slack.workspace.post(INCIDENTS, GRACE, OUTAGE)
    (event,) = slack.events.ids(INCIDENTS, message["ts"])
    assert (await slack.socket_mode.acked(event)).acked
    assert (await health.get("/health/ready"))[0] == 503

    private_postgres.start()
    await slack.workspace.wait_for_message(
        lambda posted: posted.get("thread_ts") == message["ts"], timeout=20
    )
    assert len(facts_of(dsn).answers(message["ts"])) == 1


async def test_an_outage_is_no_fault_of_ours_in_the_log(
    slack: SlackServer,
    private_postgres: Any,
    start_app: Any,
    log_events: list[Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Errors are what somebody is called for, and asked to report."""

    async def logged(start: str, times: int) -> None:
        async with asyncio.timeout(20):
            while sum(one["event"].startswith(start) for one in log_events) < times:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    _, health = await start_app(private_postgres.dsn)
    await logged("intake.database_back", 1)
    for number in range(50):
        slack.workspace.post(INCIDENTS, GRACE, f"{OUTAGE} ({number})")
    await logged("signal.stored", 20)
    private_postgres.stop()
    await logged("worker.", 3)
    private_postgres.start()
    await health.until(lambda status, _: status == 200)
    assert [one["event"] for one in log_events if one["log_level"] == "error"] == []
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR] == []


async def test_commands_say_at_once_that_the_database_is_away(
    slack: SlackServer, private_postgres: Any, start_app: Any
) -> None:
    await start_app(private_postgres.dsn)
    private_postgres.freeze()
    outcome = await slack.socket_mode.request(
        "slash_commands",
        {
            "command": "/livesop",
            "text": "status",
            "team_id": slack.workspace.team.id,
            "user_id": ADA,
            "channel_id": SUPPORT,
            "trigger_id": "1.2.3",
            "response_url": f"{slack.page_url}response",
        },
    )
    private_postgres.thaw()
    assert outcome.acked, "Slack waits three seconds"
    assert "database is away" in str(outcome.response)


async def test_a_full_spool_leaves_the_rest_to_slack(
    slack: SlackServer, private_postgres: Any, start_app: Any, facts_of: Callable[[str], Any]
) -> None:
    dsn = private_postgres.dsn
    _, health = await start_app(dsn, livesop_spool_max_mb=1)
    private_postgres.stop()
    big = "x" * 30_000
    for _ in range(40):
        slack.workspace.post(SUPPORT, GRACE, big)
    await health.until(lambda _, body: body["checks"]["spool"]["bytes"] > 900_000)
    unacked = {one.event_id for one in slack.socket_mode.deliveries if one.acked_at is None}
    assert unacked
    body = await health.until(lambda _, body: body["checks"]["spool"]["status"] == "refusing")
    assert any("left to Slack" in reason for reason in body["reasons"])
    private_postgres.start()
    facts = facts_of(dsn)
    await facts.until("SELECT count(*) FROM raw_signals", 40)
    await health.until(lambda status, _: status == 200)


async def test_two_processes_share_the_work_and_double_nothing(
    slack: SlackServer, database: str, start_bot: Any, facts: Any
) -> None:
    await asyncio.gather(start_bot(database), start_bot(database))
    await slack.socket_mode.wait_for_connections(4)
    slack.faults.copies = 1  # each event comes twice, to whichever socket
    calls = [
        slack.workspace.post(INCIDENTS, GRACE, f"{OUTAGE} ({number})")["ts"] for number in range(40)
    ]
    await facts.until("SELECT count(*) FROM runs WHERE post_state = 'posted'", 40)
    await facts.idle()
    assert [len(facts.answers(ts)) for ts in calls] == [1] * 40
    assert await facts.value("SELECT count(*) FROM raw_signals") == 40
    assert await facts.value("SELECT count(*) FROM evaluations") == 40
    used = {one.connection for one in slack.socket_mode.deliveries}
    assert len(used) == 4


async def test_what_one_process_has_no_room_for_another_takes(
    slack: SlackServer, database: str, start_bot: Any, facts: Any
) -> None:
    bots = await asyncio.gather(start_bot(database, "hang"), start_bot(database, "hang"))
    more_than_one_holds = Pace().evaluations + 1
    for number in range(more_than_one_holds):
        slack.workspace.post(SUPPORT, GRACE, f"message {number}")
    under_way = "FROM pgqueuer WHERE entrypoint = 'evaluate' AND status = 'picked'"
    await facts.until(f"SELECT count(*) {under_way}", more_than_one_holds)
    assert await facts.value(f"SELECT count(DISTINCT queue_manager_id) {under_way}") == 2
    for bot in bots:
        await bot.kill()
