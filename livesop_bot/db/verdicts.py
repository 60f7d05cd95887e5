"""Verdicts in PostgreSQL: every word kept, the newest counts, and what is learned from them."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from livesop_bot.db.pool import Connection, Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.db.stored_definition import definition_from_json
from livesop_bot.domain.signals import ChannelId, SignalId, TeamId
from livesop_bot.domain.verdicts import Labelled, Lesson, NewVerdict
from livesop_bot.domain.what_if import THRESHOLDS, Marked, PastMatches
from livesop_bot.domain.workflows import Workflow, WorkflowId
from livesop_bot.masking import mask_secrets

LESSONS_EACH = 50
"""Lessons of one SOP, and of messages that none fits; older ones are left alone."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A team's lessons by the ids of their verdicts, and the version at which they were read."""

    version: int
    lessons: Mapping[int, Lesson]
    all: tuple[Lesson, ...]


async def keep_verdict(connection: Connection, verdict: NewVerdict) -> bool:
    """Keep a verdict in the connection's transaction. See Verdicts.keep."""
    held = await connection.fetchval(sql("hold_signal_for_verdict"), verdict.signal, verdict.team)
    if held is None:
        return False
    await connection.execute(
        sql("replace_verdicts"), verdict.signal, verdict.workflow, verdict.fits
    )
    await connection.execute(
        sql("insert_verdict"),
        verdict.team,
        verdict.signal,
        verdict.revision,
        verdict.workflow,
        verdict.fits,
        verdict.evaluation,
        verdict.by,
    )
    return True


class Verdicts:
    """Keeps verdicts and reads what they teach, of one team at a time. Raises DatabaseAway."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: dict[TeamId, _Known] = {}

    async def keep(self, verdict: NewVerdict) -> bool:
        """Keep a verdict in place of what it contradicts; False: the message is unknown or deleted.

        Its workflow must be one of the team's.
        """
        with away():
            async with self._pool.acquire() as connection, connection.transaction():
                return await keep_verdict(connection, verdict)

    async def lessons(self, team: TeamId) -> tuple[Lesson, ...]:
        """Give what the team's verdicts teach, oldest first; the same tuple until that changes.

        Where nothing changed this asks for one number.
        """
        with away():
            version = await self._pool.fetchval(sql("lessons_version"), team)
            if not version:
                return ()
            known = self._known.get(team) or _Known(0, {}, ())
            if known.version == version:
                return known.all
            rows = await self._pool.fetch(sql("lessons"), team, LESSONS_EACH, list(known.lessons))
        # Masking thousands of texts, after a start, takes too long for the event loop.
        lessons = await asyncio.to_thread(_lessons, rows, known.lessons)
        self._known[team] = _Known(version, lessons, tuple(lessons.values()))
        return self._known[team].all

    async def labelled(self, team: TeamId, limit: int) -> list[Labelled]:
        """Give the messages of the newest `limit` verdicts, newest first."""
        with away():
            rows = await self._pool.fetch(sql("labelled_signals"), team, limit)
        by_signal: dict[SignalId, list[asyncpg.Record]] = {}
        for row in rows:
            by_signal.setdefault(SignalId(row["signal_id"]), []).append(row)
        return [_labelled(signal, verdicts) for signal, verdicts in by_signal.items()]

    async def past_matches(
        self,
        team: TeamId,
        since: datetime,
        slug: str | None = None,
        *,
        thresholds: Sequence[float] = THRESHOLDS,
        most: int | None = None,
    ) -> list[PastMatches]:
        """Give what matched since then, all or one SOP's, from the lowest of the thresholds on.

        These are ascending and not below one half. `most`: of each SOP the newest so many.
        """
        with away():
            rows = await self._pool.fetch(
                sql("past_matches"), team, since, list(thresholds), slug, most
            )
        return [
            PastMatches(
                workflow=Workflow(
                    id=WorkflowId(row["workflow_id"]),
                    team=team,
                    version=row["workflow_version"],
                    definition=definition_from_json(json.loads(row["definition"])),
                ),
                reached=thresholds[row["reached"] - 1],
                stand_in=row["stand_in"],
                caution=row["caution"],
                marked=Marked(row["marked"]),
                count=row["matches"],
            )
            for row in rows
        ]


def _lessons(rows: Sequence[asyncpg.Record], known: Mapping[int, Lesson]) -> dict[int, Lesson]:
    return {
        row["id"]: known[row["id"]]
        if row["text"] is None
        else Lesson(
            text=mask_secrets(row["text"]),
            workflow=None if row["workflow_id"] is None else WorkflowId(row["workflow_id"]),
            fits=row["fits"],
        )
        for row in rows
    }


def _labelled(signal: SignalId, verdicts: Sequence[asyncpg.Record]) -> Labelled:
    answers = [row["slug"] for row in verdicts if row["fits"] == (row["slug"] is not None)]
    return Labelled(
        name=f"signal {signal}",
        channel=ChannelId(verdicts[0]["channel_id"]),
        text=mask_secrets(verdicts[0]["text"]),
        is_answered=bool(answers),
        expected=answers[0] if answers else None,
        refused=frozenset(row["slug"] for row in verdicts if row["slug"] and not row["fits"]),
    )
