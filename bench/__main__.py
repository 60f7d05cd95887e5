"""`make bench`: LiveSOP judging by words, and as it is installed, beside an empty Bolt app, as a
table of medians; App Home over a long history; what opening a modal costs; how fast a switch and a
run's message follow; and how well both evaluators judge.
"""

import asyncio
import json
import os
import tempfile
from dataclasses import replace
from pathlib import Path

from bench import home, judging, modals, runs
from bench.figures import Round, table
from bench.side import WARM_UP, Side, empty_bolt, livesop
from livesop_bot.db.embedded import EmbeddedPostgres

ROUNDS = 5
BURSTS = 5
BURST = 2000
PER_SECOND = 200
SECONDS = 10
ANSWER_EVERY = 20
EVALUATORS = {"words": "words", "as installed": "auto"}
"""Our sides, by what LIVESOP_EVALUATOR is set to."""


async def _empty() -> Round:
    async with empty_bolt() as side:
        return await _measure(side, every=0)


async def _livesop(database_url: str, folder: Path, evaluator: str) -> Round:
    log = folder / "livesop.log"
    async with livesop(database_url, folder, log, evaluator) as side:
        measured = await _measure(side, every=ANSWER_EVERY)
    # What the app itself logs once a message is committed: seconds since it was received.
    lines = [json.loads(line) for line in log.read_text().splitlines() if "signal.stored" in line]
    stores = [line["seconds"] for line in lines[-PER_SECOND * SECONDS :]]
    return replace(measured, stores=stores)


async def _measure(side: Side, *, every: int) -> Round:
    await side.burst(WARM_UP)
    bursts = []
    for _ in range(BURSTS):
        bursts.append(await side.burst(BURST))
        await side.settle()
    steady, answers = await side.steady(PER_SECOND, SECONDS, every)
    return Round(
        ready=side.ready,
        bursts=bursts,
        steady=steady,
        resident=side.resident,
        answers=answers,
    )


async def main() -> None:
    """Measure and print."""
    empty: list[Round] = []
    ours: dict[str, list[Round]] = {name: [] for name in EVALUATORS}
    with tempfile.TemporaryDirectory(prefix="livesop-bench-") as folder:
        os.chmod(folder, 0o755)  # noqa: PTH101, S103  the database's own user must reach its data
        async with EmbeddedPostgres(Path(folder)) as server:
            for number in range(ROUNDS):
                print(f"round {number + 1} of {ROUNDS} …", flush=True)
                empty.append(await _empty())
                for name, evaluator in EVALUATORS.items():
                    ours[name].append(await _livesop(server.dsn, Path(folder), evaluator))
    for line in table(empty, ours):
        print(line)


if __name__ == "__main__":
    asyncio.run(main())
    print()
    asyncio.run(home.main())
    print()
    modals.main()
    print()
    runs.main()
    print()
    asyncio.run(judging.main())
