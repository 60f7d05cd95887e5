"""A team with its starter pack and one stored signal, as the worker finds them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from livesop_bot.db.evaluations import Evaluations
from livesop_bot.db.pool import Pool
from livesop_bot.db.signals import store_batch
from livesop_bot.db.team_settings import TeamSettingsBook
from livesop_bot.db.teams import Teams
from livesop_bot.db.verdicts import Verdicts
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.decisions import Limits
from livesop_bot.domain.signals import (
    ChannelId,
    EventId,
    MessageTs,
    NewSignal,
    SignalId,
    Source,
    TeamId,
)
from livesop_bot.evaluation.evaluator import Evaluator
from livesop_bot.metrics import Metrics
from livesop_bot.sop.starter_pack import starter_pack
from livesop_bot.worker.evaluate import Evaluating


@dataclass(frozen=True, slots=True)
class Bench:
    """The worker's tools on the test's database."""

    pool: Pool
    evaluations: Evaluations
    workflows: Workflows
    verdicts: Verdicts
    metrics: Metrics = field(default_factory=Metrics)

    def evaluating(self, evaluator: Evaluator, time_limit: float = 5.0) -> Evaluating:
        """Evaluating, with an evaluator of the test's own."""
        return Evaluating(
            evaluations=self.evaluations,
            workflows=self.workflows,
            verdicts=self.verdicts,
            evaluator=evaluator,
            time_limit=time_limit,
            metrics=self.metrics,
        )

    async def store(self, text: str, *, channel: str = "C0INCIDENT", ts: str = "") -> SignalId:
        """Store a signal from just now."""
        now = datetime.now(UTC)
        message_ts = MessageTs(ts or f"{now.timestamp():.6f}")
        signal = NewSignal(
            event_id=EventId(f"Ev{channel}{message_ts}"),
            team=TeamId("T0SANDBOX"),
            source=Source.SLACK,
            external_id=f"{channel}:{message_ts}",
            channel=ChannelId(channel),
            message_ts=message_ts,
            thread_ts=None,
            author="U1",
            author_is_bot=False,
            text=text,
            permalink=None,
            occurred_at=now,
            received_at=now,
        )
        (stored,) = await store_batch(self.pool, [signal], timeout=5)
        assert stored.signal is not None
        return stored.signal


@pytest.fixture
async def tools(pool: Pool) -> Bench:
    """A team that LiveSOP knows."""
    team = TeamId("T0SANDBOX")
    teams, workflows = Teams(pool), Workflows(pool)
    await teams.ensure(team, "Acme")
    await workflows.load_starter_pack(team, starter_pack())
    return Bench(
        pool,
        Evaluations(pool, teams, Limits(propose=0.5, auto=0.9), TeamSettingsBook(pool)),
        workflows,
        Verdicts(pool),
    )
