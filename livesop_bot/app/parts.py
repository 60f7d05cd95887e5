"""The parts that every process and command builds, each from the settings."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

import aiohttp
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.db.audit import Audit
from livesop_bot.db.embedded import EmbeddedPostgres
from livesop_bot.db.evaluations import Evaluations
from livesop_bot.db.feed import Feed
from livesop_bot.db.pool import Pool, create_pool
from livesop_bot.db.runs import Runs
from livesop_bot.db.teams import Teams
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.decisions import Limits
from livesop_bot.errors import (
    ConfigurationError,
)
from livesop_bot.evaluation.evaluator import Evaluator
from livesop_bot.evaluation.local_evaluator import LocalEvaluator
from livesop_bot.evaluation.threads import InThreads
from livesop_bot.metrics import Metrics
from livesop_bot.sandbox.demo import demo_workspace
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.sandbox.timing import DESK_TIMING
from livesop_bot.settings import Settings
from livesop_bot.worker.evaluate import Evaluating

_CLOSE = 1.0
"""Seconds that a pool gets to say goodbye to PostgreSQL."""

_EVALUATOR_THREADS = 16


@dataclass(frozen=True, slots=True)
class Stores:
    """What is kept in PostgreSQL, by its nouns."""

    teams: Teams
    workflows: Workflows
    evaluations: Evaluations
    runs: Runs
    feed: Feed
    audit: Audit

    @classmethod
    def on(cls, pool: Pool, settings: Settings) -> Self:
        """Put them all on one pool."""
        teams = Teams(pool)
        limits = Limits(
            propose=settings.livesop_propose_threshold,
            auto=settings.livesop_auto_threshold,
            starts=settings.livesop_start_limit,
        )
        return cls(
            teams,
            Workflows(pool),
            Evaluations(pool, teams, limits),
            Runs(pool),
            Feed(pool),
            Audit(pool),
        )

    def evaluating(self, settings: Settings, evaluator: Evaluator, metrics: Metrics) -> Evaluating:
        """Build what evaluates their signals."""
        return Evaluating(
            evaluations=self.evaluations,
            workflows=self.workflows,
            evaluator=evaluator,
            time_limit=settings.livesop_evaluation_timeout,
            metrics=metrics,
        )


def choose_evaluator(settings: Settings, metrics: Metrics) -> Evaluator:
    """Build the evaluator that the settings name."""
    if settings.livesop_evaluator == "openai":
        raise ConfigurationError(
            "LIVESOP_EVALUATOR: this version has no OpenAI evaluator yet; set auto or local"
        )
    return InThreads(
        LocalEvaluator(), workers=_EVALUATOR_THREADS, on_abandoned=metrics.abandoned_threads.set
    )


def slack_client(
    settings: Settings, session: aiohttp.ClientSession, *, retries: bool = True
) -> AsyncWebClient:
    """Make a client of the Web API; with `retries` it waits and tries again when asked to (429)."""
    assert settings.slack_bot_token is not None, "the sandbox sets one where .env has none"
    return AsyncWebClient(
        token=settings.slack_bot_token.get_secret_value(),
        base_url=settings.slack_api_url,
        session=session,
        retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=2)] if retries else [],
    )


@asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[str]:
    """Give the dsn of DATABASE_URL, or of the embedded server, started for as long."""
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    async with EmbeddedPostgres(settings.livesop_data_dir) as server:
        yield server.dsn


@asynccontextmanager
async def open_pool(dsn: str, *, max_size: int) -> AsyncIterator[Pool]:
    """Open a pool that connects when first used, so that a database that is away stops nothing."""
    pool = await create_pool(dsn, min_size=0, max_size=max_size)
    try:
        yield pool
    finally:
        try:
            async with asyncio.timeout(_CLOSE):
                await pool.close()
        except TimeoutError:  # a server that hangs does not say goodbye
            pool.terminate()


@asynccontextmanager
async def open_sandbox(settings: Settings) -> AsyncIterator[SlackServer]:
    """Start the local Slack. Raises ConfigurationError where its port is taken."""
    try:
        server = await SlackServer(
            demo_workspace(), port=settings.sandbox_port, timing=DESK_TIMING
        ).__aenter__()
    except OSError as error:
        raise ConfigurationError(
            f"SANDBOX_PORT: {settings.sandbox_port} cannot be listened on ({error.strerror}); "
            "end the program that has it, or set another port"
        ) from error
    try:
        yield server
    finally:
        await server.__aexit__(None, None, None)
