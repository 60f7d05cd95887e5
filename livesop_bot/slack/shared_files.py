"""Files that people share in Slack, downloaded with the bot token: from Slack alone, in bounds."""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.slack_calls import slack_errors
from livesop_bot.errors import DocumentRefused, SlackAway
from livesop_bot.knowledge.files import MOST_BYTES

_LIMIT_S = 30.0
_SLACK = (".slack.com", ".slack-files.com")


class SharedFiles:
    """Reads files. Raises SlackAway, SlackRefused, DocumentRefused."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def read(self, file: Mapping[str, Any]) -> bytes:
        """Give a file's content; `file` is what a message says of it."""
        if file.get("file_access") == "check_file_info":  # shared from another workspace
            with slack_errors():
                file = (await self._client.files_info(file=str(file.get("id")))).get("file") or {}
        address = str(file.get("url_private_download") or file.get("url_private") or "")
        if file.get("mode") in ("external", "tombstone", "hidden_by_limit"):
            raise DocumentRefused("It is not kept in Slack, so it cannot be read there.")
        if not self._is_slack(address):  # the token must go to nobody else
            raise DocumentRefused("It is not kept in Slack, so it cannot be read there.")
        if isinstance(file.get("size"), int) and file["size"] > MOST_BYTES:
            raise _too_large()
        with slack_errors():
            async with asyncio.timeout(_LIMIT_S):
                return await self._download(address)

    async def _download(self, address: str) -> bytes:
        headers = {"Authorization": f"Bearer {self._client.token}"}
        async with (
            aiohttp.ClientSession() as session,
            session.get(address, headers=headers, allow_redirects=False) as answer,
        ):
            if answer.status >= 500 or answer.status == 429:
                raise SlackAway(f"Slack failed: HTTP {answer.status}")
            if answer.status != 200 or "X-Slack-Login" in answer.headers:
                raise DocumentRefused(
                    "Slack does not let LiveSOP read it. Is LiveSOP in the channel, with the "
                    "scope files:read?"
                )
            content = bytearray()
            async for part in answer.content.iter_chunked(64 * 1024):
                content += part
                if len(content) > MOST_BYTES:
                    raise _too_large()
        if content[:100].lstrip().lower().startswith(b"<!doctype html") and (
            answer.content_type == "text/html"
        ):
            raise DocumentRefused("Slack answered with a page to log in instead of the file.")
        return bytes(content)

    def _is_slack(self, address: str) -> bool:
        try:
            found, api = urlsplit(address), urlsplit(str(self._client.base_url))
            host = found.hostname or ""
            ours = (found.scheme, found.hostname, found.port) == (
                api.scheme,
                api.hostname,
                api.port,
            )
        except ValueError:
            return False
        return ours or (found.scheme == "https" and host.endswith(_SLACK))


def _too_large() -> DocumentRefused:
    return DocumentRefused(f"It is too large: at most {MOST_BYTES // 1024**2} MB can be read.")
