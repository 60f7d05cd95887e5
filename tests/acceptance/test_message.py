"""A message's way: stored, evaluated, answered in its thread, once."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

from livesop_bot.sandbox.demo import ADA, GRACE, INCIDENTS, SUPPORT
from livesop_bot.sandbox.faults import AnswerStatus, RateLimited
from livesop_bot.sandbox.server import SlackServer

OUTAGE = (
    "URGENT: checkout is down, all payments fail with error 502 since 10 minutes. "
    "Several enterprise customers are affected."
)


async def test_a_payment_outage_is_answered_in_its_thread(
    slack: SlackServer, database: str, start_app: Any, facts: Any
) -> None:
    await start_app(database)
    message = slack.workspace.post(INCIDENTS, GRACE, OUTAGE)

    answer = await slack.workspace.wait_for_message(
        lambda posted: posted.get("thread_ts") == message["ts"]
    )

    assert "Incident" in answer["text"]
    assert "proposed" in answer["text"]
    assert "%" in answer["text"]
    await facts.idle()
    row = await facts.value("SELECT row_to_json(s)::text FROM raw_signals AS s")
    assert f'"permalink":"{slack.workspace.team.url}archives/{INCIDENTS}/p' in row
    assert await facts.value("SELECT verdict FROM evaluations") == "propose"
    assert await facts.value("SELECT post_state FROM runs") == "posted"
    assert await facts.value("SELECT post_ts FROM runs") == answer["ts"]
    assert len(facts.answers(message["ts"])) == 1


async def test_small_talk_is_stored_and_left_alone(
    slack: SlackServer, database: str, start_app: Any, facts: Any
) -> None:
    await start_app(database)
    message = slack.workspace.post(SUPPORT, ADA, "thanks, have a nice weekend!")

    await facts.until("SELECT reason FROM evaluations", "no_match")
    await facts.idle()
    assert facts.answers(message["ts"]) == []
    assert await facts.value("SELECT count(*) FROM runs") == 0


async def test_the_same_payload_twice_and_ten_times_at_once(
    slack: SlackServer, database: str, start_app: Any, facts: Any
) -> None:
    _, health = await start_app(database)
    event = {"type": "message", "channel": INCIDENTS, "user": GRACE, "text": OUTAGE}
    twice, often = (event | {"ts": slack.workspace.clock.next()} for _ in range(2))

    for _ in range(2):
        await slack.socket_mode.acked(slack.socket_mode.deliver(twice, "EvTwice"))
    for _ in range(10):
        slack.socket_mode.deliver(often, "EvOften")
    await slack.socket_mode.acked("EvOften")

    await facts.until("SELECT count(*) FROM runs WHERE post_state = 'posted'", 2)
    await facts.idle()
    assert await facts.value("SELECT count(*) FROM raw_signals") == 2
    assert await facts.value("SELECT count(*) FROM evaluations") == 2
    deliveries = "SELECT array_agg(deliveries ORDER BY message_ts) FROM raw_signals"
    assert await facts.value(deliveries) == [2, 10]
    for copy in (twice, often):
        assert len(facts.answers(str(copy["ts"]))) == 1
    assert await health.metric("livesop_duplicates_total") == 10


async def test_a_redelivery_is_told_apart_by_slacks_reason_and_everything_is_timed(
    slack: SlackServer,
    database: str,
    start_app: Any,
    facts: Any,
    log_events: list[MutableMapping[str, Any]],
) -> None:
    _, health = await start_app(database)
    slack.faults.drop_acks = True
    message = slack.workspace.post(SUPPORT, GRACE, "hello there")
    (event,) = slack.events.ids(SUPPORT, message["ts"])
    await slack.socket_mode.until(lambda: len(slack.socket_mode.tries(event)) == 2)
    slack.faults.drop_acks = False
    assert (await slack.socket_mode.acked(event)).attempts == 2
    await facts.idle()

    assert [one for one in log_events if one["event"] == "signal.duplicate"] == [
        {
            "event": "signal.duplicate",
            "log_level": "info",
            "event_id": event,
            "team": slack.workspace.team.id,
            "message": f"{SUPPORT}:{message['ts']}",
            "retry_reason": "timeout",
        }
    ]
    assert await health.metric("livesop_duplicates_total", retry_reason="timeout") == 1
    assert await health.metric("livesop_duplicates_total") == 1
    assert await health.metric("livesop_ack_seconds_count") == 2
    assert await health.metric("livesop_store_seconds_count") >= 1  # what is spooled is not timed
    assert await health.metric("livesop_evaluation_seconds_count") == 1


async def test_a_mention_and_its_message_are_one_signal(
    slack: SlackServer, database: str, start_app: Any, facts: Any
) -> None:
    await start_app(database)
    bot = slack.workspace.bot.user_id
    message = slack.workspace.post(INCIDENTS, GRACE, f"<@{bot}> {OUTAGE}")
    ids = slack.events.ids(INCIDENTS, message["ts"])
    assert len(ids) == 2

    await asyncio.gather(*(slack.socket_mode.acked(event) for event in ids))
    await facts.until("SELECT count(*) FROM runs WHERE post_state = 'posted'", 1)
    await facts.idle()
    assert await facts.value("SELECT count(*) FROM raw_signals") == 1
    assert len(facts.answers(message["ts"])) == 1


async def test_an_edit_before_anything_was_done_is_judged_again(
    slack: SlackServer, database: str, start_app: Any, facts: Any
) -> None:
    await start_app(database)
    message = slack.workspace.post(SUPPORT, GRACE, "hello there")
    await facts.until("SELECT count(*) FROM evaluations", 1)

    slack.workspace.edit(SUPPORT, message["ts"], by=GRACE, text=OUTAGE)

    await facts.until("SELECT count(*) FROM runs WHERE post_state = 'posted'", 1)
    assert await facts.value("SELECT array_agg(revision ORDER BY id) FROM evaluations") == [1, 2]
    assert len(facts.answers(message["ts"])) == 1


async def test_a_deletion_takes_the_text_out_of_the_database(
    slack: SlackServer, database: str, start_app: Any, facts: Any
) -> None:
    await start_app(database)
    message = slack.workspace.post(SUPPORT, GRACE, OUTAGE)
    await facts.until("SELECT count(*) FROM runs WHERE post_state = 'posted'", 1)

    slack.workspace.delete(SUPPORT, message["ts"])

    await facts.until("SELECT state FROM raw_signals", "deleted")
    for table in ("raw_signals", "evaluations", "runs", "pgqueuer", "pgqueuer_log"):
        kept = await facts.value(f"SELECT coalesce(string_agg(t::text, ''), '') FROM {table} AS t")
        assert "enterprise customers" not in kept, table


async def test_noise_and_malformed_events_are_acked_and_counted(
    slack: SlackServer, database: str, start_app: Any, facts: Any
) -> None:
    _, health = await start_app(database)
    events: list[dict[str, Any]] = [
        {"type": "message", "subtype": "channel_join", "channel": SUPPORT, "user": GRACE},
        {"type": "reaction_added", "user": GRACE},
        {"type": "message", "channel": 5, "ts": {}},
        {"type": ["?"]},
        {},
    ]
    for event in events:
        outcome = await slack.socket_mode.acked(slack.socket_mode.deliver(event))
        assert (outcome.acked, outcome.attempts) == (True, 1)
    for payload in ({}, {"type": "app_rate_limited"}, "text", None):
        raw = {"type": "events_api", "envelope_id": f"raw-{payload}", "payload": payload}
        assert (await slack.socket_mode.acked(slack.socket_mode.deliver_raw(raw))).acked

    assert await facts.value("SELECT count(*) FROM raw_signals") == 0
    assert await health.metric("livesop_events_total") == 9


async def test_slack_asking_to_wait_delays_the_answer_and_doubles_nothing(
    slack: SlackServer, database: str, start_app: Any, facts: Any
) -> None:
    await start_app(database)
    slack.faults.add("chat.postMessage", RateLimited(1), times=2)
    slack.faults.add("chat.postMessage", AnswerStatus(500))
    message = slack.workspace.post(INCIDENTS, GRACE, OUTAGE)

    await facts.until("SELECT post_state FROM runs", "posted")
    await facts.idle()
    assert len(facts.answers(message["ts"])) == 1
