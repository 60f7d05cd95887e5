"""Files in the sandbox: shared on the page, told to the app, downloaded with its token."""

import base64
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.sandbox.demo import GENERAL, GRACE
from livesop_bot.sandbox.server import SlackServer

Page = Callable[..., Awaitable[dict[str, Any]]]
CONTENT = "# Rota\n\nGrüße".encode()


async def shared(page: Page, server: SlackServer, name: str = "rota.md") -> dict[str, Any]:
    """Share a file on the page; gives what its message says of it."""
    content = base64.b64encode(CONTENT).decode()
    answer = await page("share_file", user=GRACE, channel=GENERAL, name=name, content=content)
    message = server.workspace.message(GENERAL, answer["ts"])
    assert message["subtype"] == "file_share"
    file: dict[str, Any] = message["files"][0]
    return file


async def test_a_shared_file_is_downloaded_with_the_bots_token_alone(
    page: Page, server: SlackServer, client: AsyncWebClient
) -> None:
    file = await shared(page, server)
    assert (file["name"], file["size"], file["mode"]) == ("rota.md", len(CONTENT), "hosted")
    assert (await client.files_info(file=file["id"]))["file"]["url_private"] == file["url_private"]
    address = file["url_private_download"]
    async with aiohttp.ClientSession() as session:
        headers = {"Authorization": f"Bearer {server.bot_token}"}
        async with session.get(address, headers=headers) as answer:
            assert await answer.read() == CONTENT
        async with session.get(address, allow_redirects=False) as answer:
            assert answer.status == 302, "people without rights go to the login page"


async def test_files_need_their_scope_and_must_exist(
    page: Page, server: SlackServer, client: AsyncWebClient
) -> None:
    with pytest.raises(SlackApiError, match="file_not_found"):
        await client.files_info(file="F0NONE")
    file = await shared(page, server, "a/b.md")
    assert file["name"] == "a_b.md"
    server.scopes.remove("files:read")
    with pytest.raises(SlackApiError, match="missing_scope"):
        await client.files_info(file=file["id"])


async def test_half_a_file_is_refused(page: Page) -> None:
    answer = await page("share_file", user=GRACE, channel=GENERAL, name="a.md", content="?")
    assert answer == {"ok": False, "error": "The file did not arrive whole."}
