"""Workflows in PostgreSQL: a row an SOP, and a row each of its versions, which never change."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from livesop_bot.db.audit import append
from livesop_bot.db.pool import Connection, Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.domain.audit import AuditEntry, AuditKind, Value, workflow_subject
from livesop_bot.domain.signals import ChannelId, TeamId
from livesop_bot.domain.workflows import (
    ActionKind,
    Edge,
    Step,
    StepId,
    StepKind,
    StepMode,
    Trigger,
    Workflow,
    WorkflowDefinition,
    WorkflowId,
)
from livesop_bot.errors import InvalidWorkflow

STARTER_PACK_AUTHOR = "livesop"
"""By whom the versions of the starter pack were made; no Slack user has this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowVersion:
    """One version of an SOP: by whom and when it was made."""

    version: int
    definition: WorkflowDefinition
    created_by: str
    created_at: datetime


class Workflows:
    """Reads and publishes a team's SOPs. Raises DatabaseAway.

    A version never changes, so definitions that were read once are not read again.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: dict[TeamId, dict[tuple[WorkflowId, int], Workflow]] = {}

    async def current(self, team: TeamId) -> tuple[Workflow, ...]:
        """Give the team's SOPs that are not archived, at their newest versions, by slug."""
        known = self._known.get(team, {})
        with away():
            rows = await self._pool.fetch(
                sql("current_workflows"),
                team,
                [workflow for workflow, _ in known],
                [version for _, version in known],
            )
        current = {}
        for row in rows:
            key = (WorkflowId(row["id"]), int(row["version"]))
            current[key] = known.get(key) or _workflow(team, row)
        self._known[team] = current
        return tuple(current.values())

    async def get(self, team: TeamId, slug: str) -> Workflow | None:
        """Give one SOP at its newest version; None where there is none, or it is archived."""
        with away():
            row = await self._pool.fetchrow(sql("workflow_by_slug"), team, slug)
        return None if row is None else _workflow(team, row)

    async def publish(
        self, team: TeamId, definition: WorkflowDefinition, by: str
    ) -> tuple[Workflow, bool]:
        """Make the definition the newest version of its SOP; the flag says whether it is one.

        Nothing new is made of a definition that is the newest already. An archived SOP is taken
        back. The team must be known.
        """
        with away():
            async with self._pool.acquire() as connection, connection.transaction():
                held = await connection.fetchrow(sql("hold_workflow"), team, definition.slug)
                assert held is not None
                workflow, version = WorkflowId(held["id"]), int(held["version"])
                newest = await connection.fetchval(sql("version_definition"), workflow, version)
                before: Mapping[str, Value] | None = None
                is_new = True
                if newest is not None:
                    before = {"version": version, "archived": held["archived"]}
                    is_new = definition_from_json(json.loads(newest)) != definition
                    version += is_new
                if is_new:
                    await _insert_version(connection, workflow, version, definition, by)
                if is_new or held["archived"]:
                    await connection.execute(sql("set_version"), workflow, version)
                    entry = _published(definition.slug, version, by, before)
                    await append(connection, team, entry)
        return _at(team, workflow, version, definition), is_new

    async def load_starter_pack(self, team: TeamId, pack: Sequence[WorkflowDefinition]) -> bool:
        """Give the pack to a known team that never had an SOP; says whether it did."""
        with away():
            async with self._pool.acquire() as connection, connection.transaction():
                if await connection.fetchval(sql("hold_team"), team) is None:
                    return False
                if await connection.fetchval(sql("has_workflows"), team):
                    return False
                published = []
                for definition in pack:
                    workflow = await connection.fetchval(
                        sql("insert_workflow"), team, definition.slug
                    )
                    if workflow is not None:  # someone may be publishing one right now
                        await _insert_version(
                            connection, workflow, 1, definition, STARTER_PACK_AUTHOR
                        )
                        published.append(_published(definition.slug, 1, STARTER_PACK_AUTHOR))
                await append(connection, team, *published)
        return True

    async def versions(self, team: TeamId, slug: str) -> tuple[WorkflowVersion, ...]:
        """Give all versions of an SOP, newest first; none where there is no such SOP."""
        with away():
            rows = await self._pool.fetch(sql("workflow_versions"), team, slug)
        return tuple(
            WorkflowVersion(
                version=row["version"],
                definition=definition_from_json(json.loads(row["definition"])),
                created_by=row["created_by"],
                created_at=row["created_at"],
            )
            for row in rows
        )


async def _insert_version(
    connection: Connection,
    workflow: WorkflowId,
    version: int,
    definition: WorkflowDefinition,
    by: str,
) -> None:
    stored = json.dumps(definition_to_json(definition))
    await connection.execute(sql("insert_version"), workflow, version, stored, by)


def _published(
    slug: str, version: int, by: str, before: Mapping[str, Value] | None = None
) -> AuditEntry:
    return AuditEntry(
        actor=by,
        kind=AuditKind.PUBLISH,
        subject=workflow_subject(slug),
        before=before,
        after={"version": version, "archived": False},
    )


def _workflow(team: TeamId, row: asyncpg.Record) -> Workflow:
    definition = definition_from_json(json.loads(row["definition"]))
    return _at(team, WorkflowId(row["id"]), row["version"], definition)


def _at(
    team: TeamId, workflow: WorkflowId, version: int, definition: WorkflowDefinition
) -> Workflow:
    return Workflow(id=workflow, team=team, version=version, definition=definition)


def definition_to_json(definition: WorkflowDefinition) -> dict[str, Any]:
    """Give the form in which a definition is stored as jsonb."""
    trigger = definition.trigger
    return {
        "slug": definition.slug,
        "title": definition.title,
        "summary": definition.summary,
        "trigger": {
            "description": trigger.description,
            "examples": list(trigger.examples),
            "keywords": list(trigger.keywords),
            "channels": list(trigger.channels),
            "trust_local": trigger.trust_local,
        },
        "extract": dict(definition.extract),
        "steps": [
            {
                "id": step.id,
                "title": step.title,
                "kind": step.kind.value,
                "mode": step.mode.value,
                "instructions": step.instructions,
                "action": step.action and step.action.value,
                "fields": dict(step.fields),
                "approvers": list(step.approvers),
                "undo_s": step.undo_s,
                "saves_min": step.saves_min,
            }
            for step in definition.steps
        ],
        "edges": [
            {"source": edge.source, "target": edge.target, "label": edge.label}
            for edge in definition.edges
        ],
    }


def definition_from_json(stored: object) -> WorkflowDefinition:
    """Read a stored definition; raises InvalidWorkflow where it is not exactly of that form."""
    try:
        parts = _parts(stored, "slug", "title", "summary", "trigger", "extract", "steps", "edges")
        trigger = _parts(
            parts["trigger"], "description", "examples", "keywords", "channels", "trust_local"
        )
        return WorkflowDefinition(
            slug=_text(parts["slug"]),
            title=_text(parts["title"]),
            summary=_text(parts["summary"]),
            trigger=Trigger(
                description=_text(trigger["description"]),
                examples=tuple(_text(example) for example in _list(trigger["examples"])),
                keywords=tuple(_text(keyword) for keyword in _list(trigger["keywords"])),
                channels=tuple(ChannelId(_text(c)) for c in _list(trigger["channels"])),
                trust_local=trigger["trust_local"] is True,
            ),
            extract=_texts(parts["extract"]),
            steps=tuple(_step(step) for step in _list(parts["steps"])),
            edges=tuple(_edge(edge) for edge in _list(parts["edges"])),
        )
    except ValueError as error:
        raise InvalidWorkflow(f"A stored SOP definition cannot be read: {error}") from error


def _step(stored: object) -> Step:
    names = ("id", "title", "kind", "mode", "instructions", "action", "fields")
    parts = _parts(stored, *names, "approvers", "undo_s", "saves_min")
    return Step(
        id=StepId(_text(parts["id"])),
        title=_text(parts["title"]),
        kind=StepKind(_text(parts["kind"])),
        mode=StepMode(_text(parts["mode"])),
        instructions=_text(parts["instructions"]),
        action=None if parts["action"] is None else ActionKind(_text(parts["action"])),
        fields=_texts(parts["fields"]),
        approvers=tuple(_text(one) for one in _list(parts["approvers"])),
        undo_s=None if parts["undo_s"] is None else _number(parts["undo_s"]),
        saves_min=_number(parts["saves_min"]),
    )


def _edge(stored: object) -> Edge:
    parts = _parts(stored, "source", "target", "label")
    return Edge(
        source=StepId(_text(parts["source"])),
        target=StepId(_text(parts["target"])),
        label=_text(parts["label"]),
    )


def _parts(stored: object, *names: str) -> Mapping[str, object]:
    if not isinstance(stored, dict) or stored.keys() != set(names):
        found = sorted(stored) if isinstance(stored, dict) else type(stored).__name__
        raise ValueError(f"expected an object of {', '.join(names)}, found {found}")
    return stored


def _list(stored: object) -> Sequence[object]:
    if not isinstance(stored, list):
        raise ValueError(f"expected a list, found {type(stored).__name__}")  # noqa: TRY004  one error for whatever is wrong
    return stored


def _texts(stored: object) -> dict[str, str]:
    if not isinstance(stored, dict):
        raise ValueError(f"expected an object of fields, found {type(stored).__name__}")  # noqa: TRY004  as above
    return {_text(name): _text(value) for name, value in stored.items()}


def _number(stored: object) -> int:
    if not isinstance(stored, int) or isinstance(stored, bool):
        raise ValueError(f"expected a whole number, found {type(stored).__name__}")  # noqa: TRY004  as above
    return stored


def _text(stored: object) -> str:
    if not isinstance(stored, str):
        raise ValueError(f"expected a text, found {type(stored).__name__}")  # noqa: TRY004  as above
    return stored
