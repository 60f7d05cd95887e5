"""Teams and their Auto-Pilot switches in PostgreSQL."""

from collections.abc import Sequence

from livesop_bot.db.audit import append
from livesop_bot.db.jobs import HaltJob, enqueue
from livesop_bot.db.pool import Connection, Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.domain.audit import AuditEntry, AuditKind, switch_subject
from livesop_bot.domain.decisions import Scope, Switches
from livesop_bot.domain.signals import ChannelId, TeamId
from livesop_bot.domain.workflows import StepId


def step_subject(workflow_slug: str, step: StepId) -> str:
    """The subject of a step's switch."""
    return f"{workflow_slug}/{step}"


class Teams:
    """Reads and turns switches. Raises DatabaseAway."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def ensure(self, team: TeamId, name: str) -> None:
        """Make a team known; a new one has Auto-Pilot off."""
        with away():
            await self._pool.execute(sql("ensure_team"), team, name)

    async def known(self) -> dict[TeamId, str]:
        """Give the name of every team, by id."""
        with away():
            rows = await self._pool.fetch(sql("known_teams"))
        return {TeamId(row["team_id"]): row["name"] for row in rows}

    async def autopilot(self, team: TeamId) -> bool:
        """Say whether the kill switch lets anything run; an unknown team's does not."""
        with away():
            return await self._pool.fetchval(sql("team_autopilot"), team) is True

    async def switched_on(self, team: TeamId) -> frozenset[tuple[Scope, str]]:
        """Give scope and subject of every SOP and step that is switched on."""
        with away():
            rows = await self._pool.fetch(sql("switched_on"), team)
        return frozenset((Scope(row["scope"]), row["subject"]) for row in rows)

    async def channels_off(self, team: TeamId) -> tuple[ChannelId, ...]:
        """Give the channels in which Auto-Pilot is switched off."""
        with away():
            rows = await self._pool.fetch(sql("channels_off"), team)
        return tuple(ChannelId(row["subject"]) for row in rows)

    async def switches(
        self,
        connection: Connection,
        team: TeamId,
        workflow_slug: str,
        channel: ChannelId,
        step_ids: Sequence[StepId],
        version: int | None = None,
    ) -> Switches:
        """Read what the decision gate looks at, in the caller's transaction.

        `version`: of the SOP that a run carries out; its steps are off where the newest version's
        do something else, for the permission is for that. Of an unknown team everything is unknown,
        which the gate counts as off.
        """
        subjects = {step_subject(workflow_slug, step): step for step in step_ids}
        with away():
            row = await connection.fetchrow(
                sql("switches"), team, workflow_slug, channel, list(subjects), version
            )
        if row is None:
            return Switches()
        on = frozenset(row["steps"])
        return Switches(
            team=row["team"],
            workflow=row["workflow"],
            channel=row["channel"],
            steps={step: subject in on for subject, step in subjects.items()},
            paused=row["paused"],
        )

    async def set_autopilot(
        self, team: TeamId, scope: Scope, subject: str, *, is_on: bool, by: str
    ) -> bool:
        """Turn a switch and note who did, in one transaction; give it as it now stands.

        For the scope `team` the subject is not looked at. A team's switches are turned one after
        the other, so that what was before is known, and never between a claim's look at them and
        its commit: what is not claimed by now is not done after this. When this raises
        DatabaseAway the switch may or may not have moved.
        """
        with away():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(sql("ensure_team"), team, "")
                entry = await turn_switch(connection, team, scope, subject, is_on=is_on, by=by)
                await append(connection, team, entry)
        return is_on

    async def switch_on(
        self, team: TeamId, subjects: Sequence[tuple[Scope, str]], *, by: str
    ) -> None:
        """Switch several on together, in one transaction."""
        with away():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(sql("ensure_team"), team, "")
                entries = [
                    await turn_switch(connection, team, scope, subject, is_on=True, by=by)
                    for scope, subject in subjects
                ]
                await append(connection, team, *entries)


async def turn_switch(
    connection: Connection, team: TeamId, scope: Scope, subject: str, *, is_on: bool, by: str
) -> AuditEntry:
    """Turn a switch of a known team in the caller's transaction; give what is to be audited.

    Locks the team to the end of the transaction.
    """
    await connection.execute(sql("hold_team"), team)
    if scope is Scope.TEAM:
        subject = team
        before = await connection.fetchval(sql("team_autopilot"), team)
        now = await connection.fetchval(sql("set_team_autopilot"), team, is_on)
    else:
        before = await connection.fetchval(sql("switch"), team, scope, subject)
        now = await connection.fetchval(sql("set_switch"), team, scope, subject, is_on)
    if not is_on:
        await enqueue(connection, [HaltJob(team)])
    return AuditEntry(
        actor=by,
        kind=AuditKind.SWITCH,
        subject=switch_subject(scope, subject),
        before={"on": before},
        after={"on": now},
    )
