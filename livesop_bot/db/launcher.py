"""The launcher: becomes PostgreSQL's first process, which ends with the process that started it.

Run as a script of its own, `launcher.py PARENT UID GID PROGRAM ARGUMENT …`: a fork that runs
Python code before it execs (preexec_fn) is not safe beside threads. UID and GID are -1 to stay
who we are.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(parent: int, uid: int, gid: int, command: list[str]) -> None:
    """Give up root's rights, ask to be stopped with the parent, and become the program."""
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":  # after setuid, which would cancel it
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit("the parent ended before the server began")
    os.execv(command[0], command)  # noqa: S606  no shell between


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
