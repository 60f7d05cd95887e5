"""Who judges messages: built from the settings, for processes and commands alike."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from livesop_bot.db.pool import Pool
from livesop_bot.db.usage import ModelUsage
from livesop_bot.embeddings.local_model import LocalModel
from livesop_bot.embeddings.shared_model import SharedModel
from livesop_bot.evaluation.breaker import Breaker
from livesop_bot.evaluation.budget import Budget
from livesop_bot.evaluation.chat import ClosableChat, LateChat
from livesop_bot.evaluation.defusing_evaluator import DefusingEvaluator
from livesop_bot.evaluation.evaluator import Evaluator, Library, NoLibrary
from livesop_bot.evaluation.informed_evaluator import InformedEvaluator
from livesop_bot.evaluation.lexical_evaluator import LexicalEvaluator
from livesop_bot.evaluation.openai_evaluator import OpenAIEvaluator
from livesop_bot.evaluation.prices import is_priced
from livesop_bot.evaluation.reusing_evaluator import ReusingEvaluator
from livesop_bot.evaluation.semantic_evaluator import SemanticEvaluator
from livesop_bot.evaluation.threads import InThreads
from livesop_bot.evaluation.tiered_evaluator import (
    LEXICAL_NOISE,
    SEMANTIC_NOISE,
    LocalTier,
    TieredEvaluator,
)
from livesop_bot.metrics import Metrics
from livesop_bot.ops.status import ModelState
from livesop_bot.settings import Settings

log = structlog.get_logger()

_WORDS_THREADS = 16
_MODEL_THREADS = 4
"""Some judge while the model reads for another."""
_MODEL_PART = 0.6
"""The part of LIVESOP_EVALUATION_TIMEOUT that a model gets, so that a stand-in still fits."""


@dataclass(frozen=True, slots=True)
class Judge:
    """An evaluator, and how its model is doing; `local` is the one that needs none.

    `problem`: why the local one judges worse than it should; empty where it does not.
    """

    evaluator: Evaluator
    model: Callable[[], ModelState]
    local: Evaluator
    problem: Callable[[], str] = lambda: ""


def local_evaluator(
    metrics: Metrics,
    shared: SharedModel | None = None,
    on_floor: Callable[[str], object] = lambda why: None,
) -> Evaluator:
    """Build the one that needs no key; by words alone where the local model is not installed."""
    if not LocalModel.is_installed():
        return words_evaluator(metrics)
    semantic = SemanticEvaluator((shared or SharedModel()).get, on_floor)
    return InThreads(semantic, workers=_MODEL_THREADS, on_abandoned=metrics.abandoned_threads.set)


def words_evaluator(metrics: Metrics) -> Evaluator:
    """Build the one that needs no model either, and next to no memory."""
    abandoned = metrics.abandoned_threads.set
    return InThreads(LexicalEvaluator(), workers=_WORDS_THREADS, on_abandoned=abandoned)


@asynccontextmanager
async def choose_evaluator(
    settings: Settings,
    metrics: Metrics,
    pool: Pool,
    library: Library | None = None,
    shared: SharedModel | None = None,
) -> AsyncIterator[Judge]:
    """Build the evaluator that the settings name, for as long as it is in use."""
    library = library or NoLibrary()
    by_words = settings.livesop_evaluator == "words"
    problems: list[str] = []
    judging = (
        words_evaluator(metrics)
        if by_words
        else local_evaluator(metrics, shared, on_floor=problems.append)
    )

    def problem() -> str:
        return "; ".join(problems)

    local = ReusingEvaluator(judging, on_reused=lambda: None)
    key = settings.openai_api_key
    if key is None or not settings.asks_openai:
        unused = ModelState("not_configured" if key is None else "not_used")
        judge = DefusingEvaluator(LocalTier(local, library))
        yield Judge(judge, lambda: unused, DefusingEvaluator(local), problem)
        return

    def make_chat() -> ClosableChat:
        # Imported here alone: openai takes 1.2 s and 45 MB, which a start has better use for.
        from livesop_bot.evaluation.openai_chat import OpenAIChat

        return OpenAIChat(
            key=key.get_secret_value(),
            base_url=settings.openai_base_url,
            model=settings.openai_model,
        )

    if not is_priced(settings.openai_model):
        log.warning("model.price_unknown", model=settings.openai_model)
    chat = LateChat(make_chat)
    budget = Budget(ModelUsage(pool), settings.livesop_daily_token_budget)
    breaker = Breaker()
    model = OpenAIEvaluator(
        chat=chat,
        model=settings.openai_model,
        time_limit=_MODEL_PART * settings.livesop_evaluation_timeout,
        budget=budget,
        breaker=breaker,
        metrics=metrics,
    )
    tiered = TieredEvaluator(
        local=local,
        noise_below=SEMANTIC_NOISE if LocalModel.is_installed() else LEXICAL_NOISE,
        model=ReusingEvaluator(
            InformedEvaluator(model, library), on_reused=metrics.reused_judgements.inc
        ),
        library=library,
        stands_in=settings.livesop_evaluator == "auto",
        metrics=metrics,
    )

    def state() -> ModelState:
        share = tiered.model_share
        if problem := breaker.problem:
            return ModelState("away", problem, share)
        if budget.is_spent:
            return ModelState("budget_spent", "the daily token budget is spent", share)
        return ModelState("configured", share=share)

    try:
        yield Judge(DefusingEvaluator(tiered), state, DefusingEvaluator(local), problem)
    finally:
        await chat.close()
