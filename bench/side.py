"""A side: a bot in a process of its own, put under load by the Slack server of this one."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import psutil

from bench.figures import Load
from livesop_bot.sandbox.changes import Change, Posted
from livesop_bot.sandbox.demo import GRACE, demo_workspace
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.sandbox.socket_mode import round_robin
from tests.ports import free_port

CHATTER = "Has anybody seen the slides of talk {} about gardening?"
OUTAGE = "URGENT: checkout is down, all payments fail with error 502 since {} minutes."
CHANNELS = 40
WARM_UP = 300


class Side:
    """One bot and its Slack."""

    def __init__(
        self,
        slack: SlackServer,
        process: psutil.Process,
        ready: float,
        health_url: str | None = None,
    ) -> None:
        self.ready = ready
        self._health_url = health_url
        self.slack = slack
        self._process = process
        self._sent = 0
        self._channels: list[str] = []
        for number in range(CHANNELS):
            channel = f"C0BENCH{number:03d}"
            slack.workspace.add_channel(channel, f"bench-{number}", topic="")
            self._channels.append(channel)

    @property
    def resident(self) -> int:
        """Resident memory of the bot's process, in bytes."""
        return int(self._process.memory_info().rss)

    async def burst(self, events: int) -> Load:
        """Send so many messages at once.

        They are all written before the first is sent: what that takes is no work of the bot's.
        """
        before = len(self.slack.socket_mode.deliveries)
        ids = [self._send(number, CHATTER)[1] for number in range(events)]
        acks = await self._acks(ids)
        sent = self.slack.socket_mode.deliveries[before:]
        first = min(one.sent_at for one in sent if one.sent_at is not None)
        last = max(one.acked_at for one in sent if one.acked_at is not None)
        return Load(duration=last - first, acks=acks)

    async def settle(self) -> None:
        """Wait until the bot has worked off what it was sent."""
        if self._health_url is None:
            return
        async with aiohttp.ClientSession() as session, asyncio.timeout(120):
            while True:
                async with session.get(self._health_url) as answer:
                    if (await answer.json())["checks"]["queue"]["depth"] == 0:
                        return
                await asyncio.sleep(0.1)

    async def steady(self, per_second: int, seconds: int, every: int) -> tuple[Load, list[float]]:
        """Send evenly; each `every`-th message calls for an SOP, and its answer is timed."""
        sent: dict[str, float] = {}
        answers: list[float] = []
        complete = asyncio.Event()
        expected = len(range(0, per_second * seconds, every)) if every else 0

        def look(change: Change) -> None:
            match change:
                case Posted(_, message) if message.get("thread_ts") in sent:
                    answers.append(time.monotonic() - sent.pop(message["thread_ts"]))
                    if len(answers) == expected:
                        complete.set()
                case _:
                    pass

        stop = self.slack.workspace.listen(look)
        begun = time.monotonic()
        ids = []
        for number in range(per_second * seconds):
            await asyncio.sleep(max(0.0, begun + number / per_second - time.monotonic()))
            calls = bool(every) and number % every == 0
            now = time.monotonic()
            ts, event = self._send(number, OUTAGE if calls else CHATTER)
            ids.append(event)
            if calls:
                sent[ts] = now
        acks = await self._acks(ids)
        duration = time.monotonic() - begun
        if expected:
            await asyncio.wait_for(complete.wait(), 60)
        stop()
        return Load(duration=duration, acks=acks), answers

    def _send(self, number: int, text: str) -> tuple[str, str]:
        """Post as a person; gives the message's ts and the id of its event.

        No two texts are alike, so that each one has to be judged.
        """
        channel = self._channels[number % CHANNELS]
        self._sent += 1
        ts = str(self.slack.workspace.post(channel, GRACE, text.format(self._sent))["ts"])
        return ts, self.slack.events.ids(channel, ts)[0]

    async def _acks(self, ids: list[str]) -> list[float]:
        outcomes = [await self.slack.socket_mode.acked(event, timeout=120) for event in ids]
        late = [outcome for outcome in outcomes if not outcome.acked or outcome.attempts != 1]
        if late:
            raise RuntimeError(f"{len(late)} of {len(ids)} events were not acked at the first try")
        return [outcome.latency or 0.0 for outcome in outcomes]


@asynccontextmanager
async def empty_bolt() -> AsyncIterator[Side]:
    """An empty Bolt app, ready once both its sockets are connected."""
    async with _slack() as slack, _process(slack, ["-m", "bench.empty_bolt"], {}) as process:
        begun = process.create_time()
        await slack.socket_mode.wait_for_connections(2, timeout=30)
        yield Side(slack, process, time.time() - begun)


@asynccontextmanager
async def livesop(
    database_url: str,
    data_dir: Path,
    log: Path,
    evaluator: str,
    prepare: Callable[[SlackServer], Awaitable[object]] | None = None,
) -> AsyncIterator[Side]:
    """LiveSOP in all its roles, logging to a file, ready when its health port says so.

    `prepare` is done before it starts.
    """
    port = free_port()
    settings = {
        "DATABASE_URL": database_url,
        "LIVESOP_DATA_DIR": str(data_dir),
        "HEALTH_PORT": str(port),
        "LIVESOP_EVALUATOR": evaluator,
        "LOG_FORMAT": "json",
    }
    arguments = ["-m", "livesop_bot", "run"]
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(_slack())
        if prepare is not None:
            await prepare(slack)
        process = await stack.enter_async_context(_process(slack, arguments, settings, log))
        health = f"http://127.0.0.1:{port}/health"
        ready = await _ready(f"{health}/ready", process.create_time())
        await slack.socket_mode.wait_for_connections(2)
        yield Side(slack, process, ready, health)


@asynccontextmanager
async def _slack() -> AsyncIterator[SlackServer]:
    async with SlackServer(demo_workspace(), choose=round_robin()) as slack:
        yield slack


@asynccontextmanager
async def _process(
    slack: SlackServer, arguments: list[str], settings: dict[str, str], log: Path | None = None
) -> AsyncIterator[psutil.Process]:
    environment = {
        "PATH": os.environ["PATH"],
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_API_URL": slack.api_url,
        **settings,
    }
    with (log or Path(os.devnull)).open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, env=environment, stdout=output, stderr=output
        )
    try:
        yield psutil.Process(process.pid)
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await asyncio.wait_for(process.wait(), 15)


async def _ready(url: str, begun: float) -> float:
    async with aiohttp.ClientSession() as session, asyncio.timeout(30):
        while True:
            with suppress(aiohttp.ClientError):
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return time.time() - begun
            await asyncio.sleep(0.01)
