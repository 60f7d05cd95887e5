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
from bench.side import OUTAGE, WARM_UP, Side, livesop
from livesop_bot.db.embedded import EmbeddedPostgres
from livesop_bot.sandbox.changes import Change, ViewShown
from livesop_bot.sandbox.demo import GRACE, INCIDENTS
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.views.ids import ActionId

_ROUNDS = 3
_PER_SECOND = 200
_SECONDS = 14
_PRESSES = 40
_EVERY_S = 0.25
_PATIENCE_S = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """Seconds from each press to the modal that opens, and to the one that is filled."""

    opened: Sequence[float]
    filled: Sequence[float]


async def press_while_busy(side: Side) -> Waits:
    """Press evenly, one after the other, while messages are sent."""
    message = await _answer(side.slack)
    load = asyncio.create_task(side.steady(_PER_SECOND, _SECONDS, 0))
    await asyncio.sleep(1)  # under way
    waits = []
    for _ in range(_PRESSES):
        begun = time.monotonic()
        waits.append(await _press(side.slack, message))
        await asyncio.sleep(max(0.0, begun + _EVERY_S - time.monotonic()))
    if load.done():
        raise RuntimeError("the load ended before the last press: the figures would flatter")
    await load
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


async def _measure() -> list[Waits]:
    rounds = []
    with tempfile.TemporaryDirectory(prefix="livesop-bench-") as folder:
        os.chmod(folder, 0o755)  # noqa: PTH101, S103  the database's own user must reach its data
        async with EmbeddedPostgres(Path(folder)) as server:
            for _ in range(_ROUNDS):
                log = Path(folder) / "livesop.log"
                async with livesop(server.dsn, Path(folder), log, "auto") as side:
                    await side.burst(WARM_UP)
                    await side.settle()
                    rounds.append(await press_while_busy(side))
    return rounds


def main() -> None:
    """Measure and print."""
    rounds = asyncio.run(_measure())
    print(f"{f'Why?, at {_PER_SECOND} messages/s (ms)':38}{'p50':>8}{'p95':>8}  p95, min…max")
    for name, goal in (("opened", "  ≤ 300"), ("filled", "")):
        halves = [percentile(getattr(one, name), 0.5) * 1000 for one in rounds]
        lates = [percentile(getattr(one, name), 0.95) * 1000 for one in rounds]
        spread = f"{min(lates):,.1f}…{max(lates):,.1f}"
        print(f"press → {name:30}{median(halves):>8,.1f}{median(lates):>8,.1f}  {spread}{goal}")


if __name__ == "__main__":
    main()
