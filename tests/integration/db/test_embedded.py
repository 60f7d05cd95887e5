"""The embedded PostgreSQL, within this process."""

import asyncio
import os
import shutil
import signal
import subprocess
from collections import namedtuple
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest

from livesop_bot.db.embedded import EmbeddedPostgres
from livesop_bot.errors import ConfigurationError


async def _ask(server: EmbeddedPostgres, query: str) -> object:
    connection = await asyncpg.connect(server.dsn, timeout=5)
    try:
        return await connection.fetchval(query, timeout=5)
    finally:
        await connection.close()


@pytest.fixture
def server(used_data_dir: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(used_data_dir)
    server.start()
    yield server
    server.stop()


async def test_the_server_keeps_its_promises(server: EmbeddedPostgres) -> None:
    promised = {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
        "listen_addresses": "",
        "server_encoding": "UTF8",
        "TimeZone": "UTC",
    }
    assert {name: await _ask(server, f"SHOW {name}") for name in promised} == promised


async def test_search_extensions_are_there_and_know_more_than_ascii(
    server: EmbeddedPostgres,
) -> None:
    await _ask(server, "CREATE EXTENSION IF NOT EXISTS vector")
    await _ask(server, "CREATE EXTENSION pg_trgm")
    assert await _ask(server, "SELECT lower('ÄÖÜ')") == "äöü"


async def test_rows_stay_and_the_address_stays_over_a_restart(server: EmbeddedPostgres) -> None:
    await _ask(server, "CREATE TABLE kept AS SELECT 7 AS n")
    dsn = server.dsn
    server.stop()
    server.start()
    assert server.dsn == dsn
    assert await _ask(server, "SELECT n FROM kept") == 7


async def test_a_crashed_server_recovers(server: EmbeddedPostgres) -> None:
    await _ask(server, "CREATE TABLE kept AS SELECT 7 AS n")
    os.kill(server.pid, signal.SIGKILL)
    server.stop()
    server.start()
    assert await _ask(server, "SELECT n FROM kept") == 7


@pytest.mark.parametrize(
    "name",
    ["Überwachung, 100%25 ✓", "a \"quoted' name", "long" * 50],
)
async def test_any_folder_will_do(data_dir: Path, name: str) -> None:
    async with EmbeddedPostgres(data_dir / name) as server:
        first = server.dsn
        await _ask(server, "CREATE TABLE kept AS SELECT 7 AS n")
    async with EmbeddedPostgres(data_dir / name) as server:
        assert await _ask(server, "SELECT n FROM kept") == 7
        assert server.dsn == first


@pytest.mark.parametrize("name", ["short", "long" * 50])
def test_nobody_else_may_enter_the_socket_folder(data_dir: Path, name: str) -> None:
    server = EmbeddedPostgres(data_dir / name)
    server.start()
    link = data_dir / name / "postgres" / "socket"
    assert link.stat().st_mode & 0o077 == 0
    assert (link / ".s.PGSQL.5432").is_socket()
    folder = link.resolve()
    server.stop()
    assert folder.is_relative_to(data_dir) or not folder.exists()
    # Somebody takes the name in the meantime: another folder is used.
    if not folder.exists():
        folder.mkdir(mode=0o777)
        server.start()
        assert link.resolve() != folder
        assert link.stat().st_mode & 0o077 == 0
        server.stop()
        folder.rmdir()


async def test_the_second_to_open_the_data_attaches_to_the_same_server(
    server: EmbeddedPostgres, data_dir: Path
) -> None:
    async with EmbeddedPostgres(data_dir) as second:
        assert (server.owner, second.owner) == (True, False)
        assert (second.dsn, second.pid) == (server.dsn, server.pid)
    assert await _ask(server, "SELECT 1") == 1


async def _ask_until_answered(server: EmbeddedPostgres, query: str) -> object:
    async with asyncio.timeout(30):
        while True:
            try:
                return await _ask(server, query)
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(0.05)


async def test_a_killed_server_is_started_again(used_data_dir: Path) -> None:
    async with EmbeddedPostgres(used_data_dir) as server:
        await _ask(server, "CREATE TABLE kept AS SELECT 7 AS n")
        for _ in range(2):
            dsn = server.dsn
            os.kill(server.pid, signal.SIGKILL)
            assert await _ask_until_answered(server, "SELECT n FROM kept") == 7
            assert (server.dsn, server.owner) == (dsn, True)


@pytest.mark.parametrize("name", ["short", "long" * 50])
async def test_whoever_is_attached_takes_the_server_over_when_its_owner_ends(
    data_dir: Path, name: str
) -> None:
    """The owner may be but a command that somebody gave before LiveSOP was started."""
    owner = EmbeddedPostgres(data_dir / name)
    await owner.__aenter__()
    async with EmbeddedPostgres(data_dir / name) as attached:
        await _ask(attached, "CREATE TABLE kept AS SELECT 7 AS n")
        dsn = attached.dsn
        await owner.__aexit__(None, None, None)
        assert await _ask_until_answered(attached, "SELECT n FROM kept") == 7
        assert (attached.dsn, attached.owner) == (dsn, True)


async def test_a_server_that_does_not_start_again_is_tried_again(
    used_data_dir: Path, log_events: list[Any]
) -> None:
    control = used_data_dir / "postgres" / "data" / "global" / "pg_control"
    async with EmbeddedPostgres(used_data_dir) as server:
        control.rename(control.with_suffix(".away"))
        os.kill(server.pid, signal.SIGKILL)
        async with asyncio.timeout(30):
            while "postgres.not_started" not in {one["event"] for one in log_events}:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        control.with_suffix(".away").rename(control)
        assert await _ask_until_answered(server, "SELECT 1") == 1


async def test_a_lock_without_a_server_is_refused_in_time(data_dir: Path) -> None:
    holder = EmbeddedPostgres(data_dir)
    holder._claim()
    try:
        with pytest.raises(ConfigurationError, match="Another process holds its lock"):
            EmbeddedPostgres(data_dir, start_timeout=0.1).start()
    finally:
        holder.stop()


@pytest.mark.parametrize("moment", ["at once", "with the lock", "with the server"])
async def test_a_start_that_is_cancelled_leaves_nothing_behind(data_dir: Path, moment: str) -> None:
    server = EmbeddedPostgres(data_dir)
    moments: dict[str, Callable[[], bool]] = {
        "at once": lambda: True,
        "with the lock": lambda: server.owner,
        "with the server": lambda: server._process is not None,
    }
    start = asyncio.create_task(server.__aenter__())
    await asyncio.sleep(0)  # the start begins
    while not moments[moment]():  # noqa: ASYNC110  nothing tells of it
        # A turn of the loop, no time: the start needs several more to end, so it is never missed.
        await asyncio.sleep(0)
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start
    assert not server.owner
    assert not [p for p in psutil.process_iter(["cmdline"]) if str(data_dir) in str(p.info)]
    async with server:
        assert server.owner


@pytest.mark.parametrize("state", ["zombie", "somebody else's"])
async def test_a_leftover_pid_that_is_now(
    server: EmbeddedPostgres, data_dir: Path, state: str
) -> None:
    """The number in postmaster.pid belongs to another process after a restart of the machine."""
    await _ask(server, "CREATE TABLE kept AS SELECT 7 AS n")
    os.kill(server.pid, signal.SIGKILL)
    server.stop()
    other = subprocess.Popen(["sleep", "60"])  # noqa: ASYNC220  it starts at once
    try:
        if state == "zombie":
            other.kill()
            os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)  # noqa: ASYNC222  so it ends
        path = data_dir / "postgres" / "data" / "postmaster.pid"
        lines = path.read_text().splitlines()
        path.write_text("\n".join([str(other.pid), *lines[1:], ""]))
        server.start()
        assert await _ask(server, "SELECT n FROM kept") == 7
        assert state == "zombie" or other.poll() is None
    finally:
        other.kill()
        other.wait()


async def test_an_initialisation_that_was_cut_short_is_begun_anew(data_dir: Path) -> None:
    unfinished = data_dir / "postgres" / "unfinished-1"
    unfinished.mkdir(parents=True, mode=0o711)
    (data_dir / "postgres").chmod(0o711)
    (unfinished / "PG_VERSION").write_text("18\n")
    async with EmbeddedPostgres(data_dir) as server:
        assert await _ask(server, "SELECT 1") == 1
    assert not unfinished.exists()


def test_data_of_another_version_is_refused(server: EmbeddedPostgres, data_dir: Path) -> None:
    server.stop()
    (data_dir / "postgres" / "data" / "PG_VERSION").write_text("17\n")
    with pytest.raises(ConfigurationError, match=r"made by PostgreSQL 17.*version 18"):
        server.start()
    assert not server.owner


def test_a_full_disk_is_refused_before_anything_is_written(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1, 1, 100 << 20))
    with pytest.raises(ConfigurationError, match=r"LIVESOP_DATA_DIR: .*256 MiB"):
        EmbeddedPostgres(data_dir).start()
    assert not (data_dir / "postgres" / "data").exists()


def test_a_platform_without_programs_is_refused(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ConfigurationError, match="set DATABASE_URL"):
        EmbeddedPostgres(data_dir).start()


def test_a_folder_that_cannot_be_is_refused(data_dir: Path) -> None:
    (data_dir / "file").write_text("")
    with pytest.raises(ConfigurationError, match="LIVESOP_DATA_DIR"):
        EmbeddedPostgres(data_dir / "file").start()


def test_a_server_that_does_not_start_says_why_and_leaves_the_data(data_dir: Path) -> None:
    with pytest.raises(ConfigurationError, match='invalid value for parameter "max_connections"'):
        EmbeddedPostgres(data_dir, settings={"max_connections": "many"}).start()
    server = EmbeddedPostgres(data_dir)
    server.start()
    assert server.owner
    server.stop()


async def test_the_log_repeats_no_rows(server: EmbeddedPostgres) -> None:
    await _ask(server, "CREATE TABLE messages (text text UNIQUE CHECK (text <> 'forbidden'))")
    await _ask(server, "INSERT INTO messages VALUES ('secret')")
    with pytest.raises(asyncpg.UniqueViolationError, match="unique"):
        await _ask(server, "INSERT INTO messages VALUES ('secret')")
    with pytest.raises(asyncpg.CheckViolationError, match="check"):
        await _ask(server, "INSERT INTO messages VALUES ('forbidden')")
    said = server.log_file.read_text()
    assert "violates unique constraint" in said
    assert "secret" not in said
    assert "'forbidden'" not in said


def test_a_log_that_has_grown_is_put_aside(server: EmbeddedPostgres) -> None:
    server.stop()
    os.truncate(server.log_file, 11 << 20)
    server.start()
    assert server.log_file.stat().st_size < 1 << 20
    assert server.log_file.with_suffix(".log.old").stat().st_size == 11 << 20
