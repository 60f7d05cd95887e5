"""Earned autonomy in PostgreSQL: what people decide is kept, and demotes, as they press."""

import json
from collections.abc import Sequence
from dataclasses import replace

from livesop_bot.db.audit import append
from livesop_bot.db.held_run import HeldRun
from livesop_bot.db.jobs import DemotionJob, enqueue
from livesop_bot.db.pool import Connection, Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.db.teams import step_subject, turn_switch
from livesop_bot.db.workflows import definition_from_json
from livesop_bot.domain.audit import BOT
from livesop_bot.domain.autonomy import (
    COUNTED,
    DISMISSALS,
    DISMISSED_IN,
    RECENT,
    WINDOW,
    Agreement,
    Demotion,
    DemotionCause,
    DemotionId,
    StepAutonomy,
    content_of,
    is_shadowed,
)
from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.signals import ChannelId, MessageTs, TeamId, UserId
from livesop_bot.domain.workflows import Step, StepId, Workflow, WorkflowId


async def keep_decision(
    held: HeldRun, steps: Sequence[Step], by: UserId, *, approved: bool
) -> None:
    """Keep what somebody decided on steps, where Auto-Pilot would have done them as they were."""
    run = held.run
    if steps and not run.edited_since and is_shadowed(run.evaluation):
        await held.connection.execute(
            sql("insert_shadow_decisions"),
            run.team,
            run.workflow.id,
            run.id,
            [step.id for step in steps],
            [content_of(step) for step in steps],
            approved,
            by,
        )


async def demote_step(held: HeldRun, step: Step, by: UserId) -> None:
    """Switch a step off, since somebody took back what Auto-Pilot was about to do there."""
    subject = step_subject(held.run.workflow.slug, step.id)
    await _demote(held, Scope.STEP, subject, DemotionCause.UNDONE, by, step.id)


async def demote_workflow(held: HeldRun, by: UserId) -> None:
    """Switch an SOP off, if the start that is being dismissed is one too many lately."""
    run = held.run
    # Dismissals of one team are counted one after the other.
    await held.connection.execute(sql("hold_team"), run.team)
    others = await held.connection.fetchval(
        sql("dismissed_starts"), run.workflow.id, run.id, DISMISSED_IN
    )
    if others + 1 >= DISMISSALS:
        await _demote(held, Scope.WORKFLOW, run.workflow.slug, DemotionCause.DISMISSED, by)


async def _demote(
    held: HeldRun,
    scope: Scope,
    subject: str,
    cause: DemotionCause,
    by: UserId,
    step: StepId | None = None,
) -> None:
    """Turn a switch off and have the thread told, unless it is off already."""
    connection, run = held.connection, held.run
    await connection.execute(sql("hold_team"), run.team)
    if not await connection.fetchval(sql("switch"), run.team, scope, subject):
        return
    entry = await turn_switch(connection, run.team, scope, subject, is_on=False, by=BOT)
    demotion = await connection.fetchval(
        sql("insert_demotion"), run.team, run.workflow.id, step, run.id, cause, by
    )
    await enqueue(connection, [DemotionJob(DemotionId(demotion))])
    why = {"why": cause.value, "pressed_by": by, "run": run.id}
    held.audit(replace(entry, after={**(entry.after or {}), **why}))


class Autonomy:
    """Reads how steps stand, and switches on what they earned. Raises DatabaseAway."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def steps(self, workflow: Workflow) -> tuple[StepAutonomy, ...]:
        """Give the acting steps of an SOP as they stand, in their order."""
        with away():
            async with self._pool.acquire() as connection:
                return await _steps(connection, workflow, workflow.definition.acting_steps)

    async def switch_on(self, workflow: Workflow, step: StepId, by: UserId) -> bool:
        """Switch a step on that has earned it; False: it has not, or not any more.

        Looked at under the lock that a demotion needs, too.
        """
        wanted = [one for one in workflow.definition.acting_steps if one.id == step]
        team, subject = workflow.team, step_subject(workflow.slug, step)
        with away():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(sql("hold_team"), team)
                found = await _steps(connection, workflow, wanted)
                if not any(one.may_be_switched_on for one in found):
                    return False
                entry = await turn_switch(connection, team, Scope.STEP, subject, is_on=True, by=by)
                await append(connection, team, entry)
        return True

    async def demotion(self, demotion: DemotionId) -> Demotion | None:
        """Give a demotion, for the thread that is told of it."""
        with away():
            row = await self._pool.fetchrow(sql("demotion_by_id"), demotion)
        if row is None:
            return None
        definition = definition_from_json(json.loads(row["definition"]))
        return Demotion(
            id=demotion,
            workflow=Workflow(
                id=WorkflowId(row["workflow_id"]),
                team=TeamId(row["team_id"]),
                version=row["workflow_version"],
                definition=definition,
            ),
            step=next((one for one in definition.steps if one.id == row["step_id"]), None),
            cause=DemotionCause(row["cause"]),
            pressed_by=UserId(row["pressed_by"]),
            channel=ChannelId(row["channel_id"]),
            thread_ts=MessageTs(row["thread_ts"]),
            key=row["idempotency_key"],
            is_told=row["is_told"],
        )

    async def told(self, demotion: DemotionId) -> None:
        """Note that the thread was told."""
        with away():
            await self._pool.execute(sql("demotion_told"), demotion)


async def _steps(
    connection: Connection, workflow: Workflow, steps: Sequence[Step]
) -> tuple[StepAutonomy, ...]:
    rows = await connection.fetch(
        sql("step_autonomy"),
        workflow.team,
        workflow.id,
        [step.id for step in steps],
        [content_of(step) for step in steps],
        [step_subject(workflow.slug, step.id) for step in steps],
        WINDOW,
        COUNTED,
        RECENT,
    )
    found = {row["step_id"]: row for row in rows}
    return tuple(
        StepAutonomy(
            step=step,
            is_on=row["is_on"],
            agreement=Agreement(
                decided=row["decided"],
                approved=row["approved"],
                first=row["first"],
                last=row["last"],
                recent=tuple(row["recent"]),
            ),
            demoted_at=row["demoted_at"],
        )
        for step in steps
        for row in (found[step.id],)
    )
