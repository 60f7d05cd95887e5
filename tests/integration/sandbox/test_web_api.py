"""The Web API as slack_sdk's client sees it: answers, refusals, limits, faults."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.sandbox.changes import EphemeralShown
from livesop_bot.sandbox.demo import ADA, GRACE, LINUS, SUPPORT
from livesop_bot.sandbox.faults import (
    AnswerError,
    AnswerStatus,
    HandledUnanswered,
    NeverHandled,
    RateLimited,
)
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.sandbox.timing import Timing

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "hello"}}


async def test_who_am_i_and_with_which_scopes(client: AsyncWebClient) -> None:
    answer = await client.auth_test()
    assert (answer["team_id"], answer["user"]) == ("T0SANDBOX", "livesop")
    assert answer["url"] == "https://acme.sandbox.slack.invalid/"
    assert "chat:write" in answer.headers["x-oauth-scopes"].split(",")
    bot = await client.bots_info(bot=answer["bot_id"])
    assert bot["bot"]["user_id"] == answer["user_id"]
    assert (await client.team_info())["team"]["name"] == "Acme (sandbox)"


async def test_people_and_whether_they_are_admins(client: AsyncWebClient) -> None:
    assert (await client.users_info(user=ADA))["user"]["is_admin"] is True
    assert (await client.users_info(user=GRACE))["user"]["is_admin"] is False
    members = [user async for part in await client.users_list(limit=2) for user in part["members"]]
    assert len({user["id"] for user in members}) == 4
    assert [user["is_bot"] for user in members] == [False, False, False, True]


async def test_channels_are_listed_in_parts(client: AsyncWebClient) -> None:
    answer = await client.conversations_list(limit=3)
    names = [channel["name"] async for part in answer for channel in part["channels"]]
    assert sorted(names) == ["bugs", "general", "incidents", "status", "support"]
    direct = await client.conversations_list(types="im")
    assert {channel["user"] for channel in direct["channels"]} == {ADA, GRACE, LINUS}
    mine = await client.users_conversations(types="public_channel")
    assert len(mine["channels"]) == 5
    info = await client.conversations_info(channel=SUPPORT)
    assert info["channel"]["is_member"] is True
    members = await client.conversations_members(channel=SUPPORT)
    assert GRACE in members["members"]


async def test_a_message_its_thread_and_its_metadata(
    server: SlackServer, client: AsyncWebClient
) -> None:
    metadata = {"event_type": "step_done", "event_payload": {"key": "k-1"}}
    root = server.workspace.post(SUPPORT, GRACE, "The printer is on fire")
    posted = await client.chat_postMessage(
        channel=SUPPORT, thread_ts=root["ts"], text="t", blocks=[SECTION], metadata=metadata
    )
    assert posted["message"]["thread_ts"] == root["ts"]
    assert posted["message"]["blocks"][0]["block_id"]

    plain = await client.conversations_replies(channel=SUPPORT, ts=root["ts"])
    whole = await client.conversations_replies(
        channel=SUPPORT, ts=root["ts"], include_all_metadata=True
    )
    assert [m["ts"] for m in whole["messages"]] == [root["ts"], posted["ts"]]
    assert whole["messages"][0]["reply_count"] == 1
    assert whole["messages"][1]["metadata"] == metadata
    assert "metadata" not in plain["messages"][1]

    link = await client.chat_getPermalink(channel=SUPPORT, message_ts=posted["ts"])
    dotless = posted["ts"].replace(".", "")
    assert link["permalink"] == (
        f"https://acme.sandbox.slack.invalid/archives/{SUPPORT}/p{dotless}"
        f"?thread_ts={root['ts']}&cid={SUPPORT}"
    )


async def test_history_is_newest_first_without_replies_and_in_bounds(
    server: SlackServer, client: AsyncWebClient
) -> None:
    first, second, third = (server.workspace.post(SUPPORT, GRACE, text) for text in "abc")
    server.workspace.post(SUPPORT, ADA, "reply", thread_ts=first["ts"])
    answer = await client.conversations_history(channel=SUPPORT, oldest=first["ts"])
    assert [m["text"] for m in answer["messages"]] == ["c", "b"]
    answer = await client.conversations_history(
        channel=SUPPORT, oldest=first["ts"], latest=second["ts"], inclusive=True
    )
    assert [m["text"] for m in answer["messages"]] == ["b", "a"]
    answer = await client.conversations_history(channel=SUPPORT, limit=1)
    assert (answer["has_more"], answer["messages"][0]["ts"]) == (True, third["ts"])
    texts = [m["text"] async for part in answer for m in part["messages"]]
    assert texts[:3] == ["c", "b", "a"]


async def test_update_replaces_and_delete_removes(
    server: SlackServer, client: AsyncWebClient
) -> None:
    posted = await client.chat_postMessage(channel=SUPPORT, text="one", blocks=[SECTION])
    ts = posted["ts"]
    header = {"type": "header", "text": {"type": "plain_text", "text": "two"}}
    updated = await client.chat_update(channel=SUPPORT, ts=ts, text="two", blocks=[header])
    assert updated["message"]["blocks"][0]["type"] == "header"
    assert "edited" not in updated["message"]
    updated = await client.chat_update(channel=SUPPORT, ts=ts, text="three")
    assert "blocks" not in updated["message"]
    assert updated["message"]["edited"]["user"] == server.workspace.bot.user_id
    await client.chat_delete(channel=SUPPORT, ts=ts)
    assert ts not in server.workspace.channel(SUPPORT).messages


async def test_direct_messages_are_opened_by_a_persons_id(
    server: SlackServer, client: AsyncWebClient
) -> None:
    opened = await client.conversations_open(users=GRACE)
    posted = await client.chat_postMessage(channel=GRACE, text="hello")
    assert posted["channel"] == opened["channel"]["id"]
    assert posted["channel"].startswith("D")


async def test_only_one_person_sees_an_ephemeral_message(
    server: SlackServer, client: AsyncWebClient
) -> None:
    answer = await client.chat_postEphemeral(channel=SUPPORT, user=GRACE, text="psst")
    shown = server.workspace.ephemerals[answer["message_ts"]]
    assert isinstance(shown, EphemeralShown)
    assert (shown.user, shown.message["text"]) == (GRACE, "psst")
    assert answer["message_ts"] not in server.workspace.channel(SUPPORT).messages


async def test_forms_json_and_query_mean_the_same(server: SlackServer) -> None:
    args = {"channel": SUPPORT, "text": "x", "blocks": json.dumps([SECTION])}
    token = {"token": server.bot_token}
    header = {"Authorization": f"Bearer {server.bot_token}"}
    url = server.api_url + "chat.postMessage"
    async with aiohttp.ClientSession() as session:
        for kwargs in (
            {"data": args | token},
            {"params": args, "headers": header},
            {"json": args | {"blocks": [SECTION]}, "headers": header},
        ):
            async with session.post(url, **kwargs) as response:
                answer = await response.json()
            assert answer["ok"], answer
            assert answer["message"]["blocks"][0]["text"]["text"] == "hello"


@pytest.mark.parametrize(
    ("method", "args", "error"),
    [
        ("no.such.method", {}, "unknown_method"),
        ("chat.postMessage", {"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": SUPPORT}, "no_text"),
        ("chat.postMessage", {"channel": SUPPORT, "text": "x" * 40_001}, "msg_too_long"),
        ("chat.postMessage", {"text": "x"}, "invalid_arguments"),
        ("chat.postMessage", {"channel": SUPPORT, "blocks": "{"}, "invalid_blocks_format"),
        ("chat.postMessage", {"channel": SUPPORT, "blocks": [{}]}, "invalid_blocks"),
        (
            "chat.postMessage",
            {"channel": SUPPORT, "text": "x", "thread_ts": "0"},
            "invalid_thread_ts",
        ),
        (
            "chat.postMessage",
            {"channel": SUPPORT, "text": "x", "metadata": {"event_type": 1}},
            "invalid_metadata_format",
        ),
        ("chat.update", {"channel": SUPPORT, "ts": "1.000000", "text": "x"}, "message_not_found"),
        ("chat.delete", {"channel": SUPPORT, "ts": "1.000000"}, "message_not_found"),
        (
            "chat.postEphemeral",
            {"channel": SUPPORT, "user": "U0NOBODY", "text": "x"},
            "user_not_in_channel",
        ),
        ("chat.getPermalink", {"channel": SUPPORT, "message_ts": "1.0"}, "message_not_found"),
        ("conversations.replies", {"channel": SUPPORT, "ts": "1.000000"}, "thread_not_found"),
        ("conversations.history", {"channel": SUPPORT, "limit": "none"}, "invalid_limit"),
        ("conversations.history", {"channel": SUPPORT, "cursor": "?"}, "invalid_cursor"),
        ("conversations.history", {"channel": SUPPORT, "oldest": "?"}, "invalid_ts_oldest"),
        ("conversations.list", {"types": "everything"}, "invalid_types"),
        ("reactions.add", {"channel": SUPPORT}, "missing_scope"),
        ("users.info", {"user": "U0NOBODY"}, "user_not_found"),
        ("bots.info", {"bot": "B0NOBODY"}, "bot_not_found"),
        ("views.publish", {"user_id": ADA, "view": {"type": "modal"}}, "invalid_arguments"),
        ("views.open", {"trigger_id": "1.2.3"}, "invalid_arguments"),
        ("apps.connections.open", {}, "not_allowed_token_type"),
    ],
)
async def test_what_slack_refuses_is_refused(
    client: AsyncWebClient, method: str, args: dict[str, Any], error: str
) -> None:
    with pytest.raises(SlackApiError) as refusal:
        await client.api_call(method, json=args)
    assert refusal.value.response["error"] == error
    assert refusal.value.response.status_code == 200


async def test_a_channel_without_the_bot_is_closed_to_it(
    server: SlackServer, client: AsyncWebClient
) -> None:
    server.workspace.add_channel("C0SECRET01", "secret", members={ADA})
    for call in (
        client.chat_postMessage(channel="C0SECRET01", text="x"),
        client.conversations_history(channel="C0SECRET01"),
    ):
        with pytest.raises(SlackApiError, match="not_in_channel"):
            await call


async def test_others_messages_are_not_the_bots_to_change(
    server: SlackServer, client: AsyncWebClient
) -> None:
    ts = server.workspace.post(SUPPORT, GRACE, "mine")["ts"]
    with pytest.raises(SlackApiError, match="cant_update_message"):
        await client.chat_update(channel=SUPPORT, ts=ts, text="x")
    with pytest.raises(SlackApiError, match="cant_delete_message"):
        await client.chat_delete(channel=SUPPORT, ts=ts)


async def test_reactions_and_joining_work_with_their_scopes(
    server: SlackServer, client: AsyncWebClient
) -> None:
    server.scopes.update({"reactions:write", "channels:join"})
    server.workspace.add_channel("C0LATER001", "later", members={ADA})
    await client.conversations_join(channel="C0LATER001")
    posted = await client.chat_postMessage(channel="#later", text="x")
    await client.reactions_add(channel="C0LATER001", timestamp=posted["ts"], name="eyes")
    (message,) = server.workspace.channel("C0LATER001").messages.values()
    assert message["reactions"][0]["name"] == "eyes"
    with pytest.raises(SlackApiError, match="already_reacted"):
        await client.reactions_add(channel="C0LATER001", timestamp=posted["ts"], name="eyes")


@pytest.mark.parametrize(
    ("token", "error"), [("", "not_authed"), ("xoxb-somebody-else", "invalid_auth")]
)
async def test_tokens_are_checked(server: SlackServer, token: str, error: str) -> None:
    client = AsyncWebClient(token=token, base_url=server.api_url)
    with pytest.raises(SlackApiError, match=error):
        await client.auth_test()
    with pytest.raises(SlackApiError, match=error):
        await client.apps_connections_open(app_token=token)


async def test_a_missing_scope_is_named(server: SlackServer, client: AsyncWebClient) -> None:
    server.scopes.remove("chat:write")
    with pytest.raises(SlackApiError) as refusal:
        await client.chat_postMessage(channel=SUPPORT, text="x")
    assert refusal.value.response["error"] == "missing_scope"
    assert refusal.value.response["needed"] == "chat:write"


async def test_posts_are_limited_per_channel_with_retry_after(serve: Any) -> None:
    server = await serve(Timing(posts_per_second=2, posts_burst=2))
    client = AsyncWebClient(token=server.bot_token, base_url=server.api_url)
    for _ in range(2):
        await client.chat_postMessage(channel=SUPPORT, text="x")
    with pytest.raises(SlackApiError) as refusal:
        await client.chat_postMessage(channel=SUPPORT, text="x")
    assert refusal.value.response.status_code == 429
    assert refusal.value.response["error"] == "ratelimited"
    assert refusal.value.response.headers["Retry-After"] == "1"
    await client.chat_postMessage(channel=GRACE, text="another channel is free")


async def test_a_client_that_honours_429_gets_through(
    server: SlackServer, client: AsyncWebClient
) -> None:
    client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=1))
    server.faults.add("chat.postMessage", RateLimited(retry_after=1))
    assert (await client.chat_postMessage(channel=SUPPORT, text="x"))["ok"]


async def test_faults_happen_as_often_as_asked_and_in_order(
    server: SlackServer, client: AsyncWebClient
) -> None:
    server.faults.add("chat.postMessage", AnswerError("fatal_error"), times=2)
    server.faults.add("chat.postMessage", AnswerStatus(500))
    for expected in (200, 200, 500):
        with pytest.raises(SlackApiError) as refusal:
            await client.chat_postMessage(channel=SUPPORT, text="x")
        assert refusal.value.response.status_code == expected
    assert (await client.chat_postMessage(channel=SUPPORT, text="x"))["ok"]


async def test_every_method_can_be_down_at_once(
    server: SlackServer, client: AsyncWebClient
) -> None:
    server.faults.every_method = AnswerStatus(503)
    for call in (client.auth_test(), client.users_info(user=ADA)):
        with pytest.raises(SlackApiError):
            await call
    server.faults.clear()
    await client.auth_test()


@pytest.mark.parametrize(("fault", "posted"), [(NeverHandled(), 0), (HandledUnanswered(), 1)])
async def test_a_call_can_time_out_before_or_after_it_was_done(
    server: SlackServer, fault: NeverHandled | HandledUnanswered, posted: int
) -> None:
    client = AsyncWebClient(token=server.bot_token, base_url=server.api_url, timeout=1)
    before = len(server.workspace.channel(SUPPORT).messages)
    server.faults.add("chat.postMessage", fault)
    with pytest.raises(asyncio.TimeoutError):
        await client.chat_postMessage(channel=SUPPORT, text="x")
    assert len(server.workspace.channel(SUPPORT).messages) - before == posted


async def test_refused_blocks_say_why(client: AsyncWebClient) -> None:
    header = {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}
    with pytest.raises(SlackApiError) as refusal:
        await client.chat_postMessage(channel=SUPPORT, text="x", blocks=[SECTION, header])
    assert refusal.value.response["error"] == "invalid_blocks"
    (why,) = refusal.value.response["response_metadata"]["messages"]
    assert why == "[ERROR] blocks/1/text: must be less than 151 characters, not 151"


async def test_a_posted_message_has_a_limit_for_all_of_its_blocks(client: AsyncWebClient) -> None:
    long = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2540}}
    posted = await client.chat_postMessage(channel=SUPPORT, text="x", blocks=[long] * 5)
    own = {"channel": SUPPORT, "ts": posted["ts"]}
    for refused, error in (
        (client.chat_postMessage(channel=SUPPORT, text="x", blocks=[long] * 6), "blocks_too_long"),
        (client.chat_update(**own, text="x", blocks=[long] * 6), "blocks_too_long"),
        (client.chat_update(**own, text="x" * 4001), "msg_too_long"),
    ):
        with pytest.raises(SlackApiError, match=error):
            await refused


async def test_a_home_tab_is_published_and_guarded_by_its_hash(
    server: SlackServer, client: AsyncWebClient
) -> None:
    view = {"type": "home", "blocks": [SECTION]}
    first = await client.views_publish(user_id=ADA, view=view)
    second = await client.views_publish(user_id=ADA, view=view, hash=first["view"]["hash"])
    assert second["view"]["id"] == first["view"]["id"]
    with pytest.raises(SlackApiError, match="hash_conflict"):
        await client.views_publish(user_id=ADA, view=view, hash=first["view"]["hash"])
    assert server.workspace.views.homes[ADA]["hash"] == second["view"]["hash"]
