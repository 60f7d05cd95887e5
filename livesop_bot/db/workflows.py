"""Workflows in PostgreSQL: a row an SOP, and a row each of its versions, which never change."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import asyncpg

from livesop_bot.db.audit import append
from livesop_bot.db.pool import Pool, away
from livesop_bot.db.publishing import insert_version, publish, published_entry
from livesop_bot.db.queries import sql
from livesop_bot.db.stored_definition import definition_from_json as definition_from_json
from livesop_bot.db.stored_definition import definition_to_json as definition_to_json
from livesop_bot.domain.history import VersionLine
from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.workflows import Workflow, WorkflowDefinition, WorkflowId

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
            workflow = known.get(key) or workflow_from_row(team, row)
            if workflow.paused != row["paused"]:
                workflow = replace(workflow, paused=row["paused"])
            current[key] = workflow
        self._known[team] = current
        return tuple(current.values())

    async def get(self, team: TeamId, slug: str) -> Workflow | None:
        """Give one SOP at its newest version; None where there is none, or it is archived."""
        with away():
            row = await self._pool.fetchrow(sql("workflow_by_slug"), team, slug)
        return None if row is None else workflow_from_row(team, row)

    async def archived(self, team: TeamId, most: int, *, after: int = 0) -> tuple[Workflow, ...]:
        """Give the team's archived SOPs at their newest versions, the last archived first."""
        with away():
            rows = await self._pool.fetch(sql("archived_workflows"), team, most, after)
        return tuple(workflow_from_row(team, row) for row in rows)

    async def taken_slugs(self, team: TeamId) -> frozenset[str]:
        """Give the slugs of all SOPs and drafts that there are, archived ones included."""
        with away():
            rows = await self._pool.fetch(sql("taken_slugs"), team)
        return frozenset(row["slug"] for row in rows)

    async def publish(
        self, team: TeamId, definition: WorkflowDefinition, by: str
    ) -> tuple[Workflow, bool]:
        """Make the definition the newest version of its SOP; the flag says whether it is one.

        Nothing new is made of a definition that is the newest already. An archived SOP is taken
        back. The team must be known.
        """
        with away():
            async with self._pool.acquire() as connection, connection.transaction():
                published = await publish(connection, team, definition, by)
        return published.workflow, published.is_new

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
                        await insert_version(
                            connection, workflow, 1, definition, STARTER_PACK_AUTHOR
                        )
                        published.append(published_entry(definition.slug, 1, STARTER_PACK_AUTHOR))
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

    async def history(self, team: TeamId, slug: str, most: int) -> tuple[VersionLine, ...]:
        """List the newest versions of an SOP, newest first, without their content."""
        with away():
            rows = await self._pool.fetch(sql("version_lines"), team, slug, most)
        return tuple(VersionLine(**row) for row in rows)

    async def version(self, team: TeamId, slug: str, number: int) -> WorkflowDefinition | None:
        """Give the content of one version of an SOP, archived or not."""
        with away():
            stored = await self._pool.fetchval(sql("workflow_version"), team, slug, number)
        return None if stored is None else definition_from_json(json.loads(stored))


def workflow_from_row(team: TeamId, row: asyncpg.Record) -> Workflow:
    """Build a Workflow from a row with its id, version, definition, and whether it is paused."""
    definition = definition_from_json(json.loads(row["definition"]))
    return Workflow(
        id=WorkflowId(row["id"]),
        team=team,
        version=row["version"],
        definition=definition,
        paused=row["paused"],
    )
