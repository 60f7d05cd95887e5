"""The process that acceptance tests kill: LiveSOP, with an evaluator that may never answer."""

import asyncio
import signal
import sys

from livesop_bot.app import App, Timing
from livesop_bot.domain.evaluations import Judgement
from livesop_bot.evaluation.evaluator import Evaluator, Question
from livesop_bot.logs import configure_logging
from livesop_bot.settings import load_settings
from livesop_bot.slack.sockets import Patience
from livesop_bot.worker.queue import Pace


class Hanging:
    """Never answers."""

    name = "hanging"

    async def evaluate(self, question: Question) -> Judgement:
        """Wait for ever."""
        await asyncio.Event().wait()
        raise AssertionError


EVALUATORS: dict[str, Evaluator | None] = {"local": None, "hang": Hanging()}


async def main() -> None:
    """Serve until SIGTERM."""
    settings = load_settings()
    configure_logging(settings)
    app = App(
        settings,
        evaluator=EVALUATORS[sys.argv[1]],
        timing=Timing(
            patience=Patience(look_every=0.2, replace_after=6.0, ping_interval=0.5),
            pace=Pace(heartbeat_timeout=2.0, poll_every=0.5),
        ),
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, app.stop.set)
    await app.run()


asyncio.run(main())
