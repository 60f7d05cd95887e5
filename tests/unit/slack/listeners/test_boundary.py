"""The boundary: nothing that a listener raises goes on to Bolt, which would forget its ack."""

from collections.abc import MutableMapping
from typing import Any

from slack_bolt.context.respond.async_respond import AsyncRespond

from livesop_bot.slack.listeners.boundary import boundary


async def test_an_answer_that_slack_does_not_take_is_logged_too(
    unused_tcp_port: int, log_events: list[MutableMapping[str, Any]]
) -> None:
    async def fail() -> None:
        raise RuntimeError("a mistake")

    respond = AsyncRespond(response_url=f"http://127.0.0.1:{unused_tcp_port}/")
    async with boundary({"command": "/livesop"}, lambda: respond("Something went wrong.")):
        await fail()
    assert [one["event"] for one in log_events] == ["listener.failed", "listener.answer_lost"]
