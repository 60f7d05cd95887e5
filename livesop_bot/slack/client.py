"""slack_sdk's Socket Mode client, with events taken straight off the wire."""

import json
import logging
import sys
from collections.abc import Callable
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackClientError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

log = structlog.get_logger()

Envelope = dict[str, Any]


class _Outages(logging.Filter):
    """Tells of a Slack that is away, or refuses, as we do: the SDK calls it an error, each time in
    other words and with a traceback.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        error = sys.exc_info()[1]
        if isinstance(error, AttributeError):  # the SDK's own, at an answer that is not JSON
            error = error.__context__
        if not isinstance(error, (OSError, aiohttp.ClientError, SlackClientError)):
            return True
        log.warning("socket.not_connected", error=str(error) or type(error).__name__)
        return False


_sdk = logging.getLogger(__name__)
_sdk.addFilter(_Outages())


class SocketClient(SocketModeClient):
    """Hands `events_api` envelopes to `on_event` as they are read.

    The SDK's own way parses each frame, queues it without bound and starts a task that builds
    request objects for Bolt; events need none of that. All other frames take it.
    """

    def __init__(
        self,
        *,
        app_token: str,
        web_client: AsyncWebClient,
        on_event: Callable[["SocketClient", Envelope], None],
        ping_interval: float = 5,
    ) -> None:
        super().__init__(
            app_token=app_token, web_client=web_client, ping_interval=ping_interval, logger=_sdk
        )
        self._on_event = on_event
        self.refreshes = 0
        """How often Slack asked for another connection in place of this one."""

    async def enqueue_message(self, message: str) -> None:
        """Take a text frame from the socket."""
        try:
            envelope = json.loads(message)
        except (ValueError, RecursionError):
            log.warning("socket.malformed_frame", length=len(message))
            return
        if not isinstance(envelope, dict):
            log.warning("socket.malformed_frame", length=len(message))
        elif envelope.get("type") == "events_api":
            self._on_event(self, envelope)
        else:
            if envelope.get("type") == "disconnect":
                log.info("socket.refresh", reason=envelope.get("reason"))
                self.refreshes += 1
            await super().enqueue_message(message)
