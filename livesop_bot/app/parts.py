"""The parts that every process and command builds, each from the settings."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

import aiohttp
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.jira_project import JiraProject
from livesop_bot.actions.registry import jira_site
from livesop_bot.app.judge import Judge
from livesop_bot.db.audit import Audit
from livesop_bot.db.cases import Cases
from livesop_bot.db.documents import Documents
from livesop_bot.db.embedded import EmbeddedPostgres
from livesop_bot.db.evaluations import Evaluations
from livesop_bot.db.explanations import Explanations
from livesop_bot.db.feed import Feed
from livesop_bot.db.figures import Figures
from livesop_bot.db.pool import Pool, create_pool
from livesop_bot.db.reports import Reports
from livesop_bot.db.retention import Retention
from livesop_bot.db.runs import Runs
from livesop_bot.db.search import Search
from livesop_bot.db.team_settings import TeamSettingsBook
from livesop_bot.db.teams import Teams
from livesop_bot.db.usage import ModelUsage
from livesop_bot.db.vectors import Vectors
from livesop_bot.db.verdicts import Verdicts
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.decisions import Limits
from livesop_bot.domain.signals import TeamId, UserId
from livesop_bot.domain.team_settings import Environment
from livesop_bot.errors import ConfigurationError
from livesop_bot.evaluation.evaluator import Evaluator
from livesop_bot.evaluation.rehearsal import Rehearsal
from livesop_bot.knowledge.embeddings import Embeddings
from livesop_bot.knowledge.retrieval import Retrieval
from livesop_bot.metrics import Metrics
from livesop_bot.sandbox.demo import demo_workspace
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.sandbox.timing import DESK_TIMING
from livesop_bot.settings import Settings
from livesop_bot.slack.administration import Administration
from livesop_bot.worker.embed import Embedding
from livesop_bot.worker.evaluate import Evaluating
from livesop_bot.worker.replay import Replaying

_CLOSE = 1.0
"""Seconds that a pool gets to say goodbye to PostgreSQL."""


def environment(settings: Settings) -> Environment:
    """What counts where a team set nothing itself."""
    return Environment(
        limits=Limits(
            propose=settings.livesop_propose_threshold,
            auto=settings.livesop_auto_threshold,
            starts=settings.livesop_start_limit,
        ),
        admins=tuple(sorted(settings.admins)),
        allowed_bots=tuple(sorted(settings.allowed_bots)),
        external_channels=settings.livesop_external_channels,
        remind_after_hours=settings.livesop_remind_after_hours,
        daily_token_budget=settings.livesop_daily_token_budget,
        model=settings.openai_model if settings.asks_openai else None,
        stands_in=settings.livesop_evaluator == "auto",
        jira_project=settings.jira_project,
    )


@dataclass(frozen=True, slots=True)
class Stores:
    """What is kept in PostgreSQL, by its nouns."""

    teams: Teams
    settings: TeamSettingsBook
    workflows: Workflows
    evaluations: Evaluations
    runs: Runs
    feed: Feed
    explanations: Explanations
    figures: Figures
    verdicts: Verdicts
    documents: Documents
    cases: Cases
    search: Search
    vectors: Vectors
    audit: Audit

    @classmethod
    def on(cls, pool: Pool, settings: Settings) -> Self:
        """Put them all on one pool."""
        teams, workflows, book = Teams(pool), Workflows(pool), TeamSettingsBook(pool)
        limits = environment(settings).limits
        return cls(
            teams=teams,
            settings=book,
            workflows=workflows,
            evaluations=Evaluations(pool, teams, limits, book),
            runs=Runs(pool),
            feed=Feed(pool),
            explanations=Explanations(pool, teams, workflows, limits),
            figures=Figures(pool),
            verdicts=Verdicts(pool),
            documents=Documents(pool),
            cases=Cases(pool),
            search=Search(pool),
            vectors=Vectors(pool),
            audit=Audit(pool),
        )

    def administration(
        self, pool: Pool, settings: Settings, session: aiohttp.ClientSession
    ) -> Administration:
        """Build what admins look at and change."""
        return Administration(
            settings=self.settings,
            environment=environment(settings),
            usage=ModelUsage(pool),
            retention=Retention(pool),
            reports=Reports(pool, self.figures, self.workflows),
            jira=JiraProject(jira_site(session, settings), settings.jira_project),
        )

    def evaluating(
        self,
        settings: Settings,
        evaluator: Evaluator,
        metrics: Metrics,
        bot: UserId | None = None,
    ) -> Evaluating:
        """Build what evaluates their signals; `bot`: who LiveSOP is, whom people may ask."""
        return Evaluating(
            evaluations=self.evaluations,
            workflows=self.workflows,
            verdicts=self.verdicts,
            evaluator=evaluator,
            time_limit=settings.livesop_evaluation_timeout,
            metrics=metrics,
            bot=bot,
        )

    def replaying(self, evaluating: Evaluating) -> Replaying:
        """Build what judges a stored message again."""
        return Replaying(feed=self.feed, workflows=self.workflows, evaluating=evaluating)

    def rehearsal(self, pool: Pool, settings: Settings, judge: Judge) -> Rehearsal:
        """Build what says what would happen, with the limits that the team has now."""

        async def limits(team: TeamId) -> Limits:
            own = await self.settings.recent(team)
            propose, auto = own.propose_threshold, own.auto_threshold
            return Limits(
                propose=settings.livesop_propose_threshold if propose is None else propose,
                auto=settings.livesop_auto_threshold if auto is None else auto,
            )

        return Rehearsal(
            pool=pool,
            evaluator=judge.evaluator,
            local=judge.local,
            limits=limits,
            time_limit=settings.livesop_evaluation_timeout,
        )

    def embedding(self, embeddings: Embeddings | None) -> Embedding:
        """Build what makes vectors in the background."""
        return Embedding(vectors=self.vectors, cases=self.cases, embeddings=embeddings)

    def retrieval(self, embeddings: Embeddings | None) -> Retrieval:
        """Build what finds passages and past cases."""
        return Retrieval(self.search, self.vectors, embeddings)


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
            f"SANDBOX_PORT: {settings.sandbox_port} is taken by another program, or not open to "
            "this user; end that program, or set another port"
        ) from error
    try:
        yield server
    finally:
        await server.__aexit__(None, None, None)
