"""The other side: a Bolt app with two sockets and a listener that does nothing.

Reads SLACK_BOT_TOKEN, SLACK_APP_TOKEN and SLACK_API_URL, and stores nothing.
"""

import asyncio
import os
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient


async def main() -> None:
    """Serve until killed."""
    client = AsyncWebClient(
        token=os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"]
    )
    app = AsyncApp(client=client, signing_secret="")

    @app.event("message")
    async def ignore(event: dict[str, Any]) -> None:
        pass

    handlers = [AsyncSocketModeHandler(app, os.environ["SLACK_APP_TOKEN"]) for _ in range(2)]
    for handler in handlers:
        await handler.connect_async()  # type: ignore[no-untyped-call]
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
