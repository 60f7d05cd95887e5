"""The socket's client: what cannot be read is told, and ends nothing."""

from collections.abc import MutableMapping
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.slack.client import Envelope, SocketClient


@pytest.mark.parametrize("frame", ["{", "5", "[]", "null", '{"a": ' + "9" * 5000 + "}", "[" * 9000])
async def test_a_frame_that_cannot_be_read_is_told(
    frame: str, log_events: list[MutableMapping[str, Any]]
) -> None:
    taken = list[Envelope]()
    client = SocketClient(
        app_token="xapp-1",
        web_client=AsyncWebClient(),
        on_event=lambda _, envelope: taken.append(envelope),
    )
    try:
        await client.enqueue_message(frame)
        await client.enqueue_message('{"type": "events_api"}')
    finally:
        await client.close()  # type: ignore[no-untyped-call]
    assert [one["event"] for one in log_events] == ["socket.malformed_frame"]
    assert taken == [{"type": "events_api"}]
