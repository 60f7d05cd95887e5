"""Commands, buttons and modals between the page's API and a Bolt app."""

import asyncio
from functools import partial
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.sandbox.changes import Change, EphemeralGone, EphemeralShown, ViewClosed, ViewShown
from livesop_bot.sandbox.demo import ADA, GRACE, SUPPORT
from livesop_bot.sandbox.server import SlackServer

BUTTON = {
    "type": "actions",
    "block_id": "choices",
    "elements": [
        {
            "type": "button",
            "action_id": "approve",
            "value": "run-7",
            "text": {"type": "plain_text", "text": "Approve"},
        }
    ],
}
PRESS = {"type": "button", "action_id": "approve", "block_id": "choices", "value": "run-7"}


def modal(name: str = "First", **fields: Any) -> dict[str, Any]:
    """A modal with one input."""
    return {
        "type": "modal",
        "callback_id": "reason_modal",
        "title": {"type": "plain_text", "text": name},
        "submit": {"type": "plain_text", "text": "Save"},
        "blocks": [
            {
                "type": "input",
                "block_id": "reason",
                "label": {"type": "plain_text", "text": "Reason"},
                "element": {"type": "plain_text_input", "action_id": "text"},
            }
        ],
        **fields,
    }


def typed(text: str) -> dict[str, Any]:
    """The state of its input."""
    return {"reason": {"text": {"type": "plain_text_input", "value": text}}}


def _is(kind: type[Change], change: Change) -> bool:
    return isinstance(change, kind)


async def opened(server: SlackServer, app: AsyncApp, page: Any, view: dict[str, Any]) -> str:
    """Have a command open the modal for Grace; returns its id."""

    @app.command("/livesop")
    async def open_it(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    shown = asyncio.create_task(
        server.workspace.wait_for_change(lambda change: isinstance(change, ViewShown))
    )
    assert (await page("command", user=GRACE, channel=SUPPORT, text="/livesop open"))["ok"]
    change = await shown
    assert isinstance(change, ViewShown)
    assert (change.how, change.user) == ("opened", GRACE)
    return str(change.view["id"])


async def test_a_command_is_answered_for_one_person(
    server: SlackServer, bolt: AsyncApp, page: Any
) -> None:
    got: list[dict[str, Any]] = []

    @bolt.command("/livesop")
    async def answer(ack: Any, command: dict[str, Any]) -> None:
        got.append(command)
        await ack("All is well")

    assert await page("command", user=GRACE, channel=SUPPORT, text="/livesop status  now") == {
        "ok": True,
        "delivered": True,
    }
    (shown,) = server.workspace.ephemerals.values()
    assert (shown.user, shown.channel.id) == (GRACE, SUPPORT)
    assert shown.message["text"] == "All is well"
    (command,) = got
    assert (command["text"], command["user_id"]) == ("status  now", GRACE)
    assert (command["channel_name"], command["team_id"]) == ("support", "T0SANDBOX")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/livesop status", "/livesop failed with the error “dispatch_failed”"),
        ("/nothing", "/nothing is not a valid command"),
    ],
)
async def test_a_command_that_goes_nowhere_says_so(page: Any, line: str, words: str) -> None:
    answer = await page("command", user=GRACE, channel=SUPPORT, text=line)
    assert answer["ok"] is False
    assert answer["error"].startswith(words)


async def test_a_command_without_ack_says_so(server: SlackServer, page: Any, listen: Any) -> None:
    arrived = await listen(server, ack=False)
    answer = await page("command", user=GRACE, channel=SUPPORT, text="/livesop status")
    assert "operation_timeout" in answer["error"]
    assert len(arrived) == 1, "an interaction is not delivered again"


async def test_a_button_is_answered_by_response_url(
    server: SlackServer, bolt: AsyncApp, page: Any, client: AsyncWebClient
) -> None:
    got: list[dict[str, Any]] = []

    @bolt.action("approve")
    async def approve(ack: Any, body: dict[str, Any], respond: Any) -> None:
        await ack()
        got.append(body)
        await respond("Approved", replace_original=True)

    posted = await client.chat_postMessage(channel=SUPPORT, text="Approve?", blocks=[BUTTON])
    container = {"type": "message", "channel": SUPPORT, "ts": posted["ts"]}
    assert (await page("block_action", user=GRACE, container=container, action=PRESS))["ok"]
    message = await server.workspace.wait_for_message(lambda m: m["text"] == "Approved")

    assert message["ts"] == posted["ts"]
    assert "blocks" not in message
    (body,) = got
    assert body["user"]["id"] == GRACE
    assert body["container"]["message_ts"] == posted["ts"]
    assert body["message"]["ts"] == posted["ts"]
    assert body["channel"] == {"id": SUPPORT, "name": "support"}
    assert body["actions"][0]["value"] == "run-7"
    assert body["actions"][0]["action_ts"]


async def test_an_ephemeral_message_can_be_replaced_and_deleted(
    server: SlackServer, bolt: AsyncApp, page: Any, client: AsyncWebClient
) -> None:
    texts = iter(["Sure?", None])
    told: list[dict[str, Any]] = []

    @bolt.action("approve")
    async def approve(ack: Any, body: dict[str, Any], respond: Any) -> None:
        await ack()
        told.append(body)
        text = next(texts)
        if text is None:
            await respond(delete_original=True)
        else:
            await respond(text, blocks=[BUTTON], replace_original=True)

    root = server.workspace.post(SUPPORT, GRACE, "help")["ts"]
    answer = await client.chat_postEphemeral(
        channel=SUPPORT, user=GRACE, text="?", blocks=[BUTTON], thread_ts=root
    )
    container = {
        "type": "message",
        "channel": SUPPORT,
        "ts": answer["message_ts"],
        "is_ephemeral": True,
    }
    for kind in (EphemeralShown, EphemeralGone):
        change = asyncio.create_task(server.workspace.wait_for_change(partial(_is, kind)))
        assert (await page("block_action", user=GRACE, container=container, action=PRESS))["ok"]
        shown = await change
        if isinstance(shown, EphemeralShown):
            assert (shown.message["text"], shown.message["thread_ts"]) == ("Sure?", root)
    assert server.workspace.ephemerals == {}
    assert [(one["container"]["is_ephemeral"], "message" in one) for one in told] == [
        (True, False)
    ] * 2


async def test_a_response_url_is_good_five_times_and_for_a_while(
    server: SlackServer, bolt: AsyncApp, page: Any
) -> None:
    urls: list[str] = []

    @bolt.command("/livesop")
    async def take(ack: Any, command: dict[str, Any]) -> None:
        urls.append(command["response_url"])
        await ack()

    async with aiohttp.ClientSession() as session:

        async def respond(url: str) -> tuple[int, str | None]:
            async with session.post(url, json={"text": "x"}) as response:
                return response.status, (await response.json()).get("error")

        await page("command", user=GRACE, channel=SUPPORT, text="/livesop")
        assert [await respond(urls[0]) for _ in range(6)] == [(200, None)] * 5 + [(404, "used_url")]
        assert await respond(urls[0] + "0") == (404, "expired_url")
    assert len(server.workspace.ephemerals) == 5


async def test_a_modal_is_refused_with_errors_and_then_taken(
    server: SlackServer, bolt: AsyncApp, page: Any
) -> None:
    @bolt.view("reason_modal")
    async def take(ack: Any, view: dict[str, Any]) -> None:
        if view["state"]["values"]["reason"]["text"]["value"] == "because":
            await ack(response_action="errors", errors={"reason": "Say more"})
        else:
            await ack()

    view_id = await opened(server, bolt, page, modal(private_metadata="run-7"))
    submit = {"user": GRACE, "view_id": view_id}
    assert await page("view_submit", **submit, values=typed("because")) == {
        "ok": True,
        "errors": {"reason": "Say more"},
    }
    assert server.workspace.views.stacks[GRACE][0]["private_metadata"] == "run-7"
    assert await page("view_submit", **submit, values=typed("it was late")) == {"ok": True}
    assert server.workspace.views.stacks[GRACE] == []


async def test_only_what_is_asked_can_be_named_wrong(
    server: SlackServer, bolt: AsyncApp, page: Any
) -> None:
    @bolt.view("reason_modal")
    async def take(ack: Any) -> None:
        await ack(response_action="errors", errors={"said": "This is wrong"})

    said = {"type": "section", "block_id": "said", "text": {"type": "mrkdwn", "text": "x"}}
    view_id = await opened(server, bolt, page, modal(blocks=[said, *modal()["blocks"]]))
    answer = await page("view_submit", user=GRACE, view_id=view_id, values=typed("x"))
    assert answer["error"] == "errors name no input blocks"


@pytest.mark.parametrize(
    ("response", "titles"),
    [
        ({"response_action": "update", "view": modal("Second")}, ["Second"]),
        ({"response_action": "push", "view": modal("Second")}, ["First", "Second"]),
        ({"response_action": "clear"}, []),
        ({}, []),
    ],
)
async def test_the_ack_of_a_submission_says_what_is_shown_next(
    server: SlackServer,
    bolt: AsyncApp,
    page: Any,
    response: dict[str, Any],
    titles: list[str],
) -> None:
    @bolt.view("reason_modal")
    async def take(ack: Any) -> None:
        await ack(**response)

    view_id = await opened(server, bolt, page, modal())
    assert (await page("view_submit", user=GRACE, view_id=view_id, values=typed("x")))["ok"]
    assert [view["title"]["text"] for view in server.workspace.views.stacks[GRACE]] == titles


async def test_an_action_in_a_modal_carries_the_view_and_updates_it(
    server: SlackServer, bolt: AsyncApp, page: Any
) -> None:
    got: list[dict[str, Any]] = []

    @bolt.action("approve")
    async def approve(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        got.append(body)
        view = body["view"]
        await client.views_update(view_id=view["id"], hash=view["hash"], view=modal("Second"))

    first = modal()
    first["blocks"].append(BUTTON)
    view_id = await opened(server, bolt, page, first)
    updated = asyncio.create_task(
        server.workspace.wait_for_change(lambda c: isinstance(c, ViewShown) and c.how == "updated")
    )
    answer = await page(
        "block_action",
        user=GRACE,
        container={"type": "view", "view_id": view_id},
        action=PRESS,
        state={"values": typed("half a thought")},
    )
    assert answer == {"ok": True}
    await updated
    (body,) = got
    assert body["container"] == {"type": "view", "view_id": view_id}
    assert body["view"]["state"]["values"] == typed("half a thought")
    assert server.workspace.views.stacks[GRACE][0]["title"]["text"] == "Second"


async def test_closing_a_modal_is_told_where_it_was_asked_for(
    server: SlackServer, bolt: AsyncApp, page: Any
) -> None:
    got: list[dict[str, Any]] = []

    @bolt.view_closed("reason_modal")
    async def closed(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        got.append(body)

    view_id = await opened(server, bolt, page, modal(notify_on_close=True))
    gone = asyncio.create_task(
        server.workspace.wait_for_change(lambda change: isinstance(change, ViewClosed))
    )
    assert (await page("view_close", user=GRACE, view_id=view_id))["ok"]
    change = await gone
    assert change == ViewClosed(GRACE, view_id, True)
    assert [body["view"]["id"] for body in got] == [view_id]


async def test_a_trigger_is_good_once_and_for_a_moment(
    server: SlackServer, bolt: AsyncApp, page: Any, client: AsyncWebClient
) -> None:
    triggers: list[str] = []

    @bolt.command("/livesop")
    async def take(ack: Any, command: dict[str, Any]) -> None:
        await ack()
        triggers.append(command["trigger_id"])

    for _ in range(2):
        await page("command", user=GRACE, channel=SUPPORT, text="/livesop")
    await client.views_open(trigger_id=triggers[0], view=modal())
    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        await client.views_open(trigger_id=triggers[0], view=modal())
    await asyncio.sleep(1.05)  # time itself is under test
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        await client.views_open(trigger_id=triggers[1], view=modal())


async def test_a_message_shortcut_carries_the_message(
    server: SlackServer, bolt: AsyncApp, page: Any
) -> None:
    got: list[dict[str, Any]] = []

    @bolt.shortcut("why")
    async def why(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        got.append(body)

    ts = server.workspace.post(SUPPORT, ADA, "odd")["ts"]
    assert (await page("message_shortcut", user=GRACE, channel=SUPPORT, ts=ts, callback_id="why"))[
        "ok"
    ]
    assert got[0]["type"] == "message_action"
    assert got[0]["message"]["text"] == "odd"
    assert got[0]["channel"]["id"] == SUPPORT


async def test_opening_home_lets_the_app_publish(
    server: SlackServer, bolt: AsyncApp, page: Any
) -> None:
    @bolt.event("app_home_opened")
    async def publish(event: dict[str, Any], client: AsyncWebClient) -> None:
        if event["tab"] == "home":
            await client.views_publish(
                user_id=event["user"], view={"type": "home", "blocks": [{"type": "divider"}]}
            )

    published = asyncio.create_task(
        server.workspace.wait_for_change(lambda _: ADA in server.workspace.views.homes)
    )
    assert (await page("open_home", user=ADA))["ok"]
    await published
    state = await page("state", user=ADA)
    assert state["home"]["blocks"][0]["type"] == "divider"
    assert (await page("state", user=GRACE))["home"] is None
