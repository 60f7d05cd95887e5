"""The commands that serve, as people start and end them: `livesop run` and `livesop sandbox`."""

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest

from livesop_bot.sandbox.demo import GRACE, INCIDENTS
from livesop_bot.sandbox.server import SlackServer
from tests.command import start_livesop
from tests.ports import free_port

SLOW = 60.0
"""Seconds in which even a busy machine starts LiveSOP, or lets it end."""
ENDS = 10.0
"""Seconds in which LiveSOP promises to end, whatever is in its way."""
MARGIN = 5.0
"""Seconds that a busy machine may need on top."""


class Serving:
    """A process that serves."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.errors = ""

    async def ready(self) -> str:
        """The line that says where to look, once it is printed."""
        return await self.said(b" is ready")

    async def said(self, words: bytes) -> str:
        """The line with these words, once it is printed."""
        assert self._process.stdout is not None
        async with asyncio.timeout(SLOW):
            async for line in self._process.stdout:
                if words in line:
                    return line.decode()
            _, err = await self._process.communicate()
        raise AssertionError(err.decode())

    async def ended(self, number: signal.Signals, *, within: float = SLOW) -> int:
        """Its exit code after a signal."""
        self._process.send_signal(number)
        async with asyncio.timeout(within):
            _, errors = await self._process.communicate()
        self.errors = errors.decode()
        assert self._process.returncode is not None
        return self._process.returncode


@asynccontextmanager
async def livesop(folder: Path, *arguments: str, **variables: str) -> AsyncIterator[Serving]:
    """Start a command, on ports of its own; kill it where the test did not end it."""
    process = await start_livesop(
        folder,
        *arguments,
        **{
            "HEALTH_PORT": str(free_port()),
            "LIVESOP_DATA_DIR": str(folder),
            "LIVESOP_EVALUATOR": "words",
            "LOG_LEVEL": "warning",
            **variables,
        },
    )
    try:
        yield Serving(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def workspace(slack: SlackServer, dsn: str) -> dict[str, str]:
    """The settings of a workspace."""
    return {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_API_URL": slack.api_url,
        "DATABASE_URL": dsn,
    }


async def status(http: aiohttp.ClientSession, ready: str, what: str) -> int:
    """What the address answers that the line says."""
    found = re.search(rf"{what} (http://[\w.:]+/\w*)", ready)
    assert found, ready
    async with http.get(found[1]) as answer:
        return answer.status


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_says_where_to_look_and_ends_when_told(
    slack: SlackServer,
    database: str,
    data_dir: Path,
    http: aiohttp.ClientSession,
    number: signal.Signals,
) -> None:
    async with livesop(data_dir, "run", **workspace(slack, database)) as serving:
        assert await status(http, await serving.ready(), "Health:") == 200
        assert await serving.ended(number) == 0


@pytest.mark.parametrize(
    ("command", "number"), [("run", signal.SIGINT), ("sandbox", signal.SIGTERM)]
)
async def test_a_sandbox_is_a_workspace_and_a_database_of_its_own(
    used_data_dir: Path, http: aiohttp.ClientSession, command: str, number: signal.Signals
) -> None:
    port = str(free_port())
    async with livesop(used_data_dir, command, SANDBOX_PORT=port) as serving:
        ready = await serving.ready()
        assert f"http://127.0.0.1:{port}/" in ready
        assert await status(http, ready, "open") == 200
        assert await status(http, ready, "Health:") == 200
        assert await serving.ended(number) == 0
    assert not (used_data_dir / "postgres" / "data" / "postmaster.pid").exists(), "it runs on"


async def test_a_sandbox_beside_a_workspace_takes_none_of_its_jobs(
    slack: SlackServer, empty_database: str, data_dir: Path
) -> None:
    """They would be posted to a Slack that knows none of the channels."""
    values = workspace(slack, empty_database) | {"SANDBOX_PORT": str(free_port())}
    async with livesop(data_dir, "sandbox", **values) as serving:
        await serving.ready()
        assert await serving.ended(signal.SIGTERM) == 0
    connection = await asyncpg.connect(empty_database)
    try:
        assert await connection.fetch("SELECT FROM pg_tables WHERE schemaname = 'public'") == []
    finally:
        await connection.close()
    assert {path.name for path in data_dir.iterdir()} == {"sandbox"}, "nor events of its spool"


async def test_it_ends_in_time_though_postgres_hangs(
    slack: SlackServer, private_postgres: Any, data_dir: Path
) -> None:
    async with livesop(data_dir, "run", **workspace(slack, private_postgres.dsn)) as serving:
        await serving.ready()
        private_postgres.freeze()
        ts = slack.workspace.post(INCIDENTS, GRACE, "URGENT: checkout is down")["ts"]
        (event,) = slack.events.ids(INCIDENTS, ts)
        assert (await slack.socket_mode.acked(event)).acked
        assert await serving.ended(signal.SIGTERM, within=ENDS + MARGIN) == 0


NO_NAMES = """
import socket, threading
look_up = socket.getaddrinfo
def hang(host, *rest, **more):
    if host != "db.example":
        return look_up(host, *rest, **more)
    print("looking up", flush=True)
    threading.Event().wait()
socket.getaddrinfo = hang
"""
"""Where the name server is gone, a look-up takes half a minute; here it never ends."""


async def test_it_ends_in_time_though_a_name_is_being_looked_up(
    slack: SlackServer, data_dir: Path, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(NO_NAMES)
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    settings = workspace(slack, "postgresql://livesop@db.example/livesop")
    async with livesop(data_dir, "run", PYTHONPATH=path, **settings) as serving:
        await serving.said(b"looking up")
        assert await serving.ended(signal.SIGTERM, within=ENDS + MARGIN) == 0
    assert "app.cut_off" in serving.errors
