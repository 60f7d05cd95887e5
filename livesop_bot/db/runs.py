"""Runs in PostgreSQL, and how far the message of each has come."""

from livesop_bot.db.evaluations import evaluation_from_row
from livesop_bot.db.pool import Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.domain.runs import PostState, Run, RunId, RunState
from livesop_bot.domain.signals import ChannelId, MessageTs, TeamId


class Runs:
    """Reads runs and moves their messages on. Raises DatabaseAway."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def claim_post(self, run: RunId) -> tuple[Run, bool] | None:
        """Claim a run's message for posting; None if there is nothing to post.

        The flag says whether someone had claimed it before and may have posted it: then Slack is
        to be asked first.
        """
        with away():
            found = await self._pool.fetchval(sql("claim_post"), run)
            if found is None:
                return None
            row = await self._pool.fetchrow(sql("run_by_id"), run)
        assert row is not None
        evaluation = evaluation_from_row(row)
        assert evaluation.workflow is not None
        claimed = Run(
            id=RunId(row["run_id"]),
            team=TeamId(row["team_id"]),
            workflow=evaluation.workflow,
            evaluation=evaluation,
            channel=ChannelId(row["run_channel_id"]),
            thread_ts=MessageTs(row["run_thread_ts"]),
            state=RunState(row["run_state"]),
            idempotency_key=row["idempotency_key"],
            post_state=PostState(row["post_state"]),
            post_ts=row["post_ts"] and MessageTs(row["post_ts"]),
        )
        return claimed, PostState(found) is PostState.TRYING

    async def not_posted(self, run: RunId) -> None:
        """Note that Slack surely did not post the message."""
        with away():
            await self._pool.execute(sql("set_post_planned"), run)

    async def posted(self, run: RunId, ts: MessageTs) -> None:
        """Note that the message is in its thread."""
        with away():
            await self._pool.execute(sql("set_post_posted"), run, ts)

    async def post_failed(self, run: RunId, why: str) -> None:
        """Note that the message will not be posted; `why` is for people."""
        with away():
            await self._pool.execute(sql("set_post_failed"), run, why)
