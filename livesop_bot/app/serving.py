"""Serving: the process as `livesop run` starts it, ended by signals, with a sandbox if need be."""

import asyncio
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import AsyncExitStack

import structlog
from pydantic import SecretStr

from livesop_bot.app.parts import open_sandbox
from livesop_bot.app.process import App, Role
from livesop_bot.settings import Settings

log = structlog.get_logger()

_ENDS = 9.0
"""Seconds after a signal in which all of it has ended, or is broken off as by a kill."""

_SWITCH = 0.0005
"""Seconds after which a thread that computes gives the interpreter to one that waits."""


async def run(
    settings: Settings,
    role: Role = Role.ALL,
    *,
    sandbox: bool = False,
    on_ready: Callable[[], object] = lambda: None,
) -> None:
    """Serve the workspace of the settings, or a sandbox, until SIGTERM or SIGINT.

    `on_ready` is called once, when database and sockets are there.
    """
    async with AsyncExitStack() as stack:
        if sandbox:
            slack = await stack.enter_async_context(open_sandbox(settings))
            settings = settings.model_copy(
                update={
                    "slack_bot_token": SecretStr(slack.bot_token),
                    "slack_app_token": SecretStr(slack.app_token),
                    "slack_api_url": slack.api_url,
                }
            )

        def ready() -> None:
            # What is there by now stays. Left to the collector, it was walked through every few
            # seconds, and each walk stopped the event loop for 35 ms.
            gc.collect()
            gc.freeze()
            on_ready()

        # The local model's threads hold the interpreter in between; acks must not wait 5 ms for it.
        sys.setswitchinterval(_SWITCH)
        app = App(settings, role, on_ready=ready)
        ended = threading.Event()

        def cut_off() -> None:
            log.warning("app.cut_off", stopped=ended.is_set())
            os._exit(0 if ended.is_set() else 1)

        def stop() -> None:
            app.stop.set()
            # A thread that hangs (a name is looked up, a disk is gone) would be waited for first by
            # asyncio and then by the interpreter, without end.
            end = threading.Timer(_ENDS, cut_off)
            end.daemon = True
            end.start()

        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)
        await app.run()
    ended.set()
