"""`make bench`: LiveSOP judging by words, and as it is installed, beside an empty Bolt app, as a
table of medians over all orders of the three; App Home over a long history; what opening a modal
costs; how fast a switch and a run's message follow; and how well both evaluators judge.
"""

import asyncio
import json
import os
import tempfile
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import asyncpg

from bench import home, judging, modals, runs
from bench.figures import Round, table
from bench.side import WARM_UP, Side, empty_bolt, livesop
from livesop_bot.db.embedded import EmbeddedPostgres

BURSTS = 5
BURST = 2000
PER_SECOND = 200
SECONDS = 10
ANSWER_EVERY = 20
EMPTY = "empty Bolt"
EVALUATORS = {"words": "words", "as installed": "auto"}
"""Our sides, by what LIVESOP_EVALUATOR is set to."""
ORDERS = tuple(permutations((EMPTY, *EVALUATORS)))
"""A round each: every side comes first, last and after each other as often as the others do, so
that no drift of the machine and nothing that one leaves behind counts for or against it."""
_TIDY_UP = ("VACUUM ANALYZE", "CHECKPOINT")
"""What PostgreSQL would do by itself a minute later, at the cost of who is measured then."""


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
    connection = await asyncpg.connect(database_url)
    for work in _TIDY_UP:
        await connection.execute(work, timeout=120)
    await connection.close()
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
    sides: dict[str, list[Round]] = {name: [] for name in (EMPTY, *EVALUATORS)}
    with tempfile.TemporaryDirectory(prefix="livesop-bench-") as folder:
        os.chmod(folder, 0o755)  # noqa: PTH101, S103  the database's own user must reach its data
        async with EmbeddedPostgres(Path(folder)) as server:
            for number, order in enumerate(ORDERS, 1):
                print(f"round {number} of {len(ORDERS)}: {', '.join(order)} …", flush=True)
                for name in order:
                    evaluator = EVALUATORS.get(name)
                    measuring = (
                        _empty()
                        if evaluator is None
                        else _livesop(server.dsn, Path(folder), evaluator)
                    )
                    sides[name].append(await measuring)
    for line in table(sides.pop(EMPTY), sides):
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
