"""Socket Mode as the real client sees it: delivery, acks, redelivery, ends of sockets."""

import itertools
from collections import Counter
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.sandbox.demo import GRACE, SUPPORT
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.sandbox.timing import Timing

EVENT = {"type": "message", "channel": SUPPORT, "user": GRACE, "ts": "1.000001", "text": "hi"}


async def test_an_event_reaches_the_app_in_slacks_shape_and_its_ack_is_timed(
    server: SlackServer, listen: Any
) -> None:
    arrived = await listen(server)
    message = server.workspace.post(SUPPORT, GRACE, "The printer is on fire")
    (event_id,) = server.events.ids(SUPPORT, message["ts"])
    outcome = await server.socket_mode.acked(event_id)

    assert (outcome.acked, outcome.attempts) == (True, 1)
    (delivery,) = server.socket_mode.tries(event_id)
    assert delivery.sent_at is not None
    assert delivery.acked_at is not None
    assert outcome.latency == delivery.acked_at - delivery.sent_at > 0
    (request,) = arrived
    assert (request.type, request.retry_attempt) == ("events_api", 0)
    payload = request.payload
    assert payload["event_id"] == event_id
    assert payload["type"] == "event_callback"
    assert payload["team_id"] == payload["authorizations"][0]["team_id"] == "T0SANDBOX"
    event = payload["event"]
    assert event["text"] == "The printer is on fire"
    assert (event["channel"], event["channel_type"], event["user"]) == (SUPPORT, "channel", GRACE)
    assert event["ts"] == event["event_ts"] == message["ts"]
    assert event["client_msg_id"]


async def test_an_event_without_ack_comes_again_three_times_with_its_event_id(
    server: SlackServer, listen: Any
) -> None:
    arrived = await listen(server, ack=False)
    event_id = server.socket_mode.deliver(EVENT, "Ev0NOACK")
    outcome = await server.socket_mode.acked(event_id)

    assert (outcome.acked, outcome.attempts, outcome.latency) == (False, 4, None)
    assert [(r.retry_attempt, r.retry_reason) for r in arrived] == [
        (0, ""),
        (1, "timeout"),
        (2, "timeout"),
        (3, "timeout"),
    ]
    assert {request.payload["event_id"] for request in arrived} == {"Ev0NOACK"}
    assert len({request.envelope_id for request in arrived}) == 4
    sent = [delivery.sent_at or 0.0 for delivery in server.socket_mode.tries(event_id)]
    gaps = [later - earlier for earlier, later in itertools.pairwise(sent)]
    assert [gap >= least for gap, least in zip(gaps, (0.2, 0.25, 0.3), strict=True)] == [True] * 3


async def test_a_late_ack_of_an_earlier_try_does_not_settle_the_event(
    server: SlackServer, listen: Any
) -> None:
    await listen(server)
    server.socket_mode.hold_acks()
    event_id = server.socket_mode.deliver(EVENT)
    await server.socket_mode.until(lambda: len(server.socket_mode.tries(event_id)) == 2)
    server.socket_mode.release_acks()
    outcome = await server.socket_mode.acked(event_id)

    assert outcome.acked
    assert outcome.attempts == 2
    assert server.socket_mode.stray_acks == 1


async def test_with_no_socket_open_the_retry_is_the_only_delivery(serve: Any, listen: Any) -> None:
    server = await serve(Timing())
    event_id = server.socket_mode.deliver(EVENT)
    arrived = await listen(server)
    outcome = await server.socket_mode.acked(event_id)

    assert outcome.acked
    assert [(r.retry_attempt, r.retry_reason) for r in arrived] == [(1, "connection_failed")]
    assert [try_.connection is None for try_ in server.socket_mode.tries(event_id)] == [True, False]


async def test_with_no_socket_at_all_the_event_is_given_up(server: SlackServer) -> None:
    outcome = await server.socket_mode.acked(server.socket_mode.deliver(EVENT))
    assert (outcome.acked, outcome.attempts) == (False, 0)


async def test_sockets_share_the_events(server: SlackServer, listen: Any) -> None:
    arrived = await listen(server, sockets=2)
    ids = [server.socket_mode.deliver(EVENT) for _ in range(10)]
    for event_id in ids:
        await server.socket_mode.acked(event_id)
    shares = Counter(delivery.connection for delivery in server.socket_mode.deliveries)
    assert sorted(shares.values()) == [5, 5]
    assert len(arrived) == 10


async def test_duplicates_carry_the_same_envelope(server: SlackServer, listen: Any) -> None:
    arrived = await listen(server, sockets=2)
    server.faults.copies = 1
    await server.socket_mode.acked(server.socket_mode.deliver(EVENT))
    await server.socket_mode.until(lambda: server.socket_mode.stray_acks == 1)
    assert len(arrived) == 2
    assert arrived[0].envelope_id == arrived[1].envelope_id


async def test_dropped_acks_bring_redelivery(server: SlackServer, listen: Any) -> None:
    await listen(server)
    server.faults.drop_acks = True
    event_id = server.socket_mode.deliver(EVENT)
    await server.socket_mode.until(lambda: len(server.socket_mode.tries(event_id)) == 2)
    server.faults.clear()
    assert (await server.socket_mode.acked(event_id)).acked


async def test_a_malformed_envelope_goes_out_as_it_is(server: SlackServer, listen: Any) -> None:
    arrived = await listen(server)
    key = server.socket_mode.deliver_raw(
        {"type": "events_api", "envelope_id": "e-1", "payload": {"strange": [1]}}
    )
    assert (await server.socket_mode.acked(key)).acked
    assert arrived[0].payload == {"strange": [1]}


async def test_a_frame_that_is_no_ack_is_survived(server: SlackServer) -> None:
    async with aiohttp.ClientSession() as session:
        url = await _open(server)
        async with session.ws_connect(url) as socket:
            hello = await socket.receive_json()
            for nonsense in ("", "{", "[]", '"x"', "{}", '{"envelope_id": ["a"]}'):
                await socket.send_str(nonsense)
            event_id = server.socket_mode.deliver(EVENT)
            envelope = await socket.receive_json()
            await socket.send_json({"envelope_id": envelope["envelope_id"]})
            assert (await server.socket_mode.acked(event_id)).acked
    assert hello["type"] == "hello"
    assert hello["num_connections"] == 1
    assert hello["connection_info"] == {"app_id": server.workspace.bot.app_id}


async def test_a_refresh_closes_the_socket_and_the_client_comes_back(
    server: SlackServer, listen: Any
) -> None:
    arrived = await listen(server, sockets=2)
    old = set(server.socket_mode.connections)
    server.socket_mode.disconnect("refresh_requested")
    await server.socket_mode.until(lambda: len(set(server.socket_mode.connections) - old) == 2)
    await server.socket_mode.acked(server.socket_mode.deliver(EVENT))
    assert len(arrived) == 1


async def test_a_socket_that_was_told_to_go_is_closed_when_it_stays(server: SlackServer) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(await _open(server)) as ws:
        await ws.receive_json()
        server.socket_mode.disconnect("link_disabled")
        frame = await ws.receive_json()
        assert (frame["type"], frame["reason"]) == ("disconnect", "link_disabled")
        server.socket_mode.deliver(EVENT)
        assert (await ws.receive(timeout=2)).type is aiohttp.WSMsgType.CLOSE


async def test_after_an_abrupt_cut_the_client_comes_back_and_the_event_again(
    server: SlackServer, listen: Any
) -> None:
    await listen(server)
    server.socket_mode.hold_acks()
    event_id = server.socket_mode.deliver(EVENT)
    server.socket_mode.cut()
    assert server.socket_mode.open == []
    server.socket_mode.release_acks()
    await server.socket_mode.wait_for_connections(1)
    outcome = await server.socket_mode.acked(event_id)
    assert outcome.acked
    assert outcome.attempts >= 2


async def test_a_silent_socket_answers_no_ping_and_gets_no_event_through(
    server: SlackServer,
) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(await _open(server), autoping=False) as ws,
    ):
        await ws.receive_json()
        await ws.ping(b"one")
        assert (await ws.receive(timeout=1)).type is aiohttp.WSMsgType.PONG
        server.socket_mode.silence()
        await ws.ping(b"two")
        event_id = server.socket_mode.deliver(EVENT)
        with pytest.raises(TimeoutError):
            await ws.receive(timeout=0.1)
        assert not (await server.socket_mode.acked(event_id)).acked
        server.socket_mode.cut()


async def test_a_new_socket_can_be_silent_from_the_start(server: SlackServer) -> None:
    server.faults.silent_sockets = True
    async with aiohttp.ClientSession() as session, session.ws_connect(await _open(server)) as ws:
        with pytest.raises(TimeoutError):
            await ws.receive(timeout=0.05)
        server.socket_mode.cut()


async def test_a_ticket_is_good_once(server: SlackServer) -> None:
    async with aiohttp.ClientSession() as session:
        url = await _open(server)
        async with session.ws_connect(url):
            await _refused(session, url, 404)


async def test_a_ticket_expires(serve: Any) -> None:
    server = await serve(Timing(ticket_life=0))
    async with aiohttp.ClientSession() as session:
        await _refused(session, await _open(server), 404)


async def test_handshakes_can_be_refused_for_a_while(server: SlackServer, listen: Any) -> None:
    server.faults.refuse_handshakes = True
    async with aiohttp.ClientSession() as session:
        await _refused(session, await _open(server), 503)
    server.faults.clear()
    await listen(server)


async def test_the_eleventh_socket_is_turned_away(server: SlackServer) -> None:
    async with aiohttp.ClientSession() as session:
        sockets = [await session.ws_connect(await _open(server)) for _ in range(11)]
        frame = await sockets[-1].receive_json()
        assert (frame["type"], frame["reason"]) == ("disconnect", "too_many_websockets")
        assert len(server.socket_mode.open) == 10
        for socket in sockets:
            await socket.close()


async def test_a_burst_is_acked_without_a_retry(server: SlackServer, listen: Any) -> None:
    await listen(server, sockets=2)
    ids = [server.socket_mode.deliver(EVENT) for _ in range(200)]
    outcomes = [await server.socket_mode.acked(event_id) for event_id in ids]
    assert {outcome.attempts for outcome in outcomes} == {1}


async def _open(server: SlackServer) -> str:
    client = AsyncWebClient(base_url=server.api_url)
    answer = await client.apps_connections_open(app_token=server.app_token)
    return str(answer["url"])


async def _refused(session: aiohttp.ClientSession, url: str, status: int) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await session.ws_connect(url)
    assert refusal.value.status == status
