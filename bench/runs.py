"""How soon the kill switch stops 500 runs that wait, and how often a run's message is updated
while its steps move as fast as people can press.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median

import asyncpg

from bench.side import Side, livesop
from livesop_bot.app.parts import Stores
from livesop_bot.db.embedded import EmbeddedPostgres
from livesop_bot.db.jobs import EvaluateJob
from livesop_bot.db.migrations import migrate
from livesop_bot.db.pool import Pool, create_pool
from livesop_bot.db.signals import store_batch
from livesop_bot.db.teams import step_subject
from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.evaluations import Judgement
from livesop_bot.domain.runs import RunId
from livesop_bot.domain.signals import (
    NewSignal,
    SignalId,
    TeamId,
)
from livesop_bot.domain.workflows import (
    ActionKind,
    Step,
    StepId,
    StepKind,
    StepMode,
    Trigger,
    WorkflowDefinition,
)
from livesop_bot.evaluation.evaluator import Question
from livesop_bot.logs import configure_logging
from livesop_bot.metrics import Metrics
from livesop_bot.sandbox.changes import Change, Edited
from livesop_bot.sandbox.demo import ADA, GENERAL, GRACE, INCIDENTS
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.settings import Settings
from livesop_bot.views.ids import ActionId
from livesop_bot.views.press import Pressed
from tests.signals import a_signal

_ROUNDS = 3
_RUNS = 500
_STEPS = 60
_PRESSES_PER_SECOND = 15
_TEAM = TeamId("T0SANDBOX")
_PATIENCE_S = 120
_LOOK_S = 0.002

_TELL = Step(
    id=StepId("tell"),
    title="Tell",
    kind=StepKind.ACTION,
    mode=StepMode.AUTO,
    action=ActionKind.SLACK_MESSAGE,
    fields={"channel": "thread", "text": "Told"},
    undo_s=3600,
)
_SOPS = tuple(
    WorkflowDefinition(slug=slug, title=slug, trigger=Trigger(description=slug), steps=steps)
    for slug, steps in (
        ("waits", (_TELL,)),
        (
            "list",
            tuple(
                Step(
                    id=StepId(f"step-{number}"),
                    title=f"Step {number}",
                    kind=StepKind.MANUAL,
                    mode=StepMode.MANUAL,
                )
                for number in range(_STEPS)
            ),
        ),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Seconds from the press until nothing can be claimed any more and until all threads say so;
    the seconds between updates of one run's message."""

    stopped: float
    told: float
    between: Sequence[float]


class _Named:
    """Takes the SOP that the message names, and is sure of it."""

    name = "named"

    async def evaluate(self, question: Question) -> Judgement:
        return Judgement(
            workflow={one.slug: one.id for one in question.workflows}[question.signal.text],
            confidence=1.0,
            reasoning="It says so.",
            evaluator=self.name,
        )


async def _prepare(pool: Pool, slack: SlackServer) -> None:
    """Have messages judged that start so many runs: LiveSOP finds their jobs when it starts."""
    settings = Settings(_env_file=None, livesop_start_limit=_RUNS + 1)
    stores = Stores.on(pool, settings)
    await stores.teams.ensure(_TEAM, "Acme")
    for sop in _SOPS:
        await stores.workflows.publish(_TEAM, sop, ADA)
    for scope, subject in (
        (Scope.TEAM, _TEAM),
        (Scope.WORKFLOW, "waits"),
        (Scope.WORKFLOW, "list"),
        (Scope.STEP, step_subject("waits", _TELL.id)),
    ):
        await stores.teams.set_autopilot(_TEAM, scope, subject, is_on=True, by=ADA)
    evaluating = stores.evaluating(settings, _Named(), Metrics())
    for slug in ("list", *["waits"] * _RUNS):
        (stored,) = await store_batch(pool, [_signal(slack, slug)], timeout=5)
        job = EvaluateJob(SignalId(stored.signal or 0), 1)
        concluded = await evaluating(job, attempts=0)
        if concluded is None or concluded.run is None:
            raise RuntimeError(f"{slug} was not started")


def _signal(slack: SlackServer, text: str) -> NewSignal:
    ts = slack.workspace.post(INCIDENTS, GRACE, text, silent=True)["ts"]
    return a_signal(ts, text, team=_TEAM, channel=INCIDENTS, author=GRACE)


async def _until(pool: Pool, query: str, wanted: int) -> float:
    """Wait for a count; gives when it was so."""
    async with asyncio.timeout(_PATIENCE_S):
        while True:
            if await pool.fetchval(query) == wanted:
                return time.monotonic()
            await asyncio.sleep(_LOOK_S)


async def _updates(pool: Pool, slack: SlackServer) -> list[float]:
    """Press one button after the other; gives the seconds between updates of the message."""
    row = await pool.fetchrow(
        "SELECT r.id, r.post_ts FROM runs AS r JOIN workflows AS w ON w.id = r.workflow_id "
        "WHERE w.slug = 'list'"
    )
    assert row is not None
    times: list[float] = []

    def look(change: Change) -> None:
        if isinstance(change, Edited) and change.message["ts"] == row["post_ts"]:
            times.append(time.monotonic())

    stop = slack.workspace.listen(look)
    container = {"type": "message", "channel": INCIDENTS, "ts": row["post_ts"]}
    for number in range(_STEPS):
        pressed = Pressed(run=RunId(row["id"]), step=StepId(f"step-{number}"))
        button = {
            "type": "button",
            "action_id": ActionId.STEP_DONE.value,
            "block_id": "step",
            "value": pressed.value(),
        }
        await slack.interactions.block_action(GRACE, container, button)
        await asyncio.sleep(1 / _PRESSES_PER_SECOND)
    await _until(pool, "SELECT count(*) FROM runs WHERE state = 'done'", 1)
    await _until(pool, "SELECT count(*) FROM runs WHERE face_shown < face_version", 0)
    stop()
    return [later - earlier for earlier, later in pairwise(times)]


async def _measure(side: Side, pool: Pool) -> Figures:
    planned = "SELECT count(*) FROM actions WHERE state = 'planned'"
    behind = "SELECT count(*) FROM runs WHERE face_shown < face_version"
    await _until(pool, planned, _RUNS)
    await _until(pool, behind, 0)
    between = await _updates(pool, side.slack)
    begun = time.monotonic()
    await side.slack.interactions.command(GRACE, GENERAL, "/livesop autopilot off")
    stopped = await _until(pool, planned, 0)
    told = await _until(pool, behind, 0)
    return Figures(stopped=stopped - begun, told=told - begun, between=between)


@asynccontextmanager
async def _database(server: EmbeddedPostgres, number: int) -> AsyncIterator[str]:
    """A migrated database of the round's own."""
    name = f"runs_{number}"
    connection = await asyncpg.connect(server.dsn)
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    dsn = server.dsn.replace("@/livesop?", f"@/{name}?")
    connection = await asyncpg.connect(dsn)
    await migrate(connection)
    await connection.close()
    yield dsn


async def _rounds() -> list[Figures]:
    found = []
    with tempfile.TemporaryDirectory(prefix="livesop-bench-") as name:
        os.chmod(name, 0o755)  # noqa: PTH101, S103  the database's own user must reach its data
        folder = Path(name)
        async with EmbeddedPostgres(folder) as server:
            for number in range(_ROUNDS):
                async with (
                    _database(server, number) as dsn,
                    await create_pool(dsn, min_size=1, max_size=4) as pool,
                    livesop(
                        dsn,
                        folder / str(number),
                        folder / "livesop.log",
                        "words",
                        partial(_prepare, pool),
                    ) as side,
                ):
                    found.append(await _measure(side, pool))
    return found


def main() -> None:
    """Measure and print."""
    configure_logging(Settings(_env_file=None), least="warning")
    rounds = asyncio.run(_rounds())
    print(f"{f'{_RUNS} runs under way':52}{'median':>9}  min…max")
    for name, values, goal in (
        ("kill switch → nothing is left to claim (ms)", [one.stopped for one in rounds], "≤ 1,000"),
        ("kill switch → all threads say so (ms)", [one.told for one in rounds], ""),
        (
            f"a run's message, {_STEPS} steps moved: least pause (ms)",
            [min(one.between) for one in rounds],
            "≥ 1,000",
        ),
    ):
        ms = [value * 1000 for value in values]
        spread = f"{min(ms):,.0f}…{max(ms):,.0f}"
        print(f"{name:52}{median(ms):>9,.0f}  {spread:<16}{goal}".rstrip())


if __name__ == "__main__":
    main()
