"""How long a person waits who presses `Why?` while messages pour in: until the Trust Panel is
open, and until it says why. By the clock of the Slack server, where both arrive.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.figures import percentile
from bench.side import OUTAGE, Side, livesop
from livesop_bot.db.embedded import EmbeddedPostgres
from livesop_bot.sandbox.changes import Change, ViewShown
from livesop_bot.sandbox.demo import GRACE, INCIDENTS
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.views.ids import ActionId

EVALUATORS = {"words": "words", "as installed": "auto"}
"""Our sides, by what LIVESOP_EVALUATOR is set to."""
_ROUNDS = 3
_PER_SECOND = 200
_SECONDS = 12
_EVERY_S = 0.25
_PATIENCE_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """Seconds from each press to the modal that opens, and to the one that is filled."""

    opened: Sequence[float]
    filled: Sequence[float]


async def press_while_busy(side: Side) -> Waits:
    """Press evenly, one after the other, for as long as messages are sent."""
    message = await _answer(side.slack)
    load = asyncio.create_task(side.steady(_PER_SECOND, _SECONDS, 0))
    await asyncio.sleep(1)  # under way
    waits = []
    while not load.done():
        begun = time.monotonic()
        waits.append(await _press(side.slack, message))
        await asyncio.sleep(max(0.0, begun + _EVERY_S - time.monotonic()))
    await load
    waits.pop()  # the load may have ended meanwhile
    return Waits(opened=[one for one, _ in waits], filled=[two for _, two in waits])


async def _answer(slack: SlackServer) -> dict[str, Any]:
    """Have an SOP proposed; gives its message."""

    def is_answer(message: dict[str, Any]) -> bool:
        return message.get("thread_ts") == asked["ts"] and "blocks" in message

    asked = slack.workspace.post(INCIDENTS, GRACE, OUTAGE.format("a few"))
    return await slack.workspace.wait_for_message(is_answer, timeout=_PATIENCE_S)


async def _press(slack: SlackServer, message: dict[str, Any]) -> tuple[float, float]:
    times: dict[str, float] = {}
    filled = asyncio.Event()

    def look(change: Change) -> None:
        if isinstance(change, ViewShown) and change.user == GRACE:
            times.setdefault(change.how, time.monotonic())
            if change.how == "updated":
                filled.set()

    button = next(
        {**element, "block_id": block["block_id"]}
        for block in message["blocks"]
        for element in block.get("elements", ())
        if element.get("action_id") == ActionId.RUN_WHY
    )
    stop = slack.workspace.listen(look)
    begun = time.monotonic()
    container = {"type": "message", "channel": INCIDENTS, "ts": message["ts"]}
    await slack.interactions.block_action(GRACE, container, button)
    await asyncio.wait_for(filled.wait(), _PATIENCE_S)
    stop()
    return times["opened"] - begun, times["updated"] - begun


async def _measure(evaluator: str) -> Waits:
    """A side of its own, with a database of its own: none works off what another left behind."""
    with tempfile.TemporaryDirectory(prefix="livesop-bench-") as name:
        os.chmod(name, 0o755)  # noqa: PTH101, S103  the database's own user must reach its data
        folder = Path(name)
        async with (
            EmbeddedPostgres(folder) as server,
            livesop(server.dsn, folder, folder / "livesop.log", evaluator) as side,
        ):
            return await press_while_busy(side)


def main() -> None:
    """Measure and print."""
    sides: dict[str, list[Waits]] = {name: [] for name in EVALUATORS}
    for _ in range(_ROUNDS):
        for name, evaluator in EVALUATORS.items():
            sides[name].append(asyncio.run(_measure(evaluator)))
    print(f"{f'Why? at {_PER_SECOND} messages/s (ms)':44}{'p50':>8}{'p95':>8}{'p95, min…max':>18}")
    for side, rounds in sides.items():
        for what, goal in (("opened", "  ≤ 300"), ("filled", "")):
            halves = [percentile(getattr(one, what), 0.5) * 1000 for one in rounds]
            lates = [percentile(getattr(one, what), 0.95) * 1000 for one in rounds]
            spread = f"{min(lates):,.1f}…{max(lates):,.1f}"
            name = f"judging by {side}" if side == "words" else f"judging {side}"
            print(
                f"{f'press → {what}, {name}':44}"
                f"{median(halves):>8,.1f}{median(lates):>8,.1f}{spread:>18}{goal}"
            )


if __name__ == "__main__":
    main()
