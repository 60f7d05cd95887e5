"""Listening: the sockets to Slack, and what takes all that they bring."""

import asyncio
import logging

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.metrics import Metrics
from livesop_bot.ops.status import SocketState
from livesop_bot.settings import Settings
from livesop_bot.slack.client import SocketClient
from livesop_bot.slack.intake import Intake
from livesop_bot.slack.listeners import register
from livesop_bot.slack.listeners.face import Face
from livesop_bot.slack.receiver import Receiver
from livesop_bot.slack.sockets import Patience, Sockets

_DRAIN = 4.0
"""Seconds that taken events get at shutdown to be stored and acked; all of it ends within 10."""


class Listening:
    """Keeps the sockets of a process."""

    def __init__(self, settings: Settings, metrics: Metrics, patience: Patience) -> None:
        self._settings = settings
        self._metrics = metrics
        self._patience = patience
        self._sockets: Sockets | None = None

    def state(self) -> SocketState:
        """How many are up; none before it runs."""
        connected = 0 if self._sockets is None else self._sockets.connected
        return SocketState(connected, self._settings.slack_connections)

    async def run(
        self, client: AsyncWebClient, face: Face, intake: Intake, stop: asyncio.Event
    ) -> None:
        """Keep the sockets until told to stop; then drain what they brought before closing them."""
        app_token = self._settings.slack_app_token
        assert app_token is not None, "settings have both tokens or none"
        # Bolt reads SLACK_BOT_TOKEN by itself, and warns that it will not use it.
        logging.getLogger("slack_bolt.AsyncApp").addFilter(
            lambda record: "`token` will be unused" not in record.getMessage()
        )
        bolt = AsyncApp(client=client, signing_secret="")  # Socket Mode needs no signature
        register(bolt, face)
        receiver = Receiver(app=bolt, intake=intake, metrics=self._metrics)

        def make_client() -> SocketClient:
            socket = SocketClient(
                app_token=app_token.get_secret_value(),
                web_client=client,
                on_event=receiver.on_event,
                ping_interval=self._patience.ping_interval,
            )
            socket.socket_mode_request_listeners.append(receiver.on_request)
            return socket

        self._sockets = Sockets(
            make_client,
            wanted=self._settings.slack_connections,
            metrics=self._metrics,
            patience=self._patience,
        )
        close = asyncio.Event()
        async with asyncio.TaskGroup() as group, intake:
            group.create_task(self._sockets.run(close))
            await stop.wait()
            await receiver.drain(_DRAIN)
            close.set()
