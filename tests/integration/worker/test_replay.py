"""Replays: what is judged again, what is stored of it, and what is told."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from livesop_bot.db.feed import Feed
from livesop_bot.db.jobs import EvaluateJob
from livesop_bot.db.pool import Pool
from livesop_bot.db.signals import store_batch
from livesop_bot.domain.evaluations import Judgement
from livesop_bot.domain.replays import (
    Aspect,
    NotReplayed,
    Replayed,
    ReplayRequest,
    Unkept,
    Version,
)
from livesop_bot.domain.signals import (
    ChannelId,
    EventId,
    MessageTs,
    SignalDeletion,
    SignalId,
    Source,
    TeamId,
    UserId,
)
from livesop_bot.errors import EvaluatorAway
from livesop_bot.evaluation.evaluator import Evaluator, Question
from livesop_bot.worker.replay import Replaying
from tests.integration.worker.test_evaluate import answering, raising

TEAM = TeamId("T0SANDBOX")


def asked(signal: SignalId, **more: Any) -> ReplayRequest:
    """Somebody asks."""
    return ReplayRequest(**{"team": TEAM, "signal": signal, "by": "U1", **more})


def replaying(tools: Any, evaluator: Evaluator) -> Replaying:
    """What answers."""
    return Replaying(
        feed=Feed(tools.pool),
        workflows=tools.workflows,
        evaluating=tools.evaluating(evaluator),
    )


async def judged(tools: Any) -> SignalId:
    """A message that was judged: the first SOP fits with 80%."""
    signal = await tools.store("Payments are down")
    assert await tools.evaluating(answering())(EvaluateJob(signal, 1), attempts=0) is not None
    return SignalId(signal)


async def test_a_dry_run_says_that_nothing_would_differ_and_changes_nothing(tools: Any) -> None:
    signal = await judged(tools)
    for _ in range(2):
        came = await replaying(tools, answering())(asked(signal))
        assert isinstance(came, Replayed)
        assert (came.dry_run, came.edited, came.run, came.differences) == (True, False, None, ())
        assert await tools.pool.fetchval("SELECT count(*) FROM runs") == 1
    assert await tools.pool.fetchval("SELECT attempt FROM raw_signals") == 1


async def test_a_dry_run_says_what_would_be_decided(tools: Any) -> None:
    signal = await tools.store("Payments are down")
    nothing = answering(workflow=None, confidence=0.2)
    await tools.evaluating(nothing)(EvaluateJob(signal, 1), attempts=0)
    came = await replaying(tools, answering(fields={"order": "Payments"}))(asked(signal))
    assert isinstance(came, Replayed)
    assert came.now.decision.verdict == "propose"
    assert came.differences == (
        Aspect.SOP,
        Aspect.CONFIDENCE,
        Aspect.DECISION,
        Aspect.FIELDS,
    )


async def test_a_dry_run_is_compared_with_what_was_no_dry_run(tools: Any) -> None:
    signal = await judged(tools)
    sure = answering(confidence=0.7)
    for _ in range(2):
        came = await replaying(tools, sure)(asked(signal))
        assert isinstance(came, Replayed)
        assert came.differences == (Aspect.CONFIDENCE,)


async def test_a_message_that_was_never_judged_has_nothing_to_differ_from(tools: Any) -> None:
    signal = await tools.store("Payments are down")
    came = await replaying(tools, answering())(asked(signal))
    assert isinstance(came, Replayed)
    assert (came.before, came.differences) == (None, ())


@pytest.mark.parametrize("version", Version)
async def test_the_same_version_is_asked_about_as_it_was_then(tools: Any, version: Version) -> None:
    signal = await judged(tools)
    stored = (await tools.workflows.current(TEAM))[0]
    newer = replace(stored.definition, title="Newer")
    await tools.workflows.publish(TEAM, newer, UserId("U1"))
    evaluator = answering(workflow=stored.id)
    came = await replaying(tools, evaluator)(asked(signal, version=version))
    assert isinstance(came, Replayed)
    given = next(one for one in evaluator.questions[0].workflows if one.id == stored.id)
    assert came.now.workflow == given
    if version is Version.SAME:
        assert (given, came.differences) == (stored, ())
    else:
        assert (given.title, came.differences) == ("Newer", (Aspect.VERSION,))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("UPDATE workflows SET archived_at = now()", Unkept.ARCHIVED),
        ("UPDATE workflows SET paused_at = now(), paused_by = 'U1'", Unkept.PAUSED),
        ("", Unkept.ELSEWHERE),
        ("DELETE FROM runs; DELETE FROM evaluations", Unkept.UNNAMED),
    ],
)
async def test_a_version_that_is_not_asked_about_again_is_said(
    tools: Any, change: str, why: Unkept
) -> None:
    signal = await judged(tools)
    stored = (await tools.workflows.current(TEAM))[0]
    if change:
        await tools.pool.execute(change)
    else:
        trigger = replace(stored.definition.trigger, channels=(ChannelId("C0OTHER"),))
        newer = replace(stored.definition, trigger=trigger)
        await tools.workflows.publish(TEAM, newer, UserId("U1"))
    nothing = answering(workflow=None, confidence=0.2)
    came = await replaying(tools, nothing)(asked(signal, version=Version.SAME))
    assert isinstance(came, Replayed)
    assert came.unkept is why
    assert stored not in nothing.questions[0].workflows or why is Unkept.UNNAMED


async def test_what_is_not_there_is_said(tools: Any) -> None:
    signal, replay = await judged(tools), replaying(tools, answering())
    assert await replay(asked(SignalId(404))) is NotReplayed.UNKNOWN
    assert await replay(asked(signal, team=TeamId("T2"))) is NotReplayed.UNKNOWN
    await tools.pool.execute(
        "UPDATE raw_signals SET text = '', state = 'deleted', deleted_at = now()"
    )
    assert await replay(asked(signal)) is NotReplayed.DELETED
    assert await tools.pool.fetchval("SELECT count(*) FROM evaluations") == 1


class Overtaken:
    """Judges while the message is deleted."""

    name = "overtaken"

    def __init__(self, pool: Pool, channel: str, ts: str) -> None:
        now = datetime.now(UTC)
        self._pool = pool
        self._deletion = SignalDeletion(
            event_id=EventId("EvDeleted"),
            team=TEAM,
            source=Source.SLACK,
            external_id=f"{channel}:{ts}",
            channel=ChannelId(channel),
            message_ts=MessageTs(ts),
            occurred_at=now,
            received_at=now,
        )

    async def evaluate(self, question: Question) -> Judgement:
        """Quote what is gone by then."""
        await store_batch(self._pool, [self._deletion], timeout=5)
        return Judgement(
            workflow=question.workflows[0].id,
            confidence=0.8,
            reasoning="It is.",
            evaluator=self.name,
            evidence=question.signal.text,
        )


@pytest.mark.parametrize("dry_run", [True, False])
async def test_nothing_is_kept_of_a_message_that_was_deleted_meanwhile(
    tools: Any, dry_run: bool
) -> None:
    ts = f"{datetime.now(UTC).timestamp():.6f}"
    signal = await tools.store("Payments are down", ts=ts)
    overtaken = replaying(tools, Overtaken(tools.pool, "C0INCIDENT", ts))
    assert await overtaken(asked(signal, dry_run=dry_run)) is NotReplayed.OVERTAKEN
    assert await tools.pool.fetchval("SELECT count(*) FROM evaluations") == 0


@pytest.mark.parametrize("dry_run", [True, False])
async def test_an_evaluator_that_is_away_is_said_at_once(tools: Any, dry_run: bool) -> None:
    signal = await judged(tools)
    away = replaying(tools, raising(EvaluatorAway("the model is overloaded")))
    came = await away(asked(signal, dry_run=dry_run))
    assert isinstance(came, Replayed)
    assert (came.now.decision.reason, came.now.confidence) == ("failed", None)
    assert "overloaded" in came.now.decision.detail
