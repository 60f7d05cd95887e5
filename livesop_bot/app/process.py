"""LiveSOP in one process: every part built, run in one TaskGroup, and ended in order."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.metadata import version

import aiohttp
import structlog
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.kind import Kind
from livesop_bot.actions.registry import action_kinds, renderer
from livesop_bot.app.duties import build_duties
from livesop_bot.app.embeddings import open_embeddings
from livesop_bot.app.face import build_face
from livesop_bot.app.health import home_health, process_checks
from livesop_bot.app.introduction import introduce, prepare
from livesop_bot.app.judge import Judge, choose_evaluator
from livesop_bot.app.listening import Listening
from livesop_bot.app.parts import Stores, database, open_pool, slack_client
from livesop_bot.db.held_run import HeldRuns
from livesop_bot.db.pool import Pool
from livesop_bot.domain.signals import UserId
from livesop_bot.domain.workflows import ActionKind
from livesop_bot.embeddings.shared_model import SharedModel
from livesop_bot.evaluation.evaluator import Evaluator
from livesop_bot.knowledge.embeddings import Embeddings
from livesop_bot.metrics import Metrics
from livesop_bot.ops.health import HealthServer
from livesop_bot.ops.status import ModelState
from livesop_bot.settings import Settings
from livesop_bot.slack.ingest import Rules
from livesop_bot.slack.intake import Intake
from livesop_bot.slack.readers import Readers
from livesop_bot.slack.rules import TeamRules
from livesop_bot.slack.sockets import Patience
from livesop_bot.slack.spool import Spool
from livesop_bot.stopping import first, pause
from livesop_bot.worker.answer import Answering
from livesop_bot.worker.evaluate import Evaluating
from livesop_bot.worker.faults import LANDS_S
from livesop_bot.worker.queue import Pace, Worker

log = structlog.get_logger()

CONNECTIONS = 20
"""Connections to PostgreSQL that all the work of a process shares."""

INTAKE_CONNECTIONS = 2
"""Those that store events, so that they never wait for one."""

_CUT = 7.0
"""Seconds that PostgreSQL gets at shutdown: what hangs on it then is broken off as by a kill, for
all of it ends within 10."""

_LOOK = 0.1
"""Seconds between looks for whether everything is there, at the start."""


class Role(StrEnum):
    """Which part of the work a process does."""

    ALL = "all"
    INGEST = "ingest"
    WORKER = "worker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How patient the parts are; tests that wait for them shorten it.

    `slack_call`: seconds that a call of Slack's Web API may take. `lands_s`: seconds after which
    what was sent has arrived, or never will.
    """

    patience: Patience = field(default_factory=Patience)
    pace: Pace = field(default_factory=Pace)
    slack_call: float = 10.0
    lands_s: float = LANDS_S


class App:
    """LiveSOP in one process. `run` ends when `stop` is set, or with the error that ended it.

    `evaluator` and `embeddings` replace those that the settings name, `make_kinds` what actions
    it can do.
    """

    def __init__(
        self,
        settings: Settings,
        role: Role = Role.ALL,
        *,
        evaluator: Evaluator | None = None,
        embeddings: Embeddings | None = None,
        timing: Timing = Timing(),  # frozen
        make_kinds: Callable[..., Mapping[ActionKind, Kind]] = action_kinds,
        on_ready: Callable[[], object] = lambda: None,
    ) -> None:
        self.stop = asyncio.Event()
        self.metrics = Metrics()
        self.settings = settings
        self._role = role
        self._evaluator = evaluator
        self._model = SharedModel()
        self._embeddings = embeddings
        self._timing = timing
        self._make_kinds = make_kinds
        self._on_ready = on_ready
        self._migrated = asyncio.Event()
        self._listening = Listening(settings, self.metrics, timing.patience)
        self._spool: Spool | None = None

    async def run(self) -> None:
        """Serve until `stop` is set. Raises ConfigurationError where that cannot begin."""
        settings, loop = self.settings, asyncio.get_running_loop()
        async with AsyncExitStack() as stack:
            enter = stack.enter_async_context
            dsn = await enter(database(settings))
            pool = await enter(open_pool(dsn, max_size=CONNECTIONS))
            pools = [pool]
            limit = aiohttp.ClientTimeout(total=self._timing.slack_call)
            session = await enter(aiohttp.ClientSession(timeout=limit))
            stores = Stores.on(pool, settings)
            if self._embeddings is None:
                self._embeddings = await enter(
                    open_embeddings(settings, self._model, pool, self.metrics)
                )
            # Posts and actions are retried by the queue, which asks first whether they happened.
            once = slack_client(settings, session, retries=False)
            kinds = self._make_kinds(slack=once, session=session, settings=settings)
            held = HeldRuns(pool, stores.teams, renderer(kinds))
            if self._role is not Role.WORKER:  # which would adopt files and never replay them
                spool_bytes = settings.livesop_spool_max_mb * 1024 * 1024
                folder = settings.livesop_data_dir / "spool"
                self._spool = await enter(Spool(folder, max_bytes=spool_bytes))
            if self._evaluator is None:
                library = stores.retrieval(self._embeddings)
                judge = await enter(
                    choose_evaluator(settings, self.metrics, pool, library, self._model)
                )
            else:
                unused = ModelState("not_used")
                judge = Judge(self._evaluator, lambda: unused, self._evaluator)
            checks = process_checks(
                pool,
                judge,
                embeddings=self._embeddings,
                spool=self._spool,
                sockets=self._listening.state,
            )
            health = await enter(
                HealthServer(
                    settings.health_host,
                    settings.health_port,
                    checks,
                    self.metrics,
                    version("livesop-bot"),
                )
            )
            client = slack_client(settings, session)
            app_token = None if self._role is Role.WORKER else settings.slack_app_token
            installation = await introduce(client, app_token, self.stop)
            if installation is None:
                return
            evaluating = stores.evaluating(
                settings, judge.evaluator, self.metrics, installation.bot_user
            )
            async with asyncio.TaskGroup() as group:
                group.create_task(
                    prepare(pool, stores, installation, migrated=self._migrated, stop=self.stop)
                )
                intake = None
                if self._spool is not None:
                    ingest_pool = await enter(open_pool(dsn, max_size=INTAKE_CONNECTIONS))
                    pools.append(ingest_pool)
                    rules = TeamRules(
                        installation.team,
                        Rules(
                            allowed_bots=settings.allowed_bots,
                            external_channels=settings.livesop_external_channels,
                        ),
                        stores.settings.now,
                    )
                    intake = Intake(
                        pool=ingest_pool,
                        spool=self._spool,
                        installation=installation,
                        rules=rules,
                        metrics=self.metrics,
                    )
                    group.create_task(rules.follow(self._migrated, self.stop))
                    face = build_face(
                        settings=settings,
                        pool=pool,
                        stores=stores,
                        client=client,
                        session=session,
                        held=held,
                        kinds=kinds,
                        judge=judge,
                        evaluating=evaluating,
                        embeddings=self._embeddings,
                        home_health=lambda: home_health(health, self.metrics),
                    )
                    group.create_task(intake.run(self._migrated, self.stop))
                    group.create_task(self._listening.run(client, face, intake, self.stop))
                if self._role is not Role.INGEST:
                    group.create_task(
                        self._work(
                            pool,
                            stores,
                            once,
                            held,
                            kinds,
                            evaluating,
                            intake,
                            installation.bot_user,
                        )
                    )
                group.create_task(self._announce(health))
                await self.stop.wait()
                log.info("app.stopping")
                for one in pools:
                    stack.callback(loop.call_later(_CUT, one.terminate).cancel)
        log.info("app.stopped")

    async def _announce(self, health: HealthServer) -> None:
        """Say once that everything is there; until then /health/ready says what is missing."""
        while not self.stop.is_set():
            if not (await health.snapshot()).not_ready:
                log.info("app.ready", role=self._role, health_port=health.port)
                self._on_ready()
                return
            await pause(self.stop, _LOOK)

    async def _work(
        self,
        pool: Pool,
        stores: Stores,
        slack: AsyncWebClient,
        held: HeldRuns,
        kinds: Mapping[ActionKind, Kind],
        evaluating: Evaluating,
        intake: Intake | None,
        bot: UserId,
    ) -> None:
        duties = build_duties(
            pool=pool,
            stores=stores,
            held=held,
            kinds=kinds,
            slack=slack,
            evaluating=evaluating,
            embedding=stores.embedding(self._embeddings),
            give_way=None if intake is None else intake.quiet,
            metrics=self.metrics,
            settings=self.settings,
            answering=Answering(
                feed=stores.feed,
                workflows=stores.workflows,
                passages=stores.retrieval(self._embeddings),
                may_ask=Readers(slack).may_ask,
                bot=bot,
            ),
            lands_s=self._timing.lands_s,
        )
        worker = Worker(duties, pace=self._timing.pace)
        if await first(self._migrated, self.stop):
            await worker.run(self.stop)
