"""The doctor's look at this machine: ports and the data folder."""

import asyncio
import errno
import os
import shutil
import socket
from pathlib import Path

import aiohttp

from livesop_bot.ops.doctor.finding import Finding, Mark
from livesop_bot.settings import Settings

_TIMEOUT = aiohttp.ClientTimeout(total=2)
_MIB = 1024 * 1024
_ROOM = 256  # MiB beside the spool: a new database, its log, some growth


async def health_port(settings: Settings) -> list[Finding]:
    """Whether the health port is free, or LiveSOP's already."""
    return [await _port("HEALTH_PORT", settings.health_host, settings.health_port, "/health/live")]


async def sandbox_port(settings: Settings) -> list[Finding]:
    """The same for the sandbox's page, where there is no workspace."""
    if settings.has_slack_tokens:
        return [Finding(Mark.SKIP, "sandbox port", "not used: SLACK_BOT_TOKEN is set")]
    return [await _port("SANDBOX_PORT", "127.0.0.1", settings.sandbox_port, "/")]


async def _port(variable: str, host: str, port: int, path: str) -> Finding:
    subject = variable.lower().replace("_", " ")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            if await _is_ours(host, port, path):
                return Finding(Mark.OK, subject, f"{port} is in use by a running LiveSOP")
            advice = f"end that program, or set another {variable}"
            return Finding(Mark.FAIL, subject, f"{port} is taken by another program", advice)
        found = f"{host}:{port} cannot be listened on ({error.strerror or error})"
        wrong = variable if error.errno == errno.EACCES else "HEALTH_HOST"
        return Finding(Mark.FAIL, subject, found, f"set another {wrong}")
    return Finding(Mark.OK, subject, f"{port} is free")


async def _is_ours(host: str, port: int, path: str) -> bool:
    """Ask who listens; anything that does not answer as LiveSOP does is somebody else."""
    name = "127.0.0.1" if host in ("0.0.0.0", "") else host  # noqa: S104  compared, not bound
    name = "[::1]" if name == "::" else f"[{name}]" if ":" in name else name
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT) as session,
            session.get(f"http://{name}:{port}{path}") as answer,
        ):
            return b"livesop" in (await answer.content.read(4096)).lower()
    except (aiohttp.ClientError, OSError):
        return False


async def data_folder(settings: Settings) -> list[Finding]:
    """Whether LIVESOP_DATA_DIR can be written to, with room for the spool."""
    return [await asyncio.to_thread(_folder, settings)]


def _folder(settings: Settings) -> Finding:
    folder = settings.livesop_data_dir.absolute()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        found = f"{existing} is not a folder that this user may write to"
        return Finding(Mark.FAIL, "data folder", found, "set another LIVESOP_DATA_DIR")
    return _room(folder, settings, shutil.disk_usage(existing).free // _MIB, new=existing != folder)


def _room(folder: Path, settings: Settings, free: int, *, new: bool) -> Finding:
    found = f"{folder}{' (will be made)' if new else ''}, {free} MiB free"
    wanted = settings.livesop_spool_max_mb + _ROOM
    if free < wanted:
        advice = f"make room for {wanted} MiB, or set LIVESOP_DATA_DIR or LIVESOP_SPOOL_MAX_MB"
        return Finding(Mark.FAIL if free < _ROOM else Mark.WARN, "data folder", found, advice)
    return Finding(Mark.OK, "data folder", found)
