"""Drafts in PostgreSQL: what people changed of an SOP and have not published yet.

A team has one draft an SOP. Every save says which revision it saw, so that a second person is told
and never writes over the first.
"""

import json

import asyncpg

from livesop_bot.db.pool import Pool, away
from livesop_bot.db.publishing import Published, publish
from livesop_bot.db.queries import sql
from livesop_bot.db.stored_definition import definition_from_json, definition_to_json
from livesop_bot.domain.drafts import Draft, DraftLine, DraftMoved
from livesop_bot.domain.signals import TeamId, UserId
from livesop_bot.domain.workflows import WorkflowDefinition


class Drafts:
    """Reads, saves, discards and publishes drafts. Raises DatabaseAway."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def get(self, team: TeamId, slug: str) -> Draft | None:
        """Give the draft of an SOP, if there is one."""
        with away():
            row = await self._pool.fetchrow(sql("draft"), team, slug)
        return None if row is None else _draft(row)

    async def of_team(self, team: TeamId) -> tuple[DraftLine, ...]:
        """Give all of a team's drafts, the last changed first."""
        with away():
            rows = await self._pool.fetch(sql("drafts_of_team"), team)
        return tuple(
            DraftLine(
                slug=row["slug"],
                title=row["title"],
                base=row["base_version"],
                changed_by=UserId(row["changed_by"]),
                changed_at=row["changed_at"],
            )
            for row in rows
        )

    async def save(
        self, team: TeamId, seen: Draft, definition: WorkflowDefinition, by: UserId
    ) -> Draft:
        """Save a change of the draft that was seen. Raises DraftMoved where it is another now."""
        stored = json.dumps(definition_to_json(definition))
        slug = definition.slug
        with away():
            if seen.revision == 0:
                row = await self._pool.fetchrow(
                    sql("insert_draft"), team, slug, stored, seen.base, by
                )
            else:
                row = await self._pool.fetchrow(
                    sql("update_draft"), team, slug, seen.revision, stored, by
                )
        if row is None:
            raise DraftMoved
        return _draft(row)

    async def discard(self, team: TeamId, slug: str, revision: int) -> None:
        """Throw a draft away. Raises DraftMoved where it is another now."""
        with away():
            if await self._pool.fetchval(sql("delete_draft"), team, slug, revision) is None:
                raise DraftMoved

    async def publish(
        self, team: TeamId, slug: str, revision: int, by: UserId, *, base: int
    ) -> Published:
        """Publish the draft and delete it, all or nothing.

        Raises DraftMoved where it is another now, VersionMoved where the newest version is not
        `base` any more.
        """
        with away():
            async with self._pool.acquire() as connection, connection.transaction():
                stored = await connection.fetchval(sql("delete_draft"), team, slug, revision)
                if stored is None:
                    raise DraftMoved
                definition = definition_from_json(json.loads(stored))
                return await publish(connection, team, definition, by, base=base)

    async def publish_again(
        self, team: TeamId, definition: WorkflowDefinition, by: UserId, *, base: int
    ) -> Published:
        """Publish an earlier version's content anew. Raises VersionMoved as above."""
        with away():
            async with self._pool.acquire() as connection, connection.transaction():
                return await publish(connection, team, definition, by, base=base)


def _draft(row: asyncpg.Record) -> Draft:
    return Draft(
        definition=definition_from_json(json.loads(row["definition"])),
        base=row["base_version"],
        revision=row["revision"],
        changed_by=UserId(row["changed_by"]),
        changed_at=row["changed_at"],
    )
