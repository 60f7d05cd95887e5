"""The embedded PostgreSQL: a real server in the data folder, where no DATABASE_URL is given.

It listens on a Unix socket in a private folder and nowhere else, so it needs no password; its
durability is PostgreSQL's own, unchanged. It stops when the process that started it does, also
after kill -9 (on Linux; elsewhere the next start stops it).
"""

import asyncio
import fcntl
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote

import structlog

from livesop_bot.db import launcher
from livesop_bot.db.cluster import NAME, Cluster
from livesop_bot.db.postmaster import TICK, Postmaster, end
from livesop_bot.db.programs import ENVIRONMENT, Programs
from livesop_bot.errors import ConfigurationError

Result = TypeVar("Result")

_LOOK = 0.5
"""Seconds between looks for whether the server still is there."""

_LONGEST_WAIT = 30.0
"""Seconds between tries to start one that does not start."""

_LOG_MAX = 10 * 1024 * 1024  # bytes from which the server's log is put aside at the next start

_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "50",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_error_verbosity": "terse",  # the details of an error quote rows: message text
    "log_min_error_statement": "panic",  # and so may a statement
}

log = structlog.get_logger()


class EmbeddedPostgres:
    """One server and its data, in `postgres/` of the folder given (LIVESOP_DATA_DIR).

    The first process to open it owns the server; another one attaches to the same server.
    `settings` are server settings to add or to change. Times are in seconds.

    Use `async with`, or `start()` and `stop()`, again and again on the same data; the dsn stays.
    Within `async with` the server is kept: started again where it was killed, and taken over by
    one that is attached where its owner ended.
    Start it from the main thread: on Linux the server ends with the thread that started it.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        settings: Mapping[str, str] | None = None,
        start_timeout: float = 120.0,
        stop_timeout: float = 30.0,
    ) -> None:
        self._cluster = Cluster(data_dir.expanduser().resolve() / "postgres")
        self._settings = {**_SETTINGS, **(settings or {})}
        self._start_timeout = start_timeout
        self._stop_timeout = stop_timeout
        self._deadline = 0.0
        self._cancelled = threading.Event()
        self._log_start = 0  # where in the log the last start begins, in bytes
        self._lock: int | None = None
        self._programs: Programs | None = None
        self._socket_folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._attached: Postmaster | None = None
        self._keeping: asyncio.Task[None] | None = None

    @property
    def owner(self) -> bool:
        """Whether this object started the server, or is attached to that of another process."""
        return self._lock is not None

    @property
    def dsn(self) -> str:
        """Where asyncpg finds the database; only while started."""
        folder = self._attached.socket_folder if self._attached else self._socket_folder
        assert folder is not None, "not started"
        return f"postgresql://{NAME}@/{NAME}?host={quote(str(folder), safe='')}"

    @property
    def pid(self) -> int:
        """The server's first process; only while started."""
        server = self._attached or self._process
        assert server is not None, "not started"
        return server.pid

    @property
    def log_file(self) -> Path:
        """What the server says; no message text."""
        return self._cluster.log_file

    def start(self) -> None:
        """Start the server, or attach to the one that runs, and return once it is ready.

        Raises ConfigurationError, saying what to do, where that cannot be.
        """
        try:
            self._claim()
            while self.owner:
                self._spawn()
                if self._becomes_ready():
                    break
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server if it is ours, and let go of the data. A second time does nothing."""
        if (process := self._process) is not None and process.poll() is None:
            end(process.pid, lambda: process.poll() is None, self._stop_timeout)
            log.info("postgres.stopped", code=process.returncode)
        if self._socket_folder is not None and self._socket_folder.parent != self._cluster.home:
            shutil.rmtree(self._socket_folder, ignore_errors=True)
        self._process = self._attached = self._socket_folder = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def __aenter__(self) -> Self:
        try:
            await self._open()
        except BaseException:
            await self._off_loop(self.stop)
            raise
        self._keeping = asyncio.create_task(self._keep())
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._keeping is not None, "entered"
        self._keeping.cancel()
        await asyncio.wait({self._keeping})
        await self._off_loop(self.stop)

    async def _open(self) -> None:
        await self._off_loop(self._claim)
        while self.owner:
            self._spawn()  # here and not in a thread, with which the server would end
            if await self._off_loop(self._becomes_ready):
                break

    async def _keep(self) -> None:
        wait = _LOOK
        while True:
            await asyncio.sleep(wait)  # there is nothing to await in what another process does
            if await asyncio.to_thread(self._is_running):
                wait = _LOOK
                continue
            log.warning("postgres.ended", was_ours=self.owner)
            try:
                await self._open()
            except Exception as error:
                wait = min(wait * 2, _LONGEST_WAIT)
                log.exception("postgres.not_started", error=str(error), retry_in_seconds=wait)

    def _is_running(self) -> bool:
        if self.owner:
            return self._process is not None and self._process.poll() is None
        return self._attached is None or self._attached.is_running()  # None: told to stop

    async def _off_loop(self, step: Callable[[], Result]) -> Result:
        """Run a blocking step in a thread; cancelled, tell it so and wait until it has ended."""
        work = asyncio.ensure_future(asyncio.to_thread(step))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            self._cancelled.set()
            await asyncio.wait({work})
            raise
        finally:
            self._cancelled.clear()

    def _claim(self) -> None:
        """Take the lock and get everything ready for a start, or attach to the lock's holder."""
        self._deadline = time.monotonic() + self._start_timeout
        with self._explained():
            self._cluster.create_home()
            while not self.owner and not self._take_lock():
                server = Postmaster.read(self._cluster.data)
                if server is not None and server.is_ready and server.is_running():
                    self._attached = server
                    log.info("postgres.attached", pid=server.pid)
                    return
                self._wait(
                    "Another process holds its lock, but no server of this machine uses the data."
                )
            self._programs = Programs.prepare(self._cluster.home, self._cluster.account())
            self._cluster.prepare(self._programs)
            self._socket_folder = self._cluster.socket_folder(self._programs)
            self._end_leftover()
            if self.log_file.exists() and self.log_file.stat().st_size > _LOG_MAX:
                self.log_file.replace(self.log_file.with_suffix(".log.old"))

    def _take_lock(self) -> bool:
        descriptor = self._cluster.open("lock", os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._lock = descriptor
        return True

    def _end_leftover(self) -> None:
        """Stop the server of an owner that is gone, and see that its pid is in nobody's way."""
        server = Postmaster.read(self._cluster.data)
        if server is None:
            return
        if server.is_running():
            log.warning("postgres.leftover", pid=server.pid)
            end(server.pid, server.is_running, self._stop_timeout)
        server.disown()
        if self._socket_folder is not None:  # the socket has a file with the pid of its own
            (self._socket_folder / ".s.PGSQL.5432.lock").unlink(missing_ok=True)

    def _spawn(self) -> None:
        assert self._programs is not None
        account = self._programs.account
        command = [
            *(sys.executable, "-IS", launcher.__file__, str(os.getpid())),
            *((str(account.uid), str(account.gid)) if account else ("-1", "-1")),
            *self._programs.command("postgres", "-D", str(self._cluster.data)),
            *("-k", f'"{self._socket_folder}"'),
            *(f"-c{name}={value}" for name, value in self._settings.items()),
        ]
        with self._explained():
            output = self._cluster.open("server.log", os.O_WRONLY | os.O_APPEND)
            self._log_start = os.fstat(output).st_size
            try:
                self._process = subprocess.Popen(  # noqa: S603  our own program, no shell between
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    cwd="/",
                    env=ENVIRONMENT,
                    umask=0o077,
                    start_new_session=True,  # Ctrl-C is for us; we stop it when we are done
                )
            finally:
                os.close(output)

    def _becomes_ready(self) -> bool:
        """Wait for the server; False: start it again, something of its predecessor still ran."""
        assert self._process is not None
        while True:
            server = Postmaster.read(self._cluster.data)
            if server is not None and server.pid == self._process.pid and server.is_ready:
                self._attached = None  # until now the dsn was that of an owner who is gone
                log.info("postgres.ready", pid=server.pid)
                return True
            code = self._process.poll()
            said = self._said() if code is not None else ""
            self._wait("It did not become ready in time.")
            if code is not None and "shared memory block" in said:
                return False
            if code is not None:
                raise ConfigurationError(
                    f"PostgreSQL did not start on LIVESOP_DATA_DIR ({self._cluster.data}): {said}"
                )

    def _said(self) -> str:
        """What the server wrote to its log since it was started, the end of it."""
        with self.log_file.open("rb") as file:
            file.seek(self._log_start)
            return file.read()[-2000:].decode(errors="replace").strip()

    def _wait(self, problem: str) -> None:
        """Let some time pass; there is nothing to await in what another process does."""
        if self._cancelled.wait(TICK):
            raise InterruptedError
        if time.monotonic() > self._deadline:
            raise ConfigurationError(
                f"PostgreSQL did not start on LIVESOP_DATA_DIR ({self._cluster.data}) within "
                f"{self._start_timeout:g} s: {problem} Its log: {self.log_file}"
            )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Name the setting behind a folder that is missing, full, read-only or another user's."""
        try:
            yield
        except InterruptedError:
            raise
        except OSError as error:
            raise ConfigurationError(
                f"LIVESOP_DATA_DIR: PostgreSQL cannot use {self._cluster.home}: {error}"
            ) from error
