"""`make bench`: both sides, round by round, as a table of medians with their spread."""

import asyncio
import os
import tempfile
from pathlib import Path

import asyncpg

from bench.figures import HEADINGS, Round, rows
from bench.side import WARM_UP, Side, empty_bolt, livesop
from livesop_bot.db.embedded import EmbeddedPostgres

ROUNDS = 3
BURST = 2000
PER_SECOND = 200
SECONDS = 10
ANSWER_EVERY = 20


async def _empty() -> Round:
    async with empty_bolt() as side:
        return await _measure(side, every=0, stores=[])


async def _livesop(database_url: str, folder: Path) -> Round:
    async with livesop(database_url, folder) as side:
        stores: list[float] = []
        measured = await _measure(side, every=ANSWER_EVERY, stores=stores)
    connection = await asyncpg.connect(database_url)
    try:
        found = await connection.fetch(
            "SELECT extract(epoch FROM stored_at - received_at)::float AS seconds FROM raw_signals"
            " ORDER BY id DESC LIMIT $1",
            PER_SECOND * SECONDS,
        )
    finally:
        await connection.close()
    stores += [row["seconds"] for row in found]
    return measured


async def _measure(side: Side, *, every: int, stores: list[float]) -> Round:
    await side.burst(WARM_UP)
    burst = await side.burst(BURST)
    await side.settle()
    steady, answers = await side.steady(PER_SECOND, SECONDS, every)
    return Round(
        ready=side.ready,
        burst=burst,
        steady=steady,
        resident=side.resident,
        stores=stores,
        answers=answers,
    )


async def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="livesop-bench-") as folder:
        os.chmod(folder, 0o755)  # noqa: PTH101, S103  the database's own user must reach its data
        empty, ours = [], []
        async with EmbeddedPostgres(Path(folder)) as server:
            for number in range(ROUNDS):
                print(f"round {number + 1} of {ROUNDS} …", flush=True)
                empty.append(await _empty())
                ours.append(await _livesop(server.dsn, Path(folder)))
    print(HEADINGS)
    for row in rows(empty, ours):
        print(row)


if __name__ == "__main__":
    asyncio.run(main())
