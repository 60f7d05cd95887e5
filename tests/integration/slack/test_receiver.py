"""The receiver at its end: what Slack was told we have is done, or was never acked."""

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from typing import Any

import aiohttp
import pytest
from prometheus_client import generate_latest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.metrics import Metrics
from livesop_bot.sandbox.demo import ADA, SUPPORT, demo_workspace
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.slack.client import SocketClient
from livesop_bot.slack.receiver import Receiver
from tests.integration.slack.conftest import Door, message


class Line:
    """A receiver behind a socket; its one listener acks, and ends when it is told to."""

    def __init__(self, slack: SlackServer, receiver: Receiver, app: AsyncApp) -> None:
        self.receiver = receiver
        self.go_on = asyncio.Event()
        self.ends: list[str] = []
        self.slack = slack
        app.command("/livesop")(self._listen)

    async def _listen(self, ack: Any) -> None:
        await ack()
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.ends.append("cancelled")
            raise
        self.ends.append("done")

    async def press(self) -> None:
        """Somebody asks for something, and Slack has our ack."""
        payload = {
            "command": "/livesop",
            "text": "status",
            "team_id": self.slack.workspace.team.id,
            "user_id": ADA,
            "channel_id": SUPPORT,
            "trigger_id": "1.2.3",
            "response_url": f"{self.slack.page_url}response",
        }
        assert (await self.slack.socket_mode.request("slash_commands", payload)).acked


@pytest.fixture
async def line(door: Door) -> AsyncIterator[Line]:
    async with SlackServer(demo_workspace()) as slack, aiohttp.ClientSession() as session:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=session)
        app = AsyncApp(client=client, signing_secret="")
        receiver = Receiver(app=app, intake=door.intake, metrics=Metrics())
        socket = SocketClient(
            app_token=slack.app_token,
            web_client=client,
            on_event=receiver.on_event,
        )
        socket.socket_mode_request_listeners.append(receiver.on_request)
        await socket.connect()  # type: ignore[no-untyped-call]
        yield Line(slack, receiver, app)
        await socket.close()  # type: ignore[no-untyped-call]


async def test_a_retry_reason_that_nobody_expects_does_not_end_the_metrics(
    line: Line, door: Door
) -> None:
    await door.open()
    for number, reason in enumerate(("\ud800", ["?"], {"a": 1}, 5, "timeout")):
        raw: dict[str, Any] = {"type": "events_api", "envelope_id": str(number)}
        raw |= {"payload": message(0, "C0"), "retry_reason": reason}
        assert (await line.slack.socket_mode.acked(line.slack.socket_mode.deliver_raw(raw))).acked
    shown = generate_latest(door.metrics.registry).decode().splitlines()
    assert 'livesop_duplicates_total{retry_reason="malformed"} 4.0' in shown
    assert 'livesop_duplicates_total{retry_reason="timeout"} 1.0' in shown


async def test_a_listener_that_has_acked_is_waited_for(line: Line) -> None:
    """Slack does not repeat what people press."""
    await line.press()
    draining = asyncio.create_task(line.receiver.drain(10))
    await asyncio.wait({draining}, timeout=0.1)
    line.go_on.set()
    await draining
    assert line.ends == ["done"]


async def test_one_that_does_not_end_is_ended_in_time(
    line: Line, log_events: list[MutableMapping[str, Any]]
) -> None:
    await line.press()
    await line.receiver.drain(0.05)
    assert line.ends == ["cancelled"]
    assert [one["events"] for one in log_events if one["event"] == "receiver.undrained"] == [1]
