"""Rehearsals: what a text would lead to, and what a new version of an SOP would do differently.

Nothing is stored, and nothing of it can act: an evaluator answers, and the gate's word is shown.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zlib import crc32

from livesop_bot.db.pool import Pool, away
from livesop_bot.db.stored_definition import definition_to_json
from livesop_bot.db.teams import Teams
from livesop_bot.db.verdicts import Verdicts
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.comparison import Comparison, Hit
from livesop_bot.domain.decisions import Decision, Limits, Switches, Verdict, decide
from livesop_bot.domain.evaluations import Judgement
from livesop_bot.domain.signals import (
    ChannelId,
    MessageTs,
    Signal,
    SignalId,
    SignalState,
    Source,
    TeamId,
    UserId,
)
from livesop_bot.domain.verdicts import Lesson
from livesop_bot.domain.workflows import Workflow, WorkflowDefinition, WorkflowId, watching
from livesop_bot.evaluation.evaluator import Evaluator, Question
from livesop_bot.masking import mask_secrets

ANYWHERE = ChannelId("")
"""In place of a channel: as if every SOP watched it."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """What a text would lead to; its SOP where there is one."""

    judgement: Judgement
    workflow: Workflow | None
    decision: Decision


class Rehearsal:
    """Has texts judged by the process's evaluator, and versions compared by the local one.

    One comparison at a time: it keeps a thread of the local evaluator busy, and messages wait for
    no more of them than that. Raises DatabaseAway, and what evaluators raise.
    """

    def __init__(
        self,
        *,
        pool: Pool,
        evaluator: Evaluator,
        local: Evaluator,
        limits: Callable[[TeamId], Awaitable[Limits]],
        time_limit: float,
    ) -> None:
        self._pool = pool
        self._teams = Teams(pool)
        self._workflows = Workflows(pool)
        self._verdicts = Verdicts(pool)
        self._evaluator = evaluator
        self._local = local
        self._limits = limits
        self._time_limit = time_limit
        self._one = asyncio.Semaphore(1)

    async def sample(self, team: TeamId, user: UserId, text: str, channel: ChannelId) -> Sampled:
        """Say what a text would lead to in a channel, or ANYWHERE; raises TimeoutError, too."""
        signal = _sample(team, user, mask_secrets(text), channel)
        current = await self._workflows.current(team)
        workflows = (
            tuple(one for one in current if not one.paused)
            if channel == ANYWHERE
            else watching(current, channel)
        )
        lessons = await self._verdicts.lessons(team)
        async with asyncio.timeout(self._time_limit):
            judgement = await self._evaluator.evaluate(
                Question(signal, workflows, lessons=lessons, fresh=True)
            )
        workflow = _named(workflows, judgement)
        return Sampled(judgement, workflow, await self._decide(judgement, workflow, signal))

    async def compare(
        self,
        team: TeamId,
        new: WorkflowDefinition,
        signals: Sequence[Signal],
        *,
        seconds: float,
    ) -> Comparison:
        """Compare a new version of an SOP with what there is, on signals, within a time limit."""
        current = await self._workflows.current(team)
        lessons, limits = await self._verdicts.lessons(team), await self._limits(team)
        after = (
            *(one for one in current if one.slug != new.slug),
            _as_workflow(team, current, new),
        )
        starts: list[Hit] = []
        stops: list[Hit] = []
        looked_at = same = 0
        until = time.monotonic() + seconds
        with suppress(TimeoutError):  # then what was found by now is what is told
            async with asyncio.timeout(seconds), self._one:
                for signal in signals:
                    if time.monotonic() > until:
                        break
                    masked = replace(signal, text=mask_secrets(signal.text))
                    old, old_sure = await self._fires(masked, current, lessons, limits, new.slug)
                    now, now_sure = await self._fires(masked, after, lessons, limits, new.slug)
                    looked_at += 1
                    was, is_ = _is(old, new.slug), _is(now, new.slug)
                    same += was and is_
                    if is_ and not was:
                        starts.append(Hit(signal, now_sure, old.title if old else ""))
                    elif was and not is_:
                        stops.append(Hit(signal, old_sure, now.title if now else ""))
        return Comparison(
            starts=tuple(starts),
            stops=tuple(stops),
            same=same,
            looked_at=looked_at,
            given=len(signals),
        )

    async def _fires(
        self,
        signal: Signal,
        among: Iterable[Workflow],
        lessons: Sequence[Lesson],
        limits: Limits,
        slug: str,
    ) -> tuple[Workflow | None, float]:
        """The SOP that would be proposed or started on a signal, and how sure that is."""
        workflows = watching(among, signal.channel)
        if not any(one.slug == slug for one in workflows):
            return None, 0.0
        judgement = await self._local.evaluate(Question(signal, workflows, lessons=lessons))
        workflow = _named(workflows, judgement)
        decision = _gate(judgement, workflow, signal, Switches(), limits)
        fires = decision.verdict is not Verdict.SKIP
        return (workflow if fires else None), judgement.confidence

    async def _decide(
        self, judgement: Judgement, workflow: Workflow | None, signal: Signal
    ) -> Decision:
        switches = Switches()
        if workflow is not None:
            steps = [step.id for step in workflow.definition.acting_steps]
            with away():
                async with self._pool.acquire() as connection:
                    switches = await self._teams.switches(
                        connection, signal.team, workflow.slug, signal.channel, steps
                    )
        return _gate(judgement, workflow, signal, switches, await self._limits(signal.team))


def _gate(
    judgement: Judgement,
    workflow: Workflow | None,
    signal: Signal,
    switches: Switches,
    limits: Limits,
) -> Decision:
    watched = () if workflow is None else workflow.definition.trigger.channels
    return decide(
        workflow=workflow,
        confidence=judgement.confidence,
        channel=signal.channel or (watched[0] if watched else ANYWHERE),
        switches=switches,
        limits=limits,
        already_running=False,
        dry_run=False,
        stand_in=judgement.stand_in,
        caution=judgement.caution,
    )


def _named(workflows: Iterable[Workflow], judgement: Judgement) -> Workflow | None:
    return next((one for one in workflows if one.id == judgement.workflow), None)


def _is(workflow: Workflow | None, slug: str) -> bool:
    return workflow is not None and workflow.slug == slug


def _as_workflow(team: TeamId, current: Sequence[Workflow], new: WorkflowDefinition) -> Workflow:
    """The SOP as if it were published. No version is numbered like it: evaluators remember those
    that they know by their numbers.
    """
    there = next((one for one in current if one.slug == new.slug), None)
    content = json.dumps(definition_to_json(new), sort_keys=True)
    return Workflow(
        id=WorkflowId(0) if there is None else there.id,
        team=team,
        version=-1 - crc32(content.encode("utf-8", "replace")),
        definition=new,
    )


def _sample(team: TeamId, user: UserId, text: str, channel: ChannelId) -> Signal:
    now = datetime.now(UTC)
    return Signal(
        id=SignalId(0),
        team=team,
        source=Source.SLACK,
        external_id="",
        channel=channel,
        message_ts=MessageTs(f"{now.timestamp():.6f}"),
        thread_ts=None,
        author=user,
        author_is_bot=False,
        text=text,
        permalink=None,
        occurred_at=now,
        received_at=now,
        stored_at=now,
        state=SignalState.PENDING,
        revision=1,
        attempt=0,
    )
