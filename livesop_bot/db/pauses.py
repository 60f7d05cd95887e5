"""Pauses of steps by the breaker, and the cards in which people end them."""

import json
from collections.abc import Mapping
from datetime import timedelta

from livesop_bot.db.audit import append
from livesop_bot.db.held_run import HeldRun
from livesop_bot.db.jobs import CardJob, ReleaseJob, enqueue
from livesop_bot.db.pool import Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.db.stored_definition import definition_from_json
from livesop_bot.domain.actions import ActionRequest
from livesop_bot.domain.audit import AuditEntry, AuditKind, Value, pause_subject
from livesop_bot.domain.breaker import CAP_IN, FAILURES, Pause, PausedRun, tripped
from livesop_bot.domain.runs import PauseId, RunId
from livesop_bot.domain.signals import ChannelId, MessageTs, TeamId, UserId
from livesop_bot.domain.workflows import Step

LISTED = 10
"""Waiting runs that a card shows, each with what it would send."""

_CARD_HELD = timedelta(seconds=25)
"""Longer than to look for it in the thread and to post it may take."""
_CARD_RESTS = timedelta(seconds=1)


async def pause_of(held: HeldRun, step: Step) -> tuple[PauseId, str] | None:
    """The pause that a step is in, or that begins now, and why it waits; None: it may act.

    The team is to be locked, so that no two see one attempt less than there are.
    """
    workflow = held.run.workflow.id
    found = await held.connection.fetchrow(sql("open_pause"), workflow, step.id)
    if found is not None:
        return PauseId(found["id"]), f"Paused: {found['reason']}"
    row = await held.connection.fetchrow(sql("how_step_fared"), workflow, step.id, CAP_IN, FAILURES)
    assert row is not None
    if (why := tripped(step, row["acted"], row["outcomes"])) is None:
        return None
    pause = await held.connection.fetchval(
        sql("begin_pause"), held.run.team, workflow, step.id, held.run.id, why
    )
    return PauseId(pause), f"Paused: {why}"


class Pauses:
    """Ends and shows pauses. Raises DatabaseAway."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def end(
        self, team: TeamId, pause: PauseId, by: UserId, shown: Mapping[RunId, str]
    ) -> bool:
        """Have done what somebody saw, by its digest; if nothing else waits, the pause ends.

        False: it had ended before.
        """
        release = ReleaseJob(pause, by, {str(run): digest for run, digest in shown.items()})
        return await self._turn("end_pause", team, pause, by, list(shown), release=release)

    async def keep(self, team: TeamId, pause: PauseId, by: UserId) -> bool:
        """Note that it is to stay; False: it has ended."""
        return await self._turn("keep_pause", team, pause, by)

    async def _turn(
        self,
        query: str,
        team: TeamId,
        pause: PauseId,
        by: UserId,
        *more: object,
        release: ReleaseJob | None = None,
    ) -> bool:
        with away():
            async with self._pool.acquire() as connection, connection.transaction():
                turned = await connection.fetchrow(sql(query), team, pause, by, *more)
                if turned is None:
                    return False
                card = CardJob(pause, turned["card_version"])
                await enqueue(connection, [card] if release is None else [card, release])
                after: dict[str, Value] = {"paused": not turned["ended"]}
                after |= {"approved": len(release.shown)} if release else {}
                entry = AuditEntry(
                    actor=by,
                    kind=AuditKind.APPROVAL,
                    subject=pause_subject(pause),
                    before={"paused": True},
                    after=after,
                )
                await append(connection, team, entry)
        return True

    async def get(self, pause: PauseId) -> Pause | None:
        """Give a pause as its card shows it."""
        with away():
            row = await self._pool.fetchrow(sql("pause_by_id"), pause)
            if row is None:
                return None
            waiting = await self._pool.fetch(sql("waiting_for_pause"), pause, LISTED + 1)
        sop = definition_from_json(json.loads(row["definition"]))
        return Pause(
            id=pause,
            team=TeamId(row["team_id"]),
            sop=sop,
            step=next(step for step in sop.steps if step.id == row["step_id"]),
            reason=row["reason"],
            channel=ChannelId(row["channel_id"]),
            thread_ts=MessageTs(row["thread_ts"]),
            key=row["idempotency_key"],
            version=row["card_version"],
            ts=row["card_ts"] and MessageTs(row["card_ts"]),
            kept_by=row["kept_by"] and UserId(row["kept_by"]),
            ended_by=row["ended_by"] and UserId(row["ended_by"]),
            waiting=tuple(
                PausedRun(
                    run=RunId(one["id"]),
                    request=ActionRequest.from_json(json.loads(one["request"])),
                    channel=ChannelId(one["channel_id"]),
                    thread_ts=MessageTs(one["thread_ts"]),
                    author=one["author_id"],
                    permalink=one["permalink"],
                )
                for one in waiting[:LISTED]
            ),
            more=len(waiting) > LISTED,
        )

    async def claim_card(self, pause: PauseId, version: int) -> Pause | float | None:
        """Hold a card for an update; seconds to wait if it is held or was just updated.

        None: that version is shown already.
        """
        with away():
            found = await self._pool.fetchrow(sql("claim_card"), pause, version, _CARD_HELD)
        if found is None:
            return None
        return await self.get(pause) if found["held"] else float(found["wait"])

    async def posted(self, pause: PauseId, ts: MessageTs) -> None:
        """Note where the card is."""
        with away():
            await self._pool.execute(sql("set_card_ts"), pause, ts)

    async def shown(self, pause: Pause) -> None:
        """Note that the card shows the pause as it was read."""
        with away():
            await self._pool.execute(sql("card_shown"), pause.id, pause.version, _CARD_RESTS)
