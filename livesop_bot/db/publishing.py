"""Publishing: a definition becomes the newest version of its SOP, in the caller's transaction.

The order of locks: the team, as for turning its switches, then the SOP, then the head of the audit
log, last.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from livesop_bot.db.audit import append
from livesop_bot.db.jobs import HaltJob, enqueue
from livesop_bot.db.pool import Connection
from livesop_bot.db.queries import sql
from livesop_bot.db.stored_definition import definition_from_json, definition_to_json
from livesop_bot.db.teams import step_subject
from livesop_bot.domain.audit import AuditEntry, AuditKind, Value, switch_subject, workflow_subject
from livesop_bot.domain.changes import lost_switches
from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.workflows import Workflow, WorkflowDefinition, WorkflowId


class VersionMoved(Exception):
    """Somebody published another version meanwhile."""

    def __init__(self, version: int) -> None:
        super().__init__(f"version {version} was published meanwhile")
        self.version = version


@dataclass(frozen=True, slots=True)
class Published:
    """The SOP as it is now; `is_new`: a version was made; `lost`: steps that lost their switch."""

    workflow: Workflow
    is_new: bool
    lost: tuple[str, ...] = ()


async def publish(
    connection: Connection,
    team: TeamId,
    definition: WorkflowDefinition,
    by: str,
    *,
    base: int | None = None,
) -> Published:
    """Publish, in a transaction of the caller's that appends nothing more to the audit log.

    A step whose action is another than before loses its switch. Raises VersionMoved where the
    newest version is not `base` (0: none; None: any).
    """
    await connection.execute(sql("hold_team"), team)
    held = await connection.fetchrow(sql("hold_workflow"), team, definition.slug)
    assert held is not None
    workflow, version = WorkflowId(held["id"]), int(held["version"])
    stored = await connection.fetchval(sql("version_definition"), workflow, version)
    newest = None if stored is None else definition_from_json(json.loads(stored))
    if base is not None and base != (0 if newest is None else version):
        raise VersionMoved(version)
    before: Mapping[str, Value] | None = None
    is_new = newest != definition
    if newest is not None:
        before = {"version": version, "archived": held["archived"]}
        version += is_new
    if is_new:
        await insert_version(connection, workflow, version, definition, by)
    published = Workflow(
        id=workflow,
        team=team,
        version=version,
        definition=definition,
        paused=held["paused"],
    )
    if not is_new and not held["archived"]:
        return Published(published, is_new)
    await connection.execute(sql("set_version"), workflow, version)
    lost = () if newest is None else lost_switches(newest, definition)
    subjects = [(Scope.STEP, step_subject(definition.slug, step)) for step in lost]
    off = [*await switch_off(connection, team, subjects, by)]
    await append(connection, team, *off, published_entry(definition.slug, version, by, before))
    return Published(published, is_new, tuple(entry.subject for entry in off))


async def switch_off(
    connection: Connection, team: TeamId, subjects: list[tuple[Scope, str]], by: str
) -> Iterator[AuditEntry]:
    """Switch off what is on among these, and what was planned on the strength of it.

    The team is held. Gives what is to be appended to the audit log.
    """
    rows = await connection.fetch(
        sql("switch_off_subjects"),
        team,
        [scope for scope, _ in subjects],
        [subject for _, subject in subjects],
    )
    if rows:
        await enqueue(connection, [HaltJob(team)])
    return (
        AuditEntry(
            actor=by,
            kind=AuditKind.SWITCH,
            subject=switch_subject(Scope(row["scope"]), row["subject"]),
            before={"on": True},
            after={"on": False},
        )
        for row in rows
    )


async def insert_version(
    connection: Connection,
    workflow: WorkflowId,
    version: int,
    definition: WorkflowDefinition,
    by: str,
) -> None:
    """Store a version."""
    stored = json.dumps(definition_to_json(definition))
    await connection.execute(sql("insert_version"), workflow, version, stored, by)


def published_entry(
    slug: str, version: int, by: str, before: Mapping[str, Value] | None = None
) -> AuditEntry:
    """What stands in the audit log of a version that was published."""
    return AuditEntry(
        actor=by,
        kind=AuditKind.PUBLISH,
        subject=workflow_subject(slug),
        before=before,
        after={"version": version, "archived": False},
    )
