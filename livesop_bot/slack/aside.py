"""What is set aside for a person to look at: events that PostgreSQL refuses for their content, and
lines of the spool that cannot be read.

Each is a file of its own, for it holds what people wrote: it goes when its message is deleted, and
else when it is as old as texts may be. All of it is bounded; the oldest gives way.
"""

import os
import time
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import structlog

from livesop_bot.slack.spool_file import fsync_folder

log = structlog.get_logger()

KEEP = timedelta(days=30)
"""How long it is kept, where the team does not keep texts for less."""

_KINDS = ("*.rejected", "*.damaged", "*.part", "rejected.jsonl")
"""The last is what was written once, the one before it what a process died over."""


class Aside:
    """Files in the spool's folder. Blocks; raises OSError."""

    def __init__(self, folder: Path, *, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes

    def keep_rejected(self, message: str, record: bytes) -> None:
        """Keep the newest event of a message."""
        self._keep(self._rejected(message), record)

    def keep_damaged(self, spooled: Path, lines: bytes) -> None:
        """Keep what cannot be read of a spool file."""
        self._keep(spooled.with_suffix(".damaged"), lines)

    def forget(self, message: str) -> None:
        """Remove what is kept of a message."""
        self._rejected(message).unlink(missing_ok=True)

    def forget_older(self, than: timedelta) -> None:
        """Remove what was set aside so long ago."""
        limit = time.time() - than.total_seconds()
        for path, found in self._files():
            if found.st_mtime < limit:
                path.unlink(missing_ok=True)
                log.info("spool.aside_forgotten", file=path.name)

    def _rejected(self, message: str) -> Path:
        return self._folder / f"{sha256(message.encode()).hexdigest()[:32]}.rejected"

    def _keep(self, path: Path, content: bytes) -> None:
        part = path.with_suffix(".part")  # a full disk leaves what was there
        try:
            with open(part, "wb", opener=_for_its_owner) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError:
            part.unlink(missing_ok=True)
            raise
        fsync_folder(self._folder)
        files = self._files()
        size = sum(found.st_size for _, found in files)
        while size > self._max_bytes and len(files) > 1:
            oldest, found = files.pop(0)
            size -= found.st_size
            oldest.unlink(missing_ok=True)
            log.error("spool.aside_dropped", file=oldest.name)

    def _files(self) -> list[tuple[Path, os.stat_result]]:
        """What is there, oldest first."""
        files = []
        for path in (path for kind in _KINDS for path in self._folder.glob(kind)):
            with suppress(FileNotFoundError):  # another process has just removed it
                files.append((path, path.stat()))
        return sorted(files, key=lambda one: one[1].st_mtime)


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
