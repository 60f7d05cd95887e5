"""Replay: a stored message, judged again for a person at a terminal."""

from livesop_bot.app.embeddings import open_embeddings
from livesop_bot.app.judge import choose_evaluator
from livesop_bot.app.parts import Stores
from livesop_bot.db.pool import Pool
from livesop_bot.domain.replays import NotReplayed, ReplayRequest
from livesop_bot.embeddings.shared_model import SharedModel
from livesop_bot.errors import PermanentError
from livesop_bot.metrics import Metrics
from livesop_bot.settings import Settings
from livesop_bot.views.replay import not_replayed, replayed_lines


async def replay(settings: Settings, pool: Pool, request: ReplayRequest) -> list[str]:
    """Judge a stored message again, and give lines that say what came of it and what differs.

    A dry run only says. Otherwise the answer is queued, and a running LiveSOP posts it.
    """
    stores, metrics, shared = Stores.on(pool, settings), Metrics(), SharedModel()
    async with (
        open_embeddings(settings, shared, pool, metrics) as embeddings,
        choose_evaluator(settings, metrics, pool, stores.retrieval(embeddings), shared) as judge,
    ):
        replaying = stores.replaying(stores.evaluating(settings, judge.evaluator, metrics))
        came = await replaying(request)
    if isinstance(came, NotReplayed):
        raise PermanentError(not_replayed(came, request.signal))
    return replayed_lines(came)
