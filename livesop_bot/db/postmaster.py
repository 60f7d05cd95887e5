"""The postmaster: PostgreSQL's first process, as its own `postmaster.pid` describes it."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

TICK = 0.01
"""Seconds between two looks: neither a file nor the process of others can be awaited."""

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Postmaster:
    """What `postmaster.pid` says; that the process still is what it was, is_running() tells."""

    data: Path
    pid: int
    socket_folder: Path
    is_ready: bool

    @classmethod
    def read(cls, data: Path) -> Self | None:
        """Read the file of a data folder; None where there is none, or it is still being written.

        Its lines: pid, data folder, start time, port, socket folder, address, memory, state.
        """
        try:
            lines = (data / "postmaster.pid").read_text(errors="surrogateescape").splitlines()
            pid = int(lines[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None
        socket_folder = Path(lines[4] if len(lines) > 4 else "")
        return cls(data, pid, socket_folder, len(lines) > 7 and lines[7].strip() == "ready")

    def is_running(self) -> bool:
        """Whether that process still is the server of this data, and not a zombie or another one.

        After a restart of the machine or container its number may belong to anything.
        """
        if (_PROC / "self" / "cmdline").exists():
            with suppress(OSError):
                arguments = (_PROC / str(self.pid) / "cmdline").read_bytes().split(b"\0")
                return os.fsencode(self.data) in arguments
            return False
        command = ["/bin/ps", "-ww", "-o", "command=", "-p", str(self.pid)]
        answer = subprocess.run(command, capture_output=True, timeout=10, check=False)  # noqa: S603  a number
        return os.fsencode(self.data) in answer.stdout

    def disown(self) -> None:
        """Let the next server, a child of this process, take the file for a leftover.

        PostgreSQL refuses to start where the number in it is taken, be it by a zombie or by
        somebody else's process, but not where it is its own parent's. To remove the file would
        work too, but it names the shared memory too, by which PostgreSQL makes sure that no
        process of the old server is still at work.
        """
        path = self.data / "postmaster.pid"
        with suppress(FileNotFoundError):
            _, _, rest = path.read_bytes().partition(b"\n")
            descriptor = os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW)
            with os.fdopen(descriptor, "wb") as file:
                file.write(b"%d\n" % os.getpid() + rest)


def end(pid: int, is_alive: Callable[[], bool], patience: float) -> None:
    """Stop a server: fast shutdown within `patience` seconds, else at once, else by force.

    The last two lose nothing either; the next start recovers from the log.
    """
    for number, seconds in ((signal.SIGINT, patience), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
        with suppress(ProcessLookupError):
            os.kill(pid, number)
            os.kill(pid, signal.SIGCONT)  # a suspended process takes no signals
        if wait_until(lambda: not is_alive(), seconds):
            return


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Look again and again; False if the condition does not hold within that time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(TICK)
    return True
