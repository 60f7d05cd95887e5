"""App Home over a long history: built from the database, and as it lands from the cache."""

import asyncio
import json
import os
import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

import aiohttp
import asyncpg
from slack_sdk.web.async_client import AsyncWebClient

from bench.figures import percentile
from livesop_bot.actions.registry import action_kinds, renderer
from livesop_bot.app.face import build_face
from livesop_bot.app.judge import Judge
from livesop_bot.app.parts import Stores
from livesop_bot.db.embedded import EmbeddedPostgres
from livesop_bot.db.held_run import HeldRuns
from livesop_bot.db.migrations import migrate
from livesop_bot.db.pool import Pool, create_pool
from livesop_bot.db.stored_definition import definition_to_json
from livesop_bot.db.vectors import ensure_vectors
from livesop_bot.domain.evaluations import Outcome
from livesop_bot.domain.rights import Role
from livesop_bot.domain.signals import ChannelId, TeamId, UserId
from livesop_bot.domain.workflows import (
    Step,
    StepId,
    StepKind,
    StepMode,
    Trigger,
    WorkflowDefinition,
)
from livesop_bot.evaluation.lexical_evaluator import LexicalEvaluator
from livesop_bot.evaluation.threads import InThreads
from livesop_bot.metrics import Metrics
from livesop_bot.ops.status import ModelState
from livesop_bot.settings import Settings
from livesop_bot.slack.homes import Homes, Visitor
from livesop_bot.slack.listeners.face import Face
from livesop_bot.slack.listeners.home import overview
from livesop_bot.views.blocks import View
from livesop_bot.views.health import HomeHealth
from livesop_bot.views.home.feed import FeedFilter
from livesop_bot.views.home.tabs import HomeState, home

HISTORY = Path(__file__).with_name("history.sql")
EVALUATIONS, TEAMS, CHANNELS, SOPS = 200_000, 5, 40, 25
"""What is in it; one of the teams has more SOPs."""
BUILDS, LANDINGS = 300, 5_000

_LATELY = """
INSERT INTO figure_changes (team_id, signals)
SELECT 'T' || 1 + n % 5, 1 FROM generate_series(1, 12000) AS n
"""
"""What was counted since it was summed up last: a minute at 200 messages a second."""


def _sop() -> WorkflowDefinition:
    """An SOP of ordinary size."""
    return WorkflowDefinition(
        slug="sop",
        title="SOP",
        trigger=Trigger(description="When something happens. " * 20),
        steps=tuple(
            Step(
                id=StepId(f"s{number}"),
                title=f"Step {number}",
                kind=StepKind.MANUAL,
                mode=StepMode.MANUAL,
                instructions="Do this and that. " * 20,
            )
            for number in range(1, 9)
        ),
    )


def _face(pool: Pool, client: AsyncWebClient, session: aiohttp.ClientSession) -> Face:
    settings = Settings(_env_file=None)
    stores = Stores.on(pool, settings)
    kinds = action_kinds(slack=client, session=session, settings=settings)
    by_words = InThreads(LexicalEvaluator(), workers=1, on_abandoned=lambda _: None)

    async def health() -> HomeHealth:
        return HomeHealth(
            sockets=2,
            queue_depth=0,
            oldest_job_s=None,
            spool_events=0,
            database=True,
            evaluator="words",
        )

    return build_face(
        settings=settings,
        pool=pool,
        stores=stores,
        client=client,
        session=session,
        held=HeldRuns(pool, stores.teams, renderer(kinds)),
        kinds=kinds,
        judge=Judge(by_words, lambda: ModelState("not_used"), by_words),
        evaluating=stores.evaluating(settings, by_words, Metrics()),
        embeddings=None,
        home_health=health,
    )


async def _built(face: Face, team: TeamId, state: HomeState) -> View:
    visitor = Visitor(team=team, user=UserId("U1"), role=Role.ADMIN)
    return home(state, await overview.blocks(face, visitor, state))


def _wanted(chance: random.Random, *, narrowed: bool) -> tuple[TeamId, HomeState]:
    """A team, and what of its feed somebody looks at."""
    team = TeamId(f"T{chance.randint(1, TEAMS)}")
    if not narrowed:
        return team, HomeState()
    found = FeedFilter(
        channel=ChannelId(f"C{chance.randrange(CHANNELS)}") if chance.random() < 0.5 else None,
        sop=f"sop-{chance.randint(1, SOPS)}" if chance.random() < 0.5 else None,
        outcome=chance.choice([*Outcome, None]),
        before=chance.randint(1, EVALUATIONS) if chance.random() < 0.5 else None,
    )
    return team, found.state()


async def _timed(what: Callable[[], Awaitable[object]]) -> float:
    begun = time.perf_counter()
    await what()
    return time.perf_counter() - begun


async def _cold(face: Face, *, narrowed: bool) -> list[float]:
    chance = random.Random(7)  # noqa: S311  the same views in every run
    wanted = [_wanted(chance, narrowed=narrowed) for _ in range(BUILDS)]
    return [await _timed(partial(_built, face, *one)) for one in wanted]


async def _cached(face: Face) -> list[float]:
    homes, chance = Homes(), random.Random(7)  # noqa: S311  as above
    spots = [_wanted(chance, narrowed=True) for _ in range(50)]
    for team, state in spots:
        homes.keep(team, UserId("U1"), state, await _built(face, team, state), 0)

    async def land(team: TeamId, state: HomeState) -> None:
        assert homes.kept(team, UserId("U1"), state) is not None

    return [await _timed(partial(land, *chance.choice(spots))) for _ in range(LANDINGS)]


def _row(name: str, times: Sequence[float], goal: str) -> str:
    p50, p95 = (percentile(times, share) * 1000 for share in (0.5, 0.95))
    return f"{name:<44}{p50:>10,.2f}{p95:>10,.2f}{max(times) * 1000:>10,.2f}  {goal}"


async def main() -> None:
    """Make the history, then measure and print."""
    with tempfile.TemporaryDirectory(prefix="livesop-bench-") as folder:
        os.chmod(folder, 0o755)  # noqa: PTH101, S103  the database's own user must reach its data
        async with EmbeddedPostgres(Path(folder)) as server:
            connection = await asyncpg.connect(server.dsn)
            await migrate(connection)
            await ensure_vectors(connection)
            print("making a history of 1,000,000 messages …", flush=True)
            stored = json.dumps(definition_to_json(_sop()))
            await connection.execute("SELECT set_config('bench.definition', $1, false)", stored)
            await connection.execute(HISTORY.read_text(), timeout=900)
            await connection.execute("VACUUM ANALYZE", timeout=900)
            pool = await create_pool(server.dsn)
            async with aiohttp.ClientSession() as session:
                client = AsyncWebClient(session=session)
                face = _face(pool, client, session)
                await face.figures.fold()
                await connection.execute(_LATELY)
                await connection.close()
                await _cold(face, narrowed=True)  # what any process has behind it after a minute
                rows = [
                    _row("built from the database", await _cold(face, narrowed=False), "p95 ≤ 50"),
                    _row("built, filtered", await _cold(face, narrowed=True), "p95 ≤ 50"),
                    _row("from the cache", await _cached(face), "p95 ≤ 2"),
                ]
            await pool.close()
    print(f"{'App Home, in ms':<44}{'p50':>10}{'p95':>10}{'most':>10}  goal")
    for row in rows:
        print(row)


if __name__ == "__main__":
    asyncio.run(main())
