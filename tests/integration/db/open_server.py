"""Opens the embedded PostgreSQL until its input ends: `open_server.py DATA_DIR [UID GID]`.

Prints a line of JSON once it is ready; exits with an error and the message where it cannot be.
"""

import asyncio
import concurrent.futures.thread  # noqa: F401  both while there are the rights to read them
import email.parser  # noqa: F401
import json
import os
import sys
from pathlib import Path

import structlog

from livesop_bot.db.embedded import EmbeddedPostgres
from livesop_bot.errors import ConfigurationError


async def main(data_dir: Path) -> None:
    async with EmbeddedPostgres(data_dir, start_timeout=30) as server:
        ready = {"dsn": server.dsn, "owner": server.owner, "pid": server.pid}
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    if len(sys.argv) > 2:
        os.setgroups([])
        os.setgid(int(sys.argv[3]))
        os.setuid(int(sys.argv[2]))
        if not os.access(sys.executable, os.X_OK):  # root's own Python
            sys.executable = "/usr/bin/python3"
    try:
        asyncio.run(main(Path(sys.argv[1])))
    except ConfigurationError as error:
        sys.exit(f"refused: {error}")
