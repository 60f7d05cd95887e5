"""The health port over HTTP, with parts that are in the state a test puts them in."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from livesop_bot.db.queue import QueueState
from livesop_bot.errors import ConfigurationError, DatabaseAway
from livesop_bot.metrics import Metrics
from livesop_bot.ops.checks import Checks
from livesop_bot.ops.health import HealthServer
from livesop_bot.ops.heartbeat import Heartbeat
from livesop_bot.ops.status import ModelState, SocketState, SpoolState


class Parts:
    """What the server looks at."""

    def __init__(self) -> None:
        self.away = False
        self.pending = 0
        self.sockets = SocketState(2, 2)
        self.spool = SpoolState(0, 0, 1000)
        self.model = ModelState("configured")
        self.problem = ""

    async def ping(self) -> None:
        if self.away:
            raise DatabaseAway("PostgreSQL is away")

    async def pending_migrations(self) -> int:
        return self.pending

    async def queue(self) -> QueueState:
        return QueueState(4, 1.5)

    def checks(self) -> Checks:
        return Checks(
            database=self.ping,
            pending_migrations=self.pending_migrations,
            queue=self.queue,
            sockets=lambda: self.sockets,
            spool=lambda: self.spool,
            model=lambda: self.model,
            evaluator="local",
            evaluator_problem=lambda: self.problem,
        )


@pytest.fixture
def parts() -> Parts:
    return Parts()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest_asyncio.fixture
async def client(parts: Parts, metrics: Metrics) -> AsyncIterator[aiohttp.ClientSession]:
    async with (
        HealthServer("127.0.0.1", 0, parts.checks(), metrics, "1.2.3") as server,
        aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as session,
    ):
        yield session


async def get(client: aiohttp.ClientSession, path: str) -> tuple[int, dict[str, Any]]:
    async with client.get(path) as response:
        assert response.content_type == "application/json"
        return response.status, await response.json()


async def test_health_says_who_when_and_how_each_part_is(client: aiohttp.ClientSession) -> None:
    status, body = await get(client, "/health")
    at = datetime.fromisoformat(body.pop("timestamp"))
    assert at.utcoffset() == timedelta(0)
    assert body["checks"]["database"].pop("latency_ms") >= 0
    assert status == 200
    assert body == {
        "status": "healthy",
        "service": "livesop-bot",
        "version": "1.2.3",
        "reasons": [],
        "checks": {
            "database": {"status": "ok", "problem": None, "pending_migrations": 0},
            "openai": {"status": "configured"},
            "slack": {"status": "ok", "connected": 2, "wanted": 2},
            "queue": {
                "status": "ok",
                "depth": 4,
                "oldest_job_age_seconds": 1.5,
                "failed_jobs": 0,
            },
            "spool": {
                "status": "empty",
                "problem": None,
                "events": 0,
                "bytes": 0,
                "max_bytes": 1000,
                "stuck_files": 0,
            },
            "evaluator": {"status": "ok", "name": "local"},
            "knowledge": {"status": "unknown", "problem": None, "waiting": None, "failed": None},
        },
    }


async def test_degraded_is_served_with_200_so_that_nobody_restarts_what_still_works(
    client: aiohttp.ClientSession, parts: Parts
) -> None:
    parts.sockets = SocketState(1, 2)
    status, body = await get(client, "/health")
    assert (status, body["status"]) == (200, "degraded")
    assert body["reasons"] == ["fewer sockets than SLACK_CONNECTIONS"]


async def test_words_that_stand_in_for_the_local_model_are_said(
    client: aiohttp.ClientSession, parts: Parts
) -> None:
    parts.problem = "the local model cannot be used"
    status, body = await get(client, "/health")
    assert (status, body["status"], body["reasons"]) == (200, "degraded", [parts.problem])
    assert body["checks"]["evaluator"] == {"status": "words_alone", "name": "local"}


async def test_unhealthy_is_503_and_well_again_200(
    client: aiohttp.ClientSession, parts: Parts
) -> None:
    parts.away = True
    status, body = await get(client, "/health")
    assert (status, body["status"]) == (503, "unhealthy")
    assert body["checks"]["queue"]["status"] == "unknown"
    parts.away = False
    assert (await get(client, "/health"))[0] == 200
    parts.sockets = SocketState(0, 2)
    assert (await get(client, "/health"))[0] == 503


async def test_ready_needs_a_migrated_database_and_a_socket(
    client: aiohttp.ClientSession, parts: Parts
) -> None:
    parts.pending = 1
    status, body = await get(client, "/health/ready")
    assert (status, body["status"]) == (503, "not_ready")
    assert body["reasons"] == ["the database is not known to be migrated"]
    parts.pending = 0
    parts.sockets = SocketState(0, 2)
    assert (await get(client, "/health/ready"))[0] == 503
    parts.sockets = SocketState(1, 2)
    status, body = await get(client, "/health/ready")
    assert (status, body["status"], body["reasons"]) == (200, "ready", [])


async def test_live_stays_200_while_the_database_is_away(
    client: aiohttp.ClientSession, parts: Parts
) -> None:
    parts.away = True
    status, body = await get(client, "/health/live")
    assert (status, body["status"]) == (200, "alive")


async def test_live_is_503_right_after_the_loop_was_stuck(
    client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livesop_bot.ops.health.MAX_LAG", 0.3)
    await get(client, "/health/live")
    time.sleep(1.0)  # noqa: ASYNC251  blocking the loop is what is tested
    status, body = await get(client, "/health/live")
    assert (status, body["status"]) == (503, "stuck")
    assert body["loop_lag_seconds"] > 0.3


async def test_the_heartbeat_measures_the_lag_and_sets_the_gauge(metrics: Metrics) -> None:
    async with Heartbeat(metrics.loop_lag_seconds) as heartbeat:
        time.sleep(0.8)  # noqa: ASYNC251  blocking the loop is what is tested
        assert heartbeat.lag >= 0.25
        await asyncio.sleep(0.01)  # the beat that came late runs first
    lag = metrics.registry.get_sample_value("livesop_event_loop_lag_seconds")
    assert lag is not None
    assert lag >= 0.25


async def test_metrics_show_what_the_checks_found(
    client: aiohttp.ClientSession, parts: Parts, metrics: Metrics
) -> None:
    parts.spool = SpoolState(3, 512, 1000, 1)
    metrics.events.labels("message", "stored").inc()
    async with client.get("/metrics") as response:
        text = await response.text()
        assert response.status == 200
        assert response.content_type == "text/plain"
    lines = text.splitlines()
    assert 'livesop_events_total{outcome="stored",type="message"} 1.0' in lines
    for line in (
        "livesop_database_up 1.0",
        "livesop_queue_depth 4.0",
        "livesop_queue_oldest_job_seconds 1.5",
        "livesop_queue_failed_jobs 0.0",
        "livesop_slack_sockets 2.0",
        "livesop_slack_sockets_wanted 2.0",
        "livesop_spool_events 3.0",
        "livesop_spool_bytes 512.0",
        "livesop_spool_stuck_files 1.0",
        "livesop_model_usable 1.0",
    ):
        assert line in lines


@pytest.mark.parametrize(
    ("model", "value"),
    [
        (ModelState("away", "it is away"), "0.0"),
        (ModelState("budget_spent", "it is spent"), "0.0"),
        (ModelState("not_configured"), "NaN"),
        (ModelState("not_used"), "NaN"),
    ],
)
async def test_a_model_that_cannot_be_asked_is_measured(
    client: aiohttp.ClientSession, parts: Parts, model: ModelState, value: str
) -> None:
    parts.model = model
    async with client.get("/metrics") as response:
        assert f"livesop_model_usable {value}" in (await response.text()).splitlines()


async def test_metrics_do_not_fail_or_pretend_while_the_database_is_away(
    client: aiohttp.ClientSession, parts: Parts
) -> None:
    async with client.get("/metrics") as response:
        assert "livesop_queue_depth 4.0" in await response.text()
    parts.away = True
    async with client.get("/metrics") as response:
        lines = (await response.text()).splitlines()
        assert response.status == 200
    assert "livesop_database_up 0.0" in lines
    assert "livesop_queue_depth NaN" in lines
    assert "livesop_queue_oldest_job_seconds NaN" in lines
    assert "livesop_queue_failed_jobs NaN" in lines


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/health/", 404),
        ("GET", "/healthy", 404),
        ("POST", "/health", 405),
        ("DELETE", "/metrics", 405),
        ("PUT", "/health/live", 405),
    ],
)
async def test_what_is_not_there_is_refused_in_json(
    client: aiohttp.ClientSession, method: str, path: str, status: int
) -> None:
    async with client.request(method, path) as response:
        assert response.status == status
        assert response.content_type == "application/json"
        assert json.loads(await response.text())["error"]
        if status == 405:
            assert response.headers["Allow"] == "GET,HEAD"


@pytest.mark.parametrize("path", ["/health", "/health/ready", "/health/live", "/metrics"])
async def test_head_answers_as_get_without_a_body(client: aiohttp.ClientSession, path: str) -> None:
    async with client.head(path) as response:
        assert response.status == 200
        assert await response.read() == b""


async def test_a_taken_port_is_a_configuration_error_naming_it(
    parts: Parts, metrics: Metrics
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        server = HealthServer("127.0.0.1", port, parts.checks(), metrics, "1")
        with pytest.raises(ConfigurationError, match=rf"^HEALTH_PORT: {port} .* taken"):
            await server.__aenter__()


@pytest.mark.parametrize("host", ["203.0.113.1", "no-such-host.example"])
async def test_an_address_that_is_not_ours_is_a_configuration_error_naming_it(
    parts: Parts, metrics: Metrics, host: str
) -> None:
    with pytest.raises(ConfigurationError, match=rf"^HEALTH_HOST: {host}"):
        await HealthServer(host, 0, parts.checks(), metrics, "1").__aenter__()


async def test_the_port_is_free_again_after_the_end(parts: Parts, metrics: Metrics) -> None:
    async with HealthServer("127.0.0.1", 0, parts.checks(), metrics, "1") as server:
        port = server.port
    async with HealthServer("127.0.0.1", port, parts.checks(), metrics, "1") as server:
        assert server.port == port
