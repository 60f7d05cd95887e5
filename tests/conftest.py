"""What tests share: a real PostgreSQL, logs as data, and no network beyond this machine.

    database          dsn of a migrated database of the test's own (empty_database: without schema)
    pool              a pool on it
    private_postgres  a server of the test's own, migrated, to stop, freeze and kill
    data_dir          an empty folder for LIVESOP_DATA_DIR
    used_data_dir     one with a migrated database in it, not running
    log_events        what was logged during the test, as dicts

pytest-socket (see pyproject.toml) refuses connections to other machines; looking up their names
is refused here.
"""

import asyncio
import ipaddress
import itertools
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, MutableMapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import asyncpg
import psutil
import pytest
import pytest_asyncio
import structlog
from hypothesis import HealthCheck, settings
from structlog.testing import capture_logs

from livesop_bot.db.embedded import EmbeddedPostgres
from livesop_bot.db.migrations import migrate
from livesop_bot.db.pool import Pool, create_pool
from livesop_bot.db.vectors import ensure_vectors

# Whether an example took long says more about the machine than about us.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")

_numbers = itertools.count(1)
_look_up = socket.getaddrinfo

_CARELESS = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "256MB"}
"""Settings for servers that need not survive a power cut, and are quicker so."""

_CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1"

_MEMORY, _ROOM = Path("/dev/shm"), 4 * 1024**3  # noqa: S108  each folder there is closed to others


@pytest.fixture(scope="session", autouse=True)
def _plain_tracebacks() -> None:
    """What structlog shows of each frame by default takes it seconds."""
    shown = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], shown])


@pytest.fixture(scope="session", autouse=True)
def _no_name_service() -> Iterator[None]:
    """Only addresses and localhost have a meaning in tests, on line and off."""

    def look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host not in (None, "", "localhost", b"localhost"):
            try:
                ipaddress.ip_address(host)
            except ValueError:
                raise socket.gaierror(socket.EAI_NONAME, f"no names in tests: {host}") from None
        return _look_up(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", look_up)
        yield


def _new_data_dir() -> Path:
    """A folder in memory where there is room, in which a database is made ten times as quickly.

    pytest's own tmp_path is closed to others, and so to the user that root runs PostgreSQL as.
    """
    has_room = os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM
    folder = Path(tempfile.mkdtemp(prefix="livesop-test-", dir=_MEMORY if has_room else None))
    if os.geteuid() == 0:
        folder.chmod(0o711)
    return folder


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """An empty folder for LIVESOP_DATA_DIR, removed afterwards."""
    folder = _new_data_dir()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def _cluster() -> Iterator[Path]:
    """A migrated database, at rest, for tests to copy: to create one takes most of a second."""
    folder = _new_data_dir()
    server = EmbeddedPostgres(folder, settings=_CARELESS)
    server.start()
    asyncio.run(_migrate(server.dsn))
    server.stop()
    yield folder / "postgres" / "data"
    shutil.rmtree(folder)


async def _migrate(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await migrate(connection)
    await ensure_vectors(connection)
    await connection.close()


@pytest.fixture
def used_data_dir(data_dir: Path, _cluster: Path) -> Path:
    """A folder for LIVESOP_DATA_DIR with a migrated database in it, not running."""
    shutil.copytree(_cluster, data_dir / "postgres" / "data")
    return data_dir


@pytest.fixture(scope="session")
def postgres(_cluster: Path) -> Iterator[EmbeddedPostgres]:
    """The server that tests share; its database `livesop` is migrated."""
    folder = _new_data_dir()
    shutil.copytree(_cluster, folder / "postgres" / "data")
    server = EmbeddedPostgres(folder, settings={**_CARELESS, "max_connections": "200"})
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder)


def _dsn(server: EmbeddedPostgres, database: str) -> str:
    return server.dsn.replace("@/livesop?", f"@/{database}?")


@pytest_asyncio.fixture
async def empty_database(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """The dsn of a database of the test's own, without a schema."""
    async for dsn in _database(postgres, "template1"):
        yield dsn


@pytest_asyncio.fixture
async def plain_database(empty_database: str) -> str:
    """The dsn of one without a schema, to which the server offers no extensions."""
    connection = await asyncpg.connect(empty_database)
    name = await connection.fetchval("SELECT current_database()")
    await connection.execute(f"ALTER DATABASE {name} SET extension_control_path = '/nowhere'")
    await connection.close()
    return empty_database


@pytest_asyncio.fixture
async def database(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """The dsn of a migrated database of the test's own."""
    async for dsn in _database(postgres, "livesop"):
        yield dsn


Outage = Callable[[], AbstractAsyncContextManager[None]]


@pytest_asyncio.fixture
async def outage(postgres: EmbeddedPostgres, database: str) -> Outage:
    """In `async with outage(): …` the test's database is away: its way there is not, and those
    who were connected are cut off.
    """
    name, folder = urlsplit(database).path[1:], parse_qs(urlsplit(database).query)["host"][0]

    @asynccontextmanager
    async def away() -> AsyncIterator[None]:
        elsewhere = Path(folder).rename(f"{folder}-away")
        connection = await asyncpg.connect(_dsn(postgres, "postgres"))
        await connection.execute(_CUT, name)
        await connection.close()
        yield
        elsewhere.rename(folder)

    return away


async def _database(server: EmbeddedPostgres, template: str) -> AsyncIterator[str]:
    name = f"test_{next(_numbers)}"
    connection = await asyncpg.connect(_dsn(server, "postgres"))
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    dsn, (socket_folder,) = _dsn(server, name), parse_qs(urlsplit(server.dsn).query)["host"]
    with tempfile.TemporaryDirectory(prefix="livesop-") as folder:
        way = Path(folder, "to")
        way.symlink_to(socket_folder)
        yield f"{dsn.partition('?')[0]}?host={quote(str(way), safe='')}"
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


@pytest_asyncio.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    """A pool on the test's database."""
    pool = await create_pool(database)
    yield pool
    try:
        async with asyncio.timeout(5):
            await pool.close()
    finally:
        pool.terminate()


class PrivatePostgres:
    """A server with all its durability, whose outages a test brings about."""

    def __init__(self, data_dir: Path) -> None:
        self._server = EmbeddedPostgres(data_dir)
        self._frozen: list[psutil.Process] = []
        self._server.start()
        self.dsn = self._server.dsn

    def stop(self) -> None:
        """Shut down in order; connections are ended, new ones are refused."""
        self.thaw()
        self._server.stop()

    def start(self) -> None:
        """Start again on the same data, under the same dsn."""
        self._server.start()

    def kill(self) -> None:
        """End it as a power cut would."""
        os.kill(self._server.pid, signal.SIGKILL)
        self.stop()

    def freeze(self) -> None:
        """Hang: connections stay and new ones are accepted, but nothing is answered."""
        postmaster = psutil.Process(self._server.pid)
        postmaster.suspend()
        self._frozen = [postmaster, *postmaster.children(recursive=True)]
        for process in self._frozen[1:]:
            process.suspend()

    def thaw(self) -> None:
        """Go on where it was frozen."""
        for process in self._frozen:
            if process.is_running():
                process.resume()
        self._frozen = []


@pytest.fixture
def private_postgres(used_data_dir: Path) -> Iterator[PrivatePostgres]:
    """A migrated server of the test's own; its methods are quick, and block."""
    server = PrivatePostgres(used_data_dir)
    yield server
    server.stop()


@pytest.fixture
def log_events() -> Iterator[list[MutableMapping[str, Any]]]:
    """What is logged, with `event`, `log_level`, and the keys and bound context."""
    structlog.contextvars.clear_contextvars()
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as events:
        yield events
