"""Webhooks: signed, sent to nobody internal, never led elsewhere, and no more read than needed."""

import _socket
import asyncio
import socket
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from pydantic import SecretStr

from livesop_bot.actions.destinations import Destinations
from livesop_bot.actions.webhook import Webhook
from livesop_bot.domain.actions import ActionRequest
from livesop_bot.errors import ActionDelayed, ActionInDoubt, ActionRefused, CannotTell
from livesop_bot.sandbox.faults import AnswerStatus
from tests.integration.actions.conftest import QUICK, SECRET
from tests.outside.webhook_receiver import WebhookReceiver


def request(kind: Webhook, values: dict[str, str], url: str, **fields: str) -> ActionRequest:
    return kind.render({"url": url, "text": "Down: {{ message.text }}"} | fields, values)


async def test_the_receiver_gets_signed_json_with_everything_that_is_known(
    webhook: Webhook, values: dict[str, str], receiver: WebhookReceiver
) -> None:
    values["message.text"] = "é 😂 \ud800 </script>"
    receipt = await webhook.perform(request(webhook, values, receiver.hook), key := uuid4())
    taken = receiver.taken[str(key)]
    assert (taken["version"], taken["id"]) == (1, str(key))
    assert taken["text"] == "Down: é 😂 \ud800 </script>"
    assert taken["message"]["permalink"] == values["message.permalink"]
    assert taken["sop"] == {"title": "Incident"}
    assert taken["extract"] == {"affected": "checkout"}
    assert receipt.response == {"status": 200, "body": "taken"}


async def test_nothing_is_sent_unsigned(values: dict[str, str], receiver: WebhookReceiver) -> None:
    unsigned = Webhook(None, Destinations(["127.0.0.1"]))
    with pytest.raises(ActionRefused, match="set LIVESOP_WEBHOOK_SECRET"):
        await unsigned.perform(request(unsigned, values, receiver.hook), uuid4())
    assert receiver.requests == 0


async def test_a_wrong_secret_is_a_refusal_with_the_receivers_words(
    values: dict[str, str], receiver: WebhookReceiver
) -> None:
    other = Webhook(SecretStr("x" * 16), Destinations(["127.0.0.1"]), limits=QUICK)
    with pytest.raises(ActionRefused, match=r"401\). It says: wrong signature"):
        await other.perform(request(other, values, receiver.hook), uuid4())


async def test_a_redirect_is_not_followed(
    webhook: Webhook, values: dict[str, str], receiver: WebhookReceiver
) -> None:
    with pytest.raises(ActionRefused, match=r"redirect \(307\)"):
        await webhook.perform(request(webhook, values, f"{receiver.url}/moved"), uuid4())
    assert receiver.requests == 0


@pytest.mark.parametrize("status", [408, 409, 425, 500, 502, 504])
async def test_what_may_have_come_is_sent_again_only_where_the_sop_says_so(
    webhook: Webhook, values: dict[str, str], receiver: WebhookReceiver, status: int
) -> None:
    receiver.faults.add("hook", AnswerStatus(status))
    made = request(webhook, values, receiver.hook)
    with pytest.raises(ActionInDoubt, match=str(status)):
        await webhook.perform(made, key := uuid4())
    with pytest.raises(CannotTell, match="idempotent: yes") as open_:
        await webhook.find(made, key, datetime.now(UTC))
    assert open_.value.retry_after is None
    made = request(webhook, values, receiver.hook, idempotent="yes")
    assert await webhook.find(made, key, datetime.now(UTC)) is None


async def test_a_long_answer_is_cut_and_can_be_stored(
    webhook: Webhook, values: dict[str, str], receiver: WebhookReceiver
) -> None:
    receiver.answer = lambda **_: web.Response(body=b"\x00\xff" * 1_000_000)  # type: ignore[assignment]
    receipt = await webhook.perform(request(webhook, values, receiver.hook), uuid4())
    assert len(receipt.response["body"]) == 4_096
    assert "\x00" not in receipt.response["body"]


async def test_an_answer_that_never_ends_was_an_answer(
    webhook: Webhook, values: dict[str, str]
) -> None:
    ended = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 100\r\n\r\nand then")
        await ended.wait()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    receipt = await webhook.perform(request(webhook, values, url), uuid4())
    assert receipt.response["status"] == 202
    ended.set()
    server.close()
    await server.wait_closed()


async def test_proxies_of_the_environment_are_not_used(
    webhook: Webhook,
    values: dict[str, str],
    receiver: WebhookReceiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    await webhook.perform(request(webhook, values, receiver.hook), uuid4())
    assert receiver.requests == 1


async def test_no_doubt_comes_of_a_receiver_that_was_never_reached(
    webhook: Webhook, values: dict[str, str]
) -> None:
    for url in ("http://127.0.0.1:1/", "http://nowhere.example/"):
        with pytest.raises(ActionDelayed, match="cannot be reached"):
            await webhook.perform(request(webhook, values, url), uuid4())


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "①②⑦.0.0.1",
        "127.0.0.1.",
        "localhost",
        "LOCALHOST.",
        "0.0.0.0",  # noqa: S104 - it is what must not be reached
        "0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "168.63.129.16",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[::127.0.0.1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]",
        "[2002:a9fe:a9fe::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[fe80::1%25lo]",
        "[fec0::1]",
        "[ff02::1]",
    ],
)
async def test_internal_addresses_are_refused_however_they_are_written(
    host: str, values: dict[str, str], receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def numbers_only(host: Any, port: Any, *_: Any, **__: Any) -> Any:
        flags = 0 if host.lower().startswith("localhost") else socket.AI_NUMERICHOST
        return _socket.getaddrinfo(host.rstrip("."), port, 0, socket.SOCK_STREAM, 0, flags)

    monkeypatch.setattr(socket, "getaddrinfo", numbers_only)
    kind = Webhook(SecretStr(SECRET), Destinations(), limits=QUICK)
    with pytest.raises(ActionRefused, match=r"internal|address cannot be used"):
        await kind.perform(request(kind, values, f"http://{host}:{receiver.port}/hook"), uuid4())
    assert receiver.requests == 0


class Names(AbstractResolver):
    """A name service that answers with one address after the other."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        answer = self.answers.pop(0)
        family = socket.AF_INET6 if ":" in answer else socket.AF_INET
        return [
            ResolveResult(
                hostname=host,
                host=answer,
                port=port,
                family=family,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        pass


@pytest.mark.parametrize("answer", ["127.0.0.1", "10.1.2.3", "::1", "::ffff:169.254.169.254"])
async def test_a_name_that_stands_for_something_internal_is_refused(
    values: dict[str, str], receiver: WebhookReceiver, answer: str
) -> None:
    kind = Webhook(SecretStr(SECRET), Destinations(), resolver=Names(answer), limits=QUICK)
    url = f"http://hooks.example:{receiver.port}/hook"
    with pytest.raises(ActionRefused, match=r"hooks\.example is at .*, which is internal"):
        await kind.perform(request(kind, values, url), uuid4())
    assert receiver.requests == 0


async def test_a_name_that_changes_its_address_is_judged_by_the_one_that_is_used(
    values: dict[str, str], receiver: WebhookReceiver
) -> None:
    """A name is looked up once a call, and what is connected to is what was judged."""
    names = Names("127.0.0.1", "127.0.0.2")
    allowed = Destinations(["127.0.0.1/32"])
    kind = Webhook(SecretStr(SECRET), allowed, resolver=names, limits=QUICK)
    made = request(kind, values, f"http://hooks.example:{receiver.port}/hook")
    await kind.perform(made, uuid4())
    assert names.answers == ["127.0.0.2"]
    with pytest.raises(ActionRefused, match=r"is at 127\.0\.0\.2"):
        await kind.perform(made, uuid4())
    assert receiver.requests == 1


@pytest.mark.parametrize("allowed", ["hooks.example", "127.0.0.0/8", "127.0.0.1"])
async def test_what_is_allowed_may_be_internal(
    values: dict[str, str], receiver: WebhookReceiver, allowed: str
) -> None:
    kind = Webhook(
        SecretStr(SECRET), Destinations([allowed]), resolver=Names("127.0.0.1"), limits=QUICK
    )
    await kind.perform(request(kind, values, f"http://Hooks.Example:{receiver.port}/hook"), uuid4())
    assert receiver.requests == 1
