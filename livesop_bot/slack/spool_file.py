"""A spool file: lines `<crc32 in hex> <JSON>`, locked by the process that it belongs to."""

import fcntl
import os
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self


def line_of(record: bytes) -> bytes:
    """A record as it is written."""
    return b"%08x %s\n" % (zlib.crc32(record), record)


def record_of(line: bytes) -> bytes | None:
    """What was written as a line; None if it was torn or damaged since."""
    checksum, _, record = line[:-1].partition(b" ")
    whole = line.endswith(b"\n") and checksum == b"%08x" % zlib.crc32(record)
    return record if whole else None


@dataclass(slots=True, eq=False)
class SpoolFile:
    """An open, locked file. Blocks; raises OSError.

    `events` are the whole lines that were not replayed yet, `size` all bytes, `replayed` those that
    are in PostgreSQL.
    """

    path: Path
    descriptor: int
    events: int = 0
    size: int = 0
    replayed: int = 0

    @classmethod
    def create(cls, folder: Path) -> Self:
        """Begin a file of one's own; files sort by when they were begun."""
        while True:
            path = folder / f"{time.time_ns():020d}-{os.getpid()}.spool"
            file = cls(path, os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            try:
                if file._lock():
                    fsync_folder(folder)
                    return file
            except OSError:
                file.drop()
                raise
            file.close()  # somebody took it for an orphan

    @classmethod
    def adopt(cls, path: Path) -> Self | None:
        """Take over a file, unless it has an owner."""
        file = cls(path, os.open(path, os.O_RDWR))
        try:
            if file._lock():
                file.events = sum(record_of(line) is not None for line in file.lines())
                file.size = os.fstat(file.descriptor).st_size
                return file
        except OSError:
            file.close()
            raise
        file.close()
        return None

    def append(self, lines: bytes) -> None:
        """Write whole lines, all or none; they are on disk when this returns."""
        try:
            written = 0
            while written < len(lines):
                written += os.pwrite(self.descriptor, lines[written:], self.size + written)
            os.fsync(self.descriptor)
        except OSError:
            with suppress(OSError):
                os.ftruncate(self.descriptor, self.size)
            raise

    def lines(self, start: int = 0) -> Iterator[bytes]:
        """Its lines from a byte on, whatever became of its path or its rights meanwhile."""
        with open(self.descriptor, "rb", closefd=False) as file:
            file.seek(start)
            yield from file

    def close(self) -> None:
        """Give up the lock: whoever looks next adopts it."""
        os.close(self.descriptor)

    def drop(self) -> None:
        """Remove a file in which nothing was written."""
        self.close()
        self.path.unlink(missing_ok=True)

    def _lock(self) -> bool:
        """False where somebody else has it, or has had it and removed it."""
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return os.fstat(self.descriptor).st_nlink > 0


def fsync_folder(folder: Path) -> None:
    """Have the names of its files on disk, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
