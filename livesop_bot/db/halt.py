"""A switch or a pause at work: what Auto-Pilot planned and may not do any more goes to people.

Nothing depends on this: a claim asks the switches itself, and what was switched off before it is
not done. It is how people see it at once, five hundred runs as soon as one.
"""

from collections import defaultdict

import asyncpg

from livesop_bot.db.audit import append
from livesop_bot.db.jobs import FaceJob, enqueue
from livesop_bot.db.pool import Connection, Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.db.teams import Teams
from livesop_bot.domain.audit import BOT, AuditEntry, AuditKind, halt_subject
from livesop_bot.domain.decisions import step_switched_off
from livesop_bot.domain.runs import PostState, RunId
from livesop_bot.domain.signals import ChannelId, TeamId
from livesop_bot.domain.steps import StepState
from livesop_bot.domain.workflows import StepId

_BATCH = 1000
"""Actions of one transaction."""


class Halts:
    """Takes back what was planned. Raises DatabaseAway."""

    def __init__(self, pool: Pool, teams: Teams) -> None:
        self._pool = pool
        self._teams = teams

    async def __call__(self, team: TeamId) -> int:
        """Take back all that the switches do not allow as they are now; gives how many that was."""
        halted, behind = 0, 0
        while True:
            with away():
                async with self._pool.acquire() as connection, connection.transaction():
                    rows = await connection.fetch(sql("planned_by_autopilot"), team, behind, _BATCH)
                    halted += await self._halt(connection, team, rows)
            if len(rows) < _BATCH:
                return halted
            behind = rows[-1]["id"]

    async def _halt(self, connection: Connection, team: TeamId, rows: list[asyncpg.Record]) -> int:
        off = {row["id"]: why for row, why in await self._off(connection, team, rows) if why}
        if not off:
            return 0
        runs = sorted({row["run_id"] for row in rows if row["id"] in off})
        await connection.execute(sql("hold_runs"), runs)
        shown = await connection.fetch(sql("halt_actions"), list(off), list(off.values()))
        if not shown:
            return 0
        posted = [row for row in shown if row["post_state"] == PostState.POSTED]
        jobs = [FaceJob(RunId(row["id"]), row["face_version"]) for row in posted]
        await enqueue(connection, jobs)
        halted = [f"{row['id']}/{step}" for row in shown for step in row["steps"]]
        entry = AuditEntry(
            actor=BOT,
            kind=AuditKind.RUN,
            subject=halt_subject(team),
            before={"state": StepState.PLANNED},
            after={
                "state": StepState.WAITING,
                "actions": len(halted),
                "runs": len(shown),
                "steps": " ".join(halted),
            },
        )
        await append(connection, team, entry)
        return len(halted)

    async def _off(
        self, connection: Connection, team: TeamId, rows: list[asyncpg.Record]
    ) -> list[tuple[asyncpg.Record, str | None]]:
        """Each action with why it may not be done by itself any more, or None where it may."""
        alike: dict[tuple[str, ChannelId], set[StepId]] = defaultdict(set)
        for row in rows:
            alike[row["slug"], row["channel_id"]].add(StepId(row["step_id"]))
        switches = {
            key: await self._teams.switches(connection, team, *key, sorted(steps))
            for key, steps in alike.items()
        }
        return [
            (row, step_switched_off(row["step_id"], switches[row["slug"], row["channel_id"]]))
            for row in rows
        ]
