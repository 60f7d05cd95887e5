"""Replay: a stored signal, evaluated again for a person at a terminal."""

from livesop_bot.app.judge import choose_evaluator
from livesop_bot.app.parts import Stores, database, open_embeddings, open_pool
from livesop_bot.db.jobs import EvaluateJob
from livesop_bot.db.pool import ping
from livesop_bot.domain.evaluations import Cause
from livesop_bot.domain.signals import SignalId
from livesop_bot.embeddings.shared_model import SharedModel
from livesop_bot.errors import (
    PermanentError,
)
from livesop_bot.metrics import Metrics
from livesop_bot.settings import Settings

_ANSWER = 3.0
"""Seconds that a person at a terminal waits for PostgreSQL."""


async def replay(settings: Settings, signal_id: int, *, dry_run: bool, by: str) -> list[str]:
    """Evaluate a stored signal again, and give lines that say what came of it.

    A dry run only says. Otherwise the answer is queued, and a running LiveSOP posts it.
    """
    async with database(settings) as dsn, open_pool(dsn, max_size=2) as pool:
        stores = Stores.on(pool, settings)
        metrics = Metrics()
        await ping(pool, timeout=_ANSWER)
        job = EvaluateJob(SignalId(signal_id), 0, Cause.REPLAY, dry_run, by)
        shared = SharedModel()
        async with (
            open_embeddings(settings, shared) as embeddings,
            choose_evaluator(
                settings, metrics, pool, stores.retrieval(embeddings), shared
            ) as judge,
        ):
            concluded = await stores.evaluating(settings, judge.evaluator, metrics)(job, attempts=0)
        if concluded is None:
            raise PermanentError(
                f"There is no signal {signal_id} to replay: unknown, or its message was deleted."
            )
        sop = concluded.workflow.title if concluded.workflow else "No SOP"
        lines = [
            f"{sop} ({concluded.judgement.confidence:.0%}, {concluded.judgement.evaluator})",
            concluded.judgement.reasoning,
            f"→ {concluded.decision.verdict}: {concluded.decision.detail}",
        ]
        if concluded.judgement.stand_in:
            lines.append(f"The local evaluator stood in: {concluded.judgement.stand_in}.")
        if (cost := concluded.judgement.usage).prompt_tokens:
            tokens = cost.prompt_tokens + cost.completion_tokens
            lines.append(f"{tokens:,} tokens, {cost.cost_usd:.6f} US dollars by list price.")
        if concluded.run is not None:
            lines.append("Its message goes to the thread as soon as LiveSOP runs.")
        return [line for line in lines if line]
