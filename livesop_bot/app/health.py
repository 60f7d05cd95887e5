"""What the health port and App Home say of a process."""

from collections.abc import Callable
from dataclasses import replace

from livesop_bot.app.judge import Judge
from livesop_bot.db.migrations import pending
from livesop_bot.db.pool import Pool, away, ping
from livesop_bot.db.queue import depth_and_age
from livesop_bot.db.vectors import Vectors
from livesop_bot.domain.knowledge import KnowledgeState
from livesop_bot.knowledge.embeddings import Embeddings
from livesop_bot.metrics import Metrics, total
from livesop_bot.ops.checks import Checks
from livesop_bot.ops.health import HealthServer
from livesop_bot.ops.status import SocketState, SpoolState
from livesop_bot.slack.spool import Spool
from livesop_bot.views.health import HomeHealth


def process_checks(
    pool: Pool,
    judge: Judge,
    *,
    embeddings: Embeddings | None,
    spool: Spool | None,
    sockets: Callable[[], SocketState],
) -> Checks:
    """Build what /health asks; a process without a spool keeps no sockets either."""
    vectors = Vectors(pool)
    model = None if embeddings is None else embeddings.model

    async def pending_migrations() -> int:
        with away():
            async with pool.acquire() as connection:
                return len(await pending(connection))

    async def knowledge() -> KnowledgeState:
        found = await vectors.state(model)
        problem = "" if embeddings is None else embeddings.problem
        return replace(found, why_no_vectors=found.why_no_vectors or problem)

    return Checks(
        database=lambda: ping(pool, timeout=1.0),
        pending_migrations=pending_migrations,
        queue=lambda: depth_and_age(pool),
        knowledge=knowledge,
        sockets=None if spool is None else sockets,
        spool=None
        if spool is None
        else lambda: SpoolState(
            spool.events, spool.size, spool.max_bytes, spool.stuck, spool.refusal
        ),
        model=judge.model,
        evaluator=judge.evaluator.name,
        evaluator_problem=judge.problem,
    )


async def home_health(server: HealthServer, metrics: Metrics) -> HomeHealth:
    """How the process is doing, as App Home shows it."""
    found = await server.snapshot()
    return HomeHealth(
        sockets=found.sockets.connected if found.sockets else 0,
        queue_depth=found.queue.depth if found.queue else None,
        failed_jobs=found.queue.failed if found.queue else 0,
        oldest_job_s=found.queue.oldest_age_seconds if found.queue else None,
        spool_events=found.spool.events if found.spool else 0,
        refusal=found.spool.refusal if found.spool else "",
        database=found.database.problem is None,
        evaluator=found.evaluator,
        model_problem=found.model.problem or found.evaluator_problem,
        model_share=found.model.share,
        duplicates=total(metrics.duplicates),
        recovered=total(metrics.spooled, outcome="replayed"),
    )
