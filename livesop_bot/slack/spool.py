"""The spool: events on disk while PostgreSQL is away.

Append-only files, fsynced before the ack. A file belongs to the process that holds its lock; files
of processes that are gone are taken over. A file is removed once all of it is in PostgreSQL: after
a crash in between it is simply replayed again, and what was stored already turns out as duplicates.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import structlog

from livesop_bot.db.group_commit import GroupCommit
from livesop_bot.errors import ConfigurationError, SpoolFull
from livesop_bot.slack.aside import Aside
from livesop_bot.slack.spool_file import SpoolFile, line_of, record_of

log = structlog.get_logger()

Result = TypeVar("Result")

_BATCH = 500

_ASIDE = 10
"""What is set aside takes at most so small a part of what the spool may take, beside it."""


class Spool:
    """Keeps records (JSON as bytes, no line breaks) until they are replayed.

    At most `max_bytes` in all files of this process; beyond that, and where the disk refuses,
    `append` raises SpoolFull and nothing was kept. Entering raises ConfigurationError where the
    folder cannot be made.
    """

    def __init__(self, folder: Path, *, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._active: SpoolFile | None = None
        self._closed: list[SpoolFile] = []
        self._failed: list[SpoolFile] = []
        self._refused = 0
        self._aside = Aside(folder, max_bytes=max_bytes // _ASIDE)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self._writes: GroupCommit[bytes, bool] = GroupCommit(self._write, limit=_BATCH)
        self.filled = asyncio.Event()
        """Set while there is something to replay, beyond what failed."""
        self.refusal = ""
        """Why the last event was not kept; until one is, here or in PostgreSQL."""

    async def __aenter__(self) -> Self:
        try:
            await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise ConfigurationError(
                f"LIVESOP_DATA_DIR: there can be no folder {self._folder}: {error.strerror}; "
                "name one that LiveSOP may write to"
            ) from error
        await self.adopt()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._writes.__aexit__(exc_type, exc, traceback)
        self._thread.shutdown(wait=False)
        for file in self._files():
            file.close()  # the next start adopts it

    @property
    def events(self) -> int:
        """How many events wait on disk, beside those in files that cannot be taken over."""
        return sum(file.events for file in self._files())

    @property
    def size(self) -> int:
        """How many bytes they take."""
        return sum(file.size for file in self._files())

    @property
    def max_bytes(self) -> int:
        """How many bytes they may take."""
        return self._max_bytes

    @property
    def stuck(self) -> int:
        """How many files the disk did not give back or let go lately; they are tried again."""
        return len(self._failed) + self._refused

    async def append(self, record: bytes) -> None:
        """Keep a record; it is on disk when this returns. Raises SpoolFull."""
        try:
            fits = await self._writes.submit(record)
        except SpoolFull as error:
            self.refusal = str(error)
            raise
        self.refusal = (
            "" if fits else f"the spool holds {self.size} of at most {self._max_bytes} bytes"
        )
        if self.refusal:
            raise SpoolFull(self.refusal)

    async def set_aside(self, message: str, record: bytes) -> None:
        """Keep a record of a message that PostgreSQL will never take, for a person to look at."""
        await self._at_once(self._aside.keep_rejected, message, record)

    async def forget(self, message: str) -> None:
        """Remove what was set aside of a message that was deleted."""
        await self._at_once(self._aside.forget, message)

    async def forget_older(self, than: timedelta) -> None:
        """Remove what was set aside so long ago."""
        await asyncio.to_thread(self._aside.forget_older, than)

    async def adopt(self) -> None:
        """Take over the files of processes that are gone, for replay."""
        taken, self._refused = await asyncio.to_thread(self._lock_orphans)
        self._closed = sorted([*self._closed, *taken], key=lambda file: file.path.name)
        if taken:
            self.filled.set()
            log.info("spool.adopted", files=len(taken), events=sum(file.events for file in taken))

    async def replay(
        self, store: Callable[[Sequence[bytes]], Awaitable[None]], stop: asyncio.Event
    ) -> int:
        """Hand all records to `store` in batches, in order, until none is left; gives their number.

        What `store` raises stops the replay, and so does `stop`, after a batch; the next one goes
        on from there. A file that the disk does not give back is left for the next one, too, and
        holds up none of the others.
        """
        replayed, failed = 0, list[SpoolFile]()
        while not stop.is_set():
            file = next((one for one in self._closed if one not in failed), None)
            if file is None and self._active is not None:
                file, self._active = self._active, None
                self._closed.append(file)
            if file is None:
                self._failed = failed
                self.filled.clear()
                break
            try:
                replayed += await self._replay(file, store, stop)
            except OSError as error:
                log.error("spool.failed", file=file.path.name, error=error.strerror)
                failed.append(file)
        return replayed

    async def _replay(
        self,
        file: SpoolFile,
        store: Callable[[Sequence[bytes]], Awaitable[None]],
        stop: asyncio.Event,
    ) -> int:
        """Replay a file and put it away, or as much of it as there is time for."""
        replayed = 0
        while not stop.is_set():
            lines = await asyncio.to_thread(list, islice(file.lines(file.replayed), _BATCH))
            if not lines:
                await asyncio.to_thread(self._put_away, file)
                file.close()
                self._closed.remove(file)
                break
            records = [one for line in lines if (one := record_of(line)) is not None]
            await store(records)
            file.replayed += sum(map(len, lines))
            file.events -= len(records)
            replayed += len(records)
        return replayed

    async def _at_once(self, work: Callable[..., Result], *arguments: object) -> Result:
        """What an ack waits for must not wait for what else occupies the event loop's threads."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, work, *arguments)

    def _files(self) -> list[SpoolFile]:
        return [*self._closed, *([self._active] if self._active is not None else [])]

    async def _write(self, records: Sequence[bytes]) -> list[bool]:
        """Keep the records that fit; says of each whether it did."""
        room = self._max_bytes - self.size
        kept: list[bytes] = []
        fits: list[bool] = []
        for record in records:
            line = line_of(record)
            fits.append(len(line) <= room)
            if fits[-1]:
                kept.append(line)
                room -= len(line)
        if kept:
            await self._keep(kept)
        return fits

    async def _keep(self, lines: Sequence[bytes]) -> None:
        # Taken out of reach of a replay while it is written to.
        file, self._active = self._active, None
        try:
            file = await self._at_once(self._append, file, b"".join(lines))
        except OSError as error:
            raise SpoolFull(f"the disk refuses the spool: {error.strerror}") from error
        finally:
            if self._active is None:
                self._active = file
        file.events += len(lines)
        file.size += sum(map(len, lines))
        self.filled.set()

    def _append(self, file: SpoolFile | None, lines: bytes) -> SpoolFile:
        target = file or SpoolFile.create(self._folder)
        try:
            target.append(lines)
        except OSError:
            if file is None:
                target.drop()
            raise
        return target

    def _lock_orphans(self) -> tuple[list[SpoolFile], int]:
        """Files that had no owner, and how many could not be looked at."""
        ours = {file.path for file in self._files()}
        taken, refused = [], 0
        for path in sorted(self._folder.glob("*.spool")):
            if path in ours:
                continue
            try:
                file = SpoolFile.adopt(path)
            except FileNotFoundError:  # its owner has just replayed it
                continue
            except OSError as error:
                log.error("spool.unreadable", file=path.name, error=error.strerror)
                refused += 1
                continue
            if file is not None:
                taken.append(file)
        return taken, refused

    def _put_away(self, file: SpoolFile) -> None:
        """Remove a file that was replayed; damage in it is kept aside. A torn line had no ack."""
        damaged = []
        for number, line in enumerate(file.lines(), 1):
            if not line.endswith(b"\n"):
                log.info("spool.torn_line", file=file.path.name, line=number)
            elif record_of(line) is None:
                log.error("spool.damaged_line", file=file.path.name, line=number)
                damaged.append(line)
        if damaged:
            self._aside.keep_damaged(file.path, b"".join(damaged))
        file.path.unlink(missing_ok=True)
