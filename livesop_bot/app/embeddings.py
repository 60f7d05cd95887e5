"""Who makes vectors: built from the settings, and paid from the team's budget where it costs."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog

from livesop_bot.db.pool import Pool
from livesop_bot.db.usage import ModelUsage
from livesop_bot.domain.signals import TeamId
from livesop_bot.embeddings.local_model import LocalModel
from livesop_bot.embeddings.shared_model import SharedModel
from livesop_bot.errors import EmbedderBroken
from livesop_bot.evaluation.budget import Budget, BudgetSpent
from livesop_bot.evaluation.prices import is_priced, usage
from livesop_bot.knowledge.embeddings import ClosableEmbeddings, Embeddings, InThread
from livesop_bot.knowledge.openai_embeddings import OpenAIEmbeddings
from livesop_bot.masking import mask_secrets
from livesop_bot.metrics import Metrics
from livesop_bot.settings import Settings

if TYPE_CHECKING:
    import openai

log = structlog.get_logger()

_REQUEST_S = 20.0
"""Seconds that one request for vectors may take."""
_RELATED = 0.36
"""The likeness from which texts have to do with each other, by the local model."""


class BudgetedPurse:
    """Pays for vectors from the budget that also pays for judgements, and counts what they take."""

    def __init__(self, budget: Budget, metrics: Metrics, model: str) -> None:
        self._budget = budget
        self._metrics = metrics
        self._model = model

    @property
    def problem(self) -> str:
        """Why some requests are not made today."""
        return "the daily token budget is spent" if self._budget.is_spent else ""

    @asynccontextmanager
    async def paid(self, team: TeamId, most_tokens: int) -> AsyncIterator[Callable[[int], None]]:
        """Enclose a request. See Purse."""
        try:
            async with self._budget.call(team, most_tokens) as call:

                def took(tokens: int) -> None:
                    used = call.usage = usage(self._model, tokens, 0)
                    self._metrics.model_tokens.labels("embedding").inc(used.prompt_tokens)
                    self._metrics.model_cost.inc(used.cost_usd)

                yield took
        except BudgetSpent as error:
            raise EmbedderBroken(str(error)) from error


@asynccontextmanager
async def open_embeddings(
    settings: Settings, shared: SharedModel, pool: Pool, metrics: Metrics
) -> AsyncIterator[Embeddings | None]:
    """Build what makes vectors, for as long as it is in use."""
    embeddings = _choose(settings, shared, pool, metrics)
    try:
        yield embeddings
    finally:
        if embeddings is not None:
            await embeddings.close()


def _choose(
    settings: Settings, shared: SharedModel, pool: Pool, metrics: Metrics
) -> ClosableEmbeddings | None:
    """Build what makes vectors by the settings; None: nothing does, and full text is all."""
    key = settings.openai_api_key
    if key is None or not settings.asks_openai:
        local = settings.livesop_evaluator != "words" and LocalModel.is_installed()
        return InThread(shared, floor=_RELATED) if local else None

    def make_client() -> "openai.AsyncOpenAI":
        import openai

        return openai.AsyncOpenAI(
            api_key=key.get_secret_value(),
            base_url=settings.openai_base_url,
            timeout=_REQUEST_S,
            max_retries=0,
        )

    model = settings.openai_embedding_model
    if not is_priced(model):
        log.warning("model.price_unknown", model=model)
    budget = Budget(ModelUsage(pool), settings.livesop_daily_token_budget)
    return OpenAIEmbeddings(make_client, model, mask_secrets, BudgetedPurse(budget, metrics, model))
