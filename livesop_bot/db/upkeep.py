"""The upkeep of SOPs: paused, resumed, archived, taken back; audited in the same transaction."""

from livesop_bot.db.audit import append
from livesop_bot.db.jobs import HaltJob, enqueue
from livesop_bot.db.pool import Pool, away
from livesop_bot.db.publishing import switch_off
from livesop_bot.db.queries import sql
from livesop_bot.db.teams import step_subject
from livesop_bot.domain.audit import AuditEntry, AuditKind, Value, workflow_subject
from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.signals import TeamId, UserId
from livesop_bot.domain.workflows import Workflow


class Upkeep:
    """Pauses and archives SOPs; what is open goes on by people. Raises DatabaseAway.

    Each says whether there was something to change. The team is locked first: a start is decided
    and an action claimed under that lock, so neither comes after a pause was confirmed.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def pause(self, team: TeamId, slug: str, by: UserId) -> bool:
        """Have an SOP match and do nothing by itself until it is resumed."""
        with away():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(sql("hold_team"), team)
                held = await connection.fetchrow(sql("hold_workflow_by_slug"), team, slug)
                if held is None or held["archived"] or held["paused"]:
                    return False
                await connection.execute(sql("pause_workflow"), held["id"], by)
                await enqueue(connection, [HaltJob(team)])
                await append(connection, team, _entry(slug, by, "paused", was=False))
        return True

    async def resume(self, team: TeamId, slug: str, by: UserId) -> bool:
        """Have a paused SOP match messages again."""
        with away():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(sql("hold_team"), team)
                held = await connection.fetchrow(sql("hold_workflow_by_slug"), team, slug)
                if held is None or not held["paused"]:
                    return False
                await connection.execute(sql("resume_workflow"), held["id"])
                await append(connection, team, _entry(slug, by, "paused", was=True))
        return True

    async def archive(self, team: TeamId, workflow: Workflow, by: UserId) -> bool:
        """Take an SOP out of use; its switches go off, so that taken back it does not act."""
        slug = workflow.slug
        steps = workflow.definition.acting_steps
        subjects = [(Scope.WORKFLOW, slug)]
        subjects += [(Scope.STEP, step_subject(slug, step.id)) for step in steps]
        with away():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(sql("hold_team"), team)
                held = await connection.fetchrow(sql("hold_workflow_by_slug"), team, slug)
                if held is None or held["archived"]:
                    return False
                await connection.execute(sql("archive_workflow"), held["id"])
                off = await switch_off(connection, team, subjects, by)
                await append(connection, team, *off, _entry(slug, by, "archived", was=False))
        return True

    async def take_back(self, team: TeamId, slug: str, by: UserId) -> bool:
        """Bring an archived SOP back into use, its switches off."""
        with away():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(sql("hold_team"), team)
                held = await connection.fetchrow(sql("hold_workflow_by_slug"), team, slug)
                if held is None or not held["archived"]:
                    return False
                await connection.execute(sql("set_version"), held["id"], held["version"])
                await append(connection, team, _entry(slug, by, "archived", was=True))
        return True


def _entry(slug: str, by: UserId, what: str, *, was: bool) -> AuditEntry:
    before: dict[str, Value] = {what: was}
    return AuditEntry(
        actor=by,
        kind=AuditKind.PUBLISH,
        subject=workflow_subject(slug),
        before=before,
        after={what: not was},
    )
