"""Reports in PostgreSQL: planned once for each day and recipient, and what they are made of."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from livesop_bot.db.figures import Figures
from livesop_bot.db.jobs import ReportJob, enqueue
from livesop_bot.db.pool import Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.db.tries import Claimed, Tries
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.figures import SopFigures
from livesop_bot.domain.reports import (
    Report,
    ReportFailure,
    ReportId,
    ReportKind,
    SopReport,
    of_days,
    totals,
)
from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.waiting import WaitingCount

_BEFORE = 28
_FAILURES = 3
"""Days before, with which an SOP is compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A report that nobody has planned yet; `channel` is where a digest goes."""

    team: TeamId
    kind: ReportKind
    day: date
    channel: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A report that is to be posted. `message` is what it says, once that is known."""

    id: ReportId
    team: TeamId
    kind: ReportKind
    day: date
    recipient: str
    key: UUID
    planned_at: datetime
    message: dict[str, Any] | None


class Reports:
    """Plans, claims and makes up reports. Raises DatabaseAway."""

    def __init__(self, pool: Pool, figures: Figures, workflows: Workflows) -> None:
        self._pool = pool
        self.tries = Tries(pool, "begin_report", "set_report_planned", "set_report_failed")
        self._figures = figures
        self._workflows = workflows

    async def due(self, now: datetime | None = None) -> list[Due]:
        """Give what is due and not planned."""
        with away():
            rows = await self._pool.fetch(sql("due_reports"), now)
        return [
            Due(
                team=TeamId(row["team_id"]),
                kind=ReportKind(row["kind"]),
                day=row["day"],
                channel=row["channel"],
            )
            for row in rows
        ]

    async def plan(self, due: Due, recipients: Sequence[str]) -> int:
        """Plan a report and queue its posts, unless somebody did; gives how many there are."""
        with away():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(sql("hold_team"), due.team)
                rows = await connection.fetch(
                    sql("plan_report"), due.team, due.kind, due.day, list(recipients)
                )
                await enqueue(connection, [ReportJob(ReportId(row["id"])) for row in rows])
        return len(rows)

    async def claim(self, report: ReportId) -> Claimed[Planned] | None:
        """Give a report that is to be posted; None if there is nothing to post."""
        with away():
            row = await self._pool.fetchrow(sql("claim_report"), report)
        if row is None:
            return None
        planned = Planned(
            id=report,
            team=TeamId(row["team_id"]),
            kind=ReportKind(row["kind"]),
            day=row["day"],
            recipient=row["recipient"],
            key=row["idempotency_key"],
            planned_at=row["created_at"],
            message=None if row["message"] is None else json.loads(row["message"]),
        )
        return Claimed(what=planned, tried_at=row["tried_at"], quiet=row["quiet"])

    async def say(self, report: ReportId, message: dict[str, Any]) -> None:
        """Keep what a report says."""
        with away():
            await self._pool.execute(sql("set_report_message"), report, json.dumps(message))

    async def posted(self, report: ReportId) -> None:
        """Note that it is posted."""
        with away():
            await self._pool.execute(sql("set_report_posted"), report)

    async def failures(self, team: TeamId) -> tuple[ReportFailure, ...]:
        """Give those of each kind's newest day that Slack did not take, some of them."""
        with away():
            rows = await self._pool.fetch(sql("failed_reports"), team, _FAILURES)
        return tuple(
            ReportFailure(
                kind=ReportKind(row["kind"]),
                day=row["day"],
                recipient=row["recipient"],
                error=row["error"],
            )
            for row in rows
        )

    async def content(self, team: TeamId, kind: ReportKind) -> Report:
        """Make up what is to be said now, of the whole days (UTC) before today."""
        span = 7 if kind is ReportKind.WEEKLY_DIGEST else 1
        days = (await self._figures.of_team(team, 2 * span + 1))[:-1]
        today = await self._figures.of_sops(team, 1)
        until_today = await self._figures.of_sops(team, span + 1)
        now = of_days(until_today, today)
        before = of_days(await self._figures.of_sops(team, span + 1 + _BEFORE), until_today)
        with away():
            waiting = await self._pool.fetchrow(sql("waiting_for_people"), team)
        return Report(
            kind=kind,
            first=days[span].day,
            last=days[-1].day,
            now=totals(days[span:]),
            before=totals(days[:span]),
            sops=[
                SopReport(
                    title=sop.title,
                    now=now.get(sop.id, SopFigures()),
                    before=before.get(sop.id, SopFigures()),
                )
                for sop in await self._workflows.current(team)
            ],
            waiting=WaitingCount(**waiting) if waiting else WaitingCount(),
        )


def since(report: Planned) -> str:
    """The ts before which a report cannot have been posted."""
    return f"{(report.planned_at - timedelta(minutes=5)).timestamp():.6f}"
