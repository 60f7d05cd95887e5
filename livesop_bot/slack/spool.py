"""The spool: events on disk while PostgreSQL is away.

Append-only files of lines `<crc32 in hex> <JSON>`, fsynced before the ack. A file belongs to the
process that holds its lock; files of processes that are gone are taken over. A file is removed
once all of it is in PostgreSQL: after a crash in between it is simply replayed again, and what
was stored already turns out as duplicates.
"""

import asyncio
import fcntl
import os
import time
import zlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from livesop_bot.db.group_commit import GroupCommit
from livesop_bot.errors import SpoolFull
from livesop_bot.slack.aside import Aside

log = structlog.get_logger()

_BATCH = 500

_ASIDE = 10
"""What is set aside takes at most so small a part of what the spool may take, beside it."""


@dataclass(slots=True)
class _File:
    """An open, locked spool file; `events` are the whole lines in it, `size` their bytes."""

    path: Path
    descriptor: int
    events: int = 0
    size: int = 0


class Spool:
    """Keeps records (JSON as bytes, no line breaks) until they are replayed.

    At most `max_bytes` in all files of this process; beyond that, and where the disk refuses,
    `append` raises SpoolFull and nothing was kept.
    """

    def __init__(self, folder: Path, *, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._active: _File | None = None
        self._closed: list[_File] = []
        self._aside = Aside(folder, max_bytes=max_bytes // _ASIDE)
        self._writes: GroupCommit[bytes, bool] = GroupCommit(self._write, limit=_BATCH)
        self.filled = asyncio.Event()
        """Set while there is something to replay."""
        self.refusal = ""
        """Why the last event was not kept; until one is, here or in PostgreSQL."""

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True, mode=0o700)
        await self.adopt()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._writes.__aexit__(exc_type, exc, traceback)
        for file in self._files():
            os.close(file.descriptor)  # gives the lock up; the next start adopts the file

    @property
    def events(self) -> int:
        """How many events wait on disk."""
        return sum(file.events for file in self._files())

    @property
    def size(self) -> int:
        """How many bytes they take."""
        return sum(file.size for file in self._files())

    @property
    def max_bytes(self) -> int:
        """How many bytes they may take."""
        return self._max_bytes

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
        await asyncio.to_thread(self._aside.keep_rejected, message, record)

    async def forget(self, message: str) -> None:
        """Remove what was set aside of a message that was deleted."""
        await asyncio.to_thread(self._aside.forget, message)

    async def forget_older(self, than: timedelta) -> None:
        """Remove what was set aside so long ago."""
        await asyncio.to_thread(self._aside.forget_older, than)

    async def adopt(self) -> None:
        """Take over the files of processes that are gone, for replay."""
        taken = await asyncio.to_thread(self._lock_orphans)
        self._closed = sorted([*self._closed, *taken], key=lambda file: file.path.name)
        if taken:
            self.filled.set()
            log.info("spool.adopted", files=len(taken), events=sum(file.events for file in taken))

    async def replay(self, store: Callable[[Sequence[bytes]], Awaitable[None]]) -> int:
        """Hand all records to `store` in batches, in order, until none is left; gives their number.

        What `store` raises stops the replay; nothing is lost, and the next one starts over with
        the file at hand.
        """
        replayed = 0
        while self._files():
            if self._active is not None and not self._closed:
                self._closed.append(self._active)
                self._active = None
            file = self._closed[0]
            records = iter(await asyncio.to_thread(list, _records(file.path)))
            while batch := list(islice(records, _BATCH)):
                await store(batch)
                replayed += len(batch)
            await asyncio.to_thread(self._put_away, file.path)
            os.close(file.descriptor)
            self._closed.remove(file)
        self.filled.clear()
        return replayed

    def _files(self) -> list[_File]:
        return [*self._closed, *([self._active] if self._active is not None else [])]

    async def _write(self, records: Sequence[bytes]) -> list[bool]:
        """Keep the records that fit; says of each whether it did."""
        room = self._max_bytes - self.size
        kept: list[bytes] = []
        fits: list[bool] = []
        for record in records:
            line = b"%08x %s\n" % (zlib.crc32(record), record)
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
            file = await asyncio.to_thread(self._append, file, b"".join(lines))
        except OSError as error:
            raise SpoolFull(f"the disk refuses the spool: {error.strerror}") from error
        finally:
            if self._active is None:
                self._active = file
        file.events += len(lines)
        file.size += sum(map(len, lines))
        self.filled.set()

    def _append(self, file: _File | None, lines: bytes) -> _File:
        target = file or self._create()
        try:
            written = 0
            while written < len(lines):
                written += os.pwrite(target.descriptor, lines[written:], target.size + written)
            os.fsync(target.descriptor)
        except OSError:
            with suppress(OSError):
                os.ftruncate(target.descriptor, target.size)
            if file is None:
                os.close(target.descriptor)
                target.path.unlink(missing_ok=True)
            raise
        return target

    def _create(self) -> _File:
        while True:
            path = self._folder / f"{time.time_ns():020d}-{os.getpid()}.spool"
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            if _locked(descriptor):
                _fsync_folder(self._folder)
                return _File(path, descriptor)
            os.close(descriptor)  # somebody took it for an orphan

    def _lock_orphans(self) -> list[_File]:
        ours = {file.path for file in self._files()}
        taken = []
        for path in sorted(self._folder.glob("*.spool")):
            if path in ours:
                continue
            try:
                file = _adopted(path)
            except FileNotFoundError:  # its owner has just replayed it
                continue
            except OSError as error:
                log.error("spool.unreadable", file=path.name, error=error.strerror)
                continue
            if file is not None:
                taken.append(file)
        return taken

    def _put_away(self, path: Path) -> None:
        """Remove a file that was replayed; damage in it is kept aside."""
        lines = path.read_bytes().splitlines(keepends=True)
        if damaged := [line for line in lines if _damaged(line)]:
            self._aside.keep_damaged(path, b"".join(damaged))
        path.unlink()


def _adopted(path: Path) -> _File | None:
    """Take over a file, unless it has an owner. Raises OSError."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        if _locked(descriptor):
            return _File(path, descriptor, sum(1 for _ in _records(path)), path.stat().st_size)
    except OSError:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def _locked(descriptor: int) -> bool:
    """Lock a file; false where somebody else has it, or has had it and removed it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return os.fstat(descriptor).st_nlink > 0


def _records(path: Path) -> Iterator[bytes]:
    """The whole records of a file. A torn last line was never acked; damage elsewhere is told."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.endswith(b"\n"):
                log.info("spool.torn_line", file=path.name, line=number)
            elif _damaged(line):
                log.error("spool.damaged_line", file=path.name, line=number)
            else:
                yield line[9:-1]


def _damaged(line: bytes) -> bool:
    """Whether a whole line is not what was written."""
    checksum, _, record = line.rstrip(b"\n").partition(b" ")
    return line.endswith(b"\n") and checksum != b"%08x" % zlib.crc32(record)


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
