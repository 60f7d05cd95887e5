"""What the page in the browser asks of the server, and what is pushed to it."""

from typing import Any

import aiohttp
import pytest
from yarl import URL

from livesop_bot.sandbox.demo import ADA, GENERAL, GRACE, LINUS, SUPPORT
from livesop_bot.sandbox.server import SlackServer


async def test_the_state_is_what_one_person_sees(server: SlackServer, page: Any) -> None:
    workspace = server.workspace
    workspace.post(workspace.direct_channel(ADA).id, ADA, "secret")
    workspace.ephemerals.show(workspace.channel(SUPPORT), ADA, "only for Ada")
    state = await page("state", user=GRACE)
    assert state["team"] == {
        "id": "T0SANDBOX",
        "name": "Acme (sandbox)",
        "url": "https://acme.sandbox.slack.invalid/",
    }
    assert (state["me"]["id"], state["me"]["initials"]) == (GRACE, "G")
    assert [user["is_bot"] for user in state["users"]] == [False, False, False, True]
    assert [user["is_admin"] for user in state["users"]] == [True, False, False, False]
    assert [c["name"] for c in state["channels"] if not c["is_im"]] == [
        "general",
        "support",
        "incidents",
        "bugs",
        "status",
    ]
    assert [c["id"] for c in state["channels"] if c["is_im"]] == ["D0GRACE001"]
    assert set(state["messages"]) == {c["id"] for c in state["channels"]}
    assert state["ephemerals"] == []
    assert state["home"] is None
    assert state["bot"] == {"user_id": "U0LIVESOP1", "name": "livesop", "connections": 0}
    assert state["commands"][0]["command"] == "/livesop"
    for stop in state["tour"]:
        assert stop["channel"] in state["messages"]
        assert stop["user"] in {user["id"] for user in state["users"]}


async def test_the_first_visit_is_as_the_first_person(page: Any) -> None:
    assert (await page("state"))["me"]["id"] == ADA


async def test_a_port_that_is_taken_is_an_error(server: SlackServer) -> None:
    port = URL(server.page_url).port
    assert port
    with pytest.raises(OSError, match="address already in use"):
        await SlackServer(server.workspace, port=port).__aenter__()


async def test_messages_are_pushed_to_every_page(server: SlackServer, page: Any) -> None:
    async with (
        aiohttp.ClientSession(server.page_url) as session,
        session.ws_connect(f"/page/socket?user={LINUS}") as pushes,
    ):
        root = await page("post_message", user=GRACE, channel=SUPPORT, text="hi @livesop")
        push = await pushes.receive_json(timeout=2)
        assert (push["push"], push["channel"]) == ("message", SUPPORT)
        assert push["message"]["text"] == "hi <@U0LIVESOP1>"

        await page("post_message", user=ADA, channel=SUPPORT, text="re", thread_ts=root["ts"])
        reply, grown = [await pushes.receive_json(timeout=2) for _ in range(2)]
        assert reply["message"]["thread_ts"] == root["ts"]
        assert (grown["push"], grown["message"]["reply_count"]) == ("message_changed", 1)

        ts = reply["message"]["ts"]
        await page("edit_message", user=ADA, channel=SUPPORT, ts=ts, text="re & re")
        edited = await pushes.receive_json(timeout=2)
        assert edited["push"] == "message_changed"
        assert edited["message"]["text"] == "re &amp; re"
        assert edited["message"]["edited"]["user"] == ADA

        await page("delete_message", user=ADA, channel=SUPPORT, ts=ts)
        deleted, grown = [await pushes.receive_json(timeout=2) for _ in range(2)]
        assert deleted == {"push": "message_deleted", "channel": SUPPORT, "ts": ts}
        assert "reply_count" not in grown["message"]


async def test_private_pushes_go_to_the_person_alone(server: SlackServer, page: Any) -> None:
    workspace = server.workspace
    async with (
        aiohttp.ClientSession(server.page_url) as session,
        session.ws_connect(f"/page/socket?user={ADA}") as ada,
        session.ws_connect(f"/page/socket?user={GRACE}") as grace,
    ):
        await page("state", user=ADA)
        shown = workspace.ephemerals.show(workspace.channel(SUPPORT), ADA, "psst")
        workspace.ephemerals.hide(shown["ts"])
        view = {
            "type": "modal",
            "title": {"type": "plain_text", "text": "T"},
            "blocks": [{"type": "divider"}],
        }
        made = workspace.views.open(ADA, view)
        workspace.views.close(ADA, made["id"])
        workspace.views.publish(ADA, {"type": "home", "blocks": [{"type": "divider"}]})
        workspace.post(workspace.direct_channel(ADA).id, workspace.bot.user_id, "dm")
        workspace.post(GENERAL, LINUS, "for all")
        kinds = [(await ada.receive_json(timeout=2))["push"] for _ in range(7)]
        assert kinds == [
            "ephemeral",
            "ephemeral_deleted",
            "view_opened",
            "view_closed",
            "home",
            "message",
            "message",
        ]
        assert (await grace.receive_json(timeout=2))["message"]["text"] == "for all"


async def test_the_number_of_the_bots_sockets_is_pushed(server: SlackServer, listen: Any) -> None:
    async with (
        aiohttp.ClientSession(server.page_url) as session,
        session.ws_connect(f"/page/socket?user={ADA}") as pushes,
    ):
        await listen(server)
        assert await pushes.receive_json(timeout=2) == {"push": "connections", "count": 1}


@pytest.mark.parametrize(
    ("verb", "body", "words"),
    [
        ("state", {"user": "U0NOBODY"}, "There is no such person."),
        ("post_message", {"user": ADA, "text": "x"}, "missing required field: channel"),
        ("post_message", {"user": ADA, "channel": SUPPORT, "text": " "}, "There is nothing"),
        ("post_message", {"user": ADA, "channel": SUPPORT, "text": "x" * 40_001}, "Too long: "),
        ("post_message", {"user": ADA, "channel": "D0GRACE001", "text": "x"}, "There is no such"),
        ("edit_message", {"user": ADA, "channel": SUPPORT, "ts": "1.0", "text": "x"}, "The mes"),
        ("view_submit", {"user": ADA, "view_id": "V1", "values": {}}, "This is no longer open."),
        ("view_submit", {"user": ADA, "view_id": "V1"}, "values must be an object"),
        ("block_action", {"user": ADA, "container": 1}, "container and action"),
        ("fault", {"kind": "{flood}"}, "There is no fault called {flood}."),
    ],
)
async def test_a_request_that_cannot_be_done_says_why(
    page: Any, verb: str, body: dict[str, Any], words: str
) -> None:
    answer = await page(verb, **body)
    assert answer["ok"] is False
    assert answer["error"].startswith(words)


async def test_only_the_author_changes_a_message(server: SlackServer, page: Any) -> None:
    ts = server.workspace.post(SUPPORT, GRACE, "mine")["ts"]
    for verb in ("edit_message", "delete_message"):
        answer = await page(verb, user=ADA, channel=SUPPORT, ts=ts, text="x")
        assert answer["error"] == "Only its author can change this message."


async def test_a_message_for_one_person_is_dismissed_by_that_person(
    server: SlackServer, page: Any
) -> None:
    workspace = server.workspace
    ts = workspace.ephemerals.show(workspace.channel(SUPPORT), ADA, "psst")["ts"]
    assert (await page("dismiss", user=GRACE, ts=ts))["error"] == "The message is gone."
    assert (await page("dismiss", user=ADA, ts=ts))["ok"]
    assert (await page("state", user=ADA))["ephemerals"] == []


async def test_faults_can_be_tried_by_hand(server: SlackServer, page: Any, listen: Any) -> None:
    await listen(server)
    old = set(server.socket_mode.connections)
    assert (await page("fault", kind="refresh"))["ok"]
    await server.socket_mode.until(lambda: bool(set(server.socket_mode.connections) - old))
    for kind in ("duplicates", "drop_acks", "no_handshakes", "api_down"):
        assert (await page("fault", kind=kind))["ok"]
    assert server.faults.refuse_handshakes
    assert (await page("fault", kind="clear"))["ok"]
    assert not server.faults.refuse_handshakes


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example:80"},
    ],
)
async def test_foreign_pages_are_kept_out(server: SlackServer, headers: dict[str, str]) -> None:
    before = len(server.workspace.channel(SUPPORT).messages)
    body = {"user": ADA, "channel": SUPPORT, "text": "x"}
    async with aiohttp.ClientSession(server.page_url, headers=headers) as session:
        async with session.post("/page/api/post_message", json=body) as response:
            assert response.status == 403
        async with session.get("/") as response:
            assert response.status == 403
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await session.ws_connect(f"/page/socket?user={ADA}")
        assert refusal.value.status == 403
    assert len(server.workspace.channel(SUPPORT).messages) == before


async def test_its_own_page_is_let_in(server: SlackServer) -> None:
    origin = {"Origin": server.page_url.rstrip("/")}
    async with (
        aiohttp.ClientSession(server.page_url, headers=origin) as session,
        session.post("/page/api/state", json={"user": ADA}) as response,
    ):
        assert (await response.json())["ok"]


async def test_only_json_is_read(server: SlackServer) -> None:
    """A cross-site form can post without asking first; it cannot post JSON."""
    async with aiohttp.ClientSession(server.page_url) as session:
        for body, kind, status in (
            ('{"user": "x"}', "text/plain", 415),
            ("{", "application/json", 400),
            ("[]", "application/json", 400),
        ):
            async with session.post(
                "/page/api/state", data=body, headers={"Content-Type": kind}
            ) as response:
                assert response.status == status


@pytest.mark.parametrize(
    "path", ["/page/nothing.js", "/page/..%2Fserver.py", "/page/%2e%2e", "/page/__init__.py"]
)
async def test_only_the_pages_files_are_served(server: SlackServer, path: str) -> None:
    url = URL(server.page_url.rstrip("/") + path, encoded=True)
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        assert response.status == 404


async def test_the_page_is_served_fresh_and_confined(server: SlackServer) -> None:
    async with aiohttp.ClientSession(server.page_url) as session, session.get("/") as response:
        assert response.status == 200
        assert response.content_type == "text/html"
        assert response.headers["Cache-Control"] == "no-store"
        policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self'; img-src 'self' data:; style-src 'self'; ")
    assert "unsafe" not in policy
