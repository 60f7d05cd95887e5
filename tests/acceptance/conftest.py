"""LiveSOP as a whole: the app in this process or in one of its own, beside a Slack on loopback.

slack       the Slack server, with the demo workspace
start_app   starts the app in this process; gives it once it is ready, stops it afterwards
start_bot   starts it in a process of its own, which a test may kill
ada, grace  an admin and somebody who is none, at App Home
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from livesop_bot.app import App, Role, Timing
from livesop_bot.evaluation.evaluator import Evaluator
from livesop_bot.knowledge.embeddings import Embeddings
from livesop_bot.sandbox.demo import ADA, GRACE, demo_workspace
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.sandbox.timing import Timing as SlackTiming
from livesop_bot.settings import Settings
from livesop_bot.slack.sockets import Patience
from livesop_bot.worker.queue import Pace
from tests.acceptance.hands import Hands
from tests.ports import free_port

QUICK = Timing(
    patience=Patience(look_every=0.2, replace_after=6.0, ping_interval=0.5),
    pace=Pace(heartbeat_timeout=2.0, poll_every=0.5),
    lands_s=3.0,
)
"""As patient as tests that wait for time-outs need it."""


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[SlackServer]:
    """Slack, with its ack deadline and quicker retries."""
    # The last retry comes so late that sockets are back by then, however busy the machine is.
    timing = SlackTiming(retry_delays=(0.0, 0.5, 5.0), ticket_life=5.0, disconnect_grace=0.2)
    async with SlackServer(demo_workspace(), timing=timing) as server:
        yield server


@dataclass(frozen=True, slots=True)
class Health:
    """The health port of a running app."""

    port: int
    session: aiohttp.ClientSession

    async def get(self, path: str = "/health") -> tuple[int, dict[str, Any]]:
        """Status code and body."""
        async with self.session.get(f"http://127.0.0.1:{self.port}{path}") as answer:
            return answer.status, await answer.json()

    async def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric over the labels that are not given."""
        async with self.session.get(f"http://127.0.0.1:{self.port}/metrics") as answer:
            families = list(text_string_to_metric_families(await answer.text()))
        return sum(
            sample.value
            for family in families
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    async def counted(self, name: str, **labels: str) -> None:
        """Poll until a metric is more than 0."""
        async with asyncio.timeout(30):
            while await self.metric(name, **labels) == 0:  # noqa: ASYNC110  as said
                await asyncio.sleep(0.05)

    async def until(
        self, accept: Callable[[int, dict[str, Any]], bool], path: str = "/health"
    ) -> dict[str, Any]:
        """Poll until the answer is as wanted, and give it."""
        found: object = "nothing"
        try:
            async with asyncio.timeout(30):
                while True:
                    with suppress(aiohttp.ClientError):
                        found = status, body = await self.get(path)
                        if accept(status, body):
                            return body
                    await asyncio.sleep(0.05)
        except TimeoutError:
            pytest.fail(f"{path} answers {found}")


@pytest_asyncio.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A session for the health port."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        yield session


StartApp = Callable[..., Awaitable[tuple[App, Health]]]


@pytest_asyncio.fixture
async def start_app(
    slack: SlackServer, tmp_path: Path, http: aiohttp.ClientSession
) -> AsyncIterator[StartApp]:
    """Start the app in this process: `await start_app(dsn, evaluator=…, livesop_…=…)`."""
    async with AsyncExitStack() as stack:

        async def start(
            dsn: str,
            *,
            evaluator: Evaluator | None = None,
            embeddings: Embeddings | None = None,
            role: Role = Role.ALL,
            timing: Timing = QUICK,
            wait: str = "/health/ready",
            **settings: Any,
        ) -> tuple[App, Health]:
            app = App(
                Settings(
                    _env_file=None,
                    **{
                        "slack_bot_token": SecretStr(slack.bot_token),
                        "slack_app_token": SecretStr(slack.app_token),
                        "slack_api_url": slack.api_url,
                        "database_url": SecretStr(dsn),
                        "health_port": free_port(),
                        "livesop_data_dir": tmp_path / "data",
                        **settings,
                    },
                ),
                role,
                evaluator=evaluator,
                embeddings=embeddings,
                timing=timing,
            )
            running = asyncio.create_task(app.run())

            async def stop() -> None:
                app.stop.set()
                if not running.done():  # else the test has seen why
                    async with asyncio.timeout(15):
                        await running

            stack.push_async_callback(stop)
            health = Health(app.settings.health_port, http)
            ready = asyncio.create_task(health.until(lambda status, _: status == 200, wait))
            await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                ready.cancel()
                await running
            await ready
            if role is not Role.WORKER:
                await slack.socket_mode.wait_for_connections(app.settings.slack_connections)
            return app, health

        yield start


class Bot:
    """The app in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process, health: Health) -> None:
        self._process = process
        self.health = health

    async def kill(self) -> None:
        """End it with kill -9."""
        self._process.send_signal(signal.SIGKILL)
        await self._process.wait()

    async def stop(self) -> int:
        """End it as an operator would; gives its exit code."""
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(15):
            return await self._process.wait()


StartBot = Callable[..., Awaitable[Bot]]


@pytest_asyncio.fixture
async def start_bot(
    slack: SlackServer, tmp_path: Path, http: aiohttp.ClientSession
) -> AsyncIterator[StartBot]:
    """Start a process: `await start_bot(dsn, "hang")`; see bot.py for the evaluators it knows."""
    async with AsyncExitStack() as stack:

        async def start(
            dsn: str, evaluator: str = "local", role: Role = Role.ALL, **settings: str
        ) -> Bot:
            port = free_port()
            environment: Mapping[str, str] = {
                "PATH": os.environ["PATH"],
                "SLACK_BOT_TOKEN": slack.bot_token,
                "SLACK_APP_TOKEN": slack.app_token,
                "SLACK_API_URL": slack.api_url,
                "DATABASE_URL": dsn,
                "HEALTH_PORT": str(port),
                "LIVESOP_DATA_DIR": str(tmp_path / "data"),
                "LOG_LEVEL": "debug",
                **settings,
            }
            log = stack.enter_context((tmp_path / f"bot-{port}.log").open("wb"))
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                str(Path(__file__).with_name("bot.py")),
                evaluator,
                role,
                env=environment,
                cwd=tmp_path,
                stdout=log,
                stderr=log,
            )
            bot = Bot(process, Health(port, http))
            stack.push_async_callback(bot.stop)
            await bot.health.until(lambda status, _: status == 200, "/health/ready")
            return bot

        yield start


class Facts:
    """What stands in the database and in Slack, for one test to count."""

    def __init__(self, dsn: str, slack: SlackServer) -> None:
        self._dsn = dsn
        self._slack = slack

    async def value(self, query: str, *arguments: object) -> Any:
        """One value of the database."""
        connection = await asyncpg.connect(self._dsn)
        try:
            return await connection.fetchval(query, *arguments)
        finally:
            await connection.close()

    async def until(
        self, query: str, wanted: object, *arguments: object, seconds: float = 60
    ) -> None:
        """Poll the database until the query gives what is wanted."""
        found: object = None
        try:
            async with asyncio.timeout(seconds):
                while True:
                    with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                        found = await self.value(query, *arguments)
                        if found == wanted:
                            return
                    await asyncio.sleep(0.05)
        except TimeoutError:
            pytest.fail(f"{query}: {found!r} instead of {wanted!r}")

    async def idle(self) -> None:
        """Wait until the queue is empty, so that nothing more can happen."""
        await self.until("SELECT count(*) FROM pgqueuer", 0)

    def answers(self, ts: str) -> list[dict[str, Any]]:
        """The bot's messages in the thread of a message."""
        bot = self._slack.workspace.bot.user_id
        return [
            message
            for channel in self._slack.workspace.channels.values()
            for message in channel.messages.values()
            if message.get("thread_ts") == ts and message["user"] == bot
        ]


@pytest.fixture
def facts(database: str, slack: SlackServer) -> Facts:
    """Facts about the test's own database."""
    return Facts(database, slack)


@pytest.fixture
def facts_of(slack: SlackServer) -> Callable[[str], Facts]:
    """Facts about the database of a dsn."""
    return lambda dsn: Facts(dsn, slack)


@pytest.fixture
def ada(slack: SlackServer) -> Hands:
    """An admin."""
    return Hands(slack, ADA)


@pytest.fixture
def grace(slack: SlackServer) -> Hands:
    """Somebody who is no admin."""
    return Hands(slack, GRACE)
