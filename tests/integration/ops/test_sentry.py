"""What reaches Sentry, seen by a receiver on loopback; each process of its own, as in earnest."""

import asyncio
import gzip
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

START = """
import sys, structlog, logging
from livesop_bot.logs import configure_logging
from livesop_bot.ops.sentry import start_sentry
from livesop_bot.settings import Settings
settings = Settings(_env_file=None)
configure_logging(settings)
tap = start_sentry(settings, "1.2.3")
if tap:
    configure_logging(settings, tap)
log = structlog.get_logger()
"""


@dataclass
class Receiver:
    """Takes Sentry's envelopes."""

    dsn: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        if request.headers.get("Content-Encoding") == "gzip" and body.startswith(b"\x1f\x8b"):
            body = gzip.decompress(body)
        _, *rest = body.splitlines()
        for header, payload in zip(rest[::2], rest[1::2], strict=True):
            if json.loads(header)["type"] == "event":
                self.events.append(json.loads(payload))
        return web.json_response({})


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/api/1/envelope/", receiver.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.dsn = f"http://key@127.0.0.1:{runner.addresses[0][1]}/1"
    yield receiver
    await runner.cleanup()


async def run(code: str, dsn: str, before: str = "") -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        before + START + code,
        env={**os.environ, "SENTRY_DSN": dsn, "LOG_FORMAT": "json"},
        stderr=asyncio.subprocess.PIPE,
    )
    _, stderr = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode is not None
    return process.returncode, stderr.decode()


async def test_a_logged_fault_arrives_with_traceback_and_ids_but_no_text_or_token(
    receiver: Receiver,
) -> None:
    code = """
def work(text):
    raise ValueError("refused xoxb-1-2-secret")
try:
    work("the customer's " + "message")
except ValueError:
    log.exception("worker.job_failed", signal=7, team="T1")
"""
    status, stderr = await run(code, receiver.dsn)
    assert status == 0
    assert json.loads(stderr)["event"] == "worker.job_failed"
    [event] = receiver.events
    [error] = event["exception"]["values"]
    assert (error["type"], error["value"]) == ("ValueError", "refused [masked: Slack token]")
    assert [frame["function"] for frame in error["stacktrace"]["frames"]][-1] == "work"
    assert event["contexts"]["livesop"] == {"signal": 7, "team": "T1"}
    assert event["tags"]["event"] == "worker.job_failed"
    assert event["release"] == "livesop-bot@1.2.3"
    assert "the customer's message" not in json.dumps(event)
    assert not {"request", "user", "breadcrumbs"} & event.keys()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ('log.error("signal.unstorable", event_id="Ev1")', "signal.unstorable"),
        ('logging.getLogger("pgqueuer").error("job %d lost", 3)', "job 3 lost"),
    ],
)
async def test_errors_without_exception_arrive_as_messages(
    receiver: Receiver, code: str, message: str
) -> None:
    await run(code, receiver.dsn)
    [event] = receiver.events
    entry = event.get("logentry", {})
    assert event.get("message") == message or entry.get("formatted") == message
    assert event["level"] == "error"


async def test_what_is_no_fault_is_not_reported(receiver: Receiver) -> None:
    await run('log.info("a.b"); log.warning("c.d"); logging.warning("e")', receiver.dsn)
    assert receiver.events == []


async def test_an_error_that_ends_the_process_is_reported(receiver: Receiver) -> None:
    status, _ = await run('raise RuntimeError("the end")', receiver.dsn)
    assert status == 1
    assert receiver.events[0]["exception"]["values"][0]["value"] == "the end"


async def test_without_the_extra_it_warns_and_goes_on() -> None:
    hidden = "import sys; sys.modules['sentry_sdk'] = None\n"
    status, stderr = await run("assert tap is None", "http://key@127.0.0.1:9/1", before=hidden)
    assert status == 0
    event = json.loads(stderr)
    assert (event["event"], event["level"]) == ("sentry.not_installed", "warning")
    assert event["install"] == "livesop-bot[sentry]"


async def test_without_a_dsn_nothing_is_loaded() -> None:
    status, stderr = await run("assert tap is None and 'sentry_sdk' not in sys.modules", "")
    assert (status, stderr) == (0, "")
