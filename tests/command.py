"""Commands as people start them, each in a process of its own."""

import asyncio
import os
import sys
from pathlib import Path

from livesop_bot.settings import Settings


async def start_livesop(
    folder: Path, *arguments: str, **variables: str
) -> asyncio.subprocess.Process:
    """Start a command in a folder, with nothing set but these variables."""
    ours = {name.upper() for name in Settings.model_fields}
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "livesop_bot",
        *arguments,
        cwd=folder,
        env=environment | variables,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
