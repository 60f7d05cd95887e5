"""Starts by hand: a person starts an SOP for a message, with no evaluator's judgement before it."""

from livesop_bot.db.evaluation_rows import evaluation_to_row
from livesop_bot.db.held_run import HeldRuns
from livesop_bot.db.jobs import RememberJob, enqueue
from livesop_bot.db.pool import Connection, Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.db.signals import signal_from_row
from livesop_bot.db.verdicts import keep_verdict
from livesop_bot.domain.decisions import started_by_hand
from livesop_bot.domain.evaluations import Cause, Judgement
from livesop_bot.domain.runs import RunId, RunState
from livesop_bot.domain.signals import (
    NewSignal,
    Signal,
    SignalState,
    UserId,
)
from livesop_bot.domain.starts import NotStarted
from livesop_bot.domain.verdicts import on_message
from livesop_bot.domain.workflows import Workflow

A_PERSON = "a person"
"""What stands in place of an evaluator's name."""


class HandStarts:
    """Starts runs that a person asks for. Raises DatabaseAway."""

    def __init__(self, pool: Pool, runs: HeldRuns) -> None:
        self._pool = pool
        self._runs = runs

    async def for_message(
        self, message: NewSignal, workflow: Workflow, by: UserId
    ) -> RunId | NotStarted:
        """Start an SOP in a message's thread. That it fits the message is kept as a verdict."""
        with away():
            async with self._pool.acquire() as connection, connection.transaction():
                return await self.on(connection, message, workflow, by, teaches=True)

    async def on(
        self,
        connection: Connection,
        message: NewSignal,
        workflow: Workflow,
        by: UserId,
        *,
        teaches: bool = False,
    ) -> RunId | NotStarted:
        """The same in the connection's transaction. A message that is not known yet is stored."""
        signal = await _known(connection, message)
        if signal.state is SignalState.DELETED:
            return NotStarted.DELETED
        if teaches:  # a verdict needs the team, which is locked before runs and the audit log
            await connection.execute(sql("hold_team"), signal.team)
        if await connection.fetchval(
            sql("open_run_exists"), signal.team, signal.channel, signal.thread_root, workflow.id
        ):
            return NotStarted.ALREADY_OPEN
        evaluation = await _insert_evaluation(connection, signal, workflow)
        run = await connection.fetchval(
            sql("insert_run"),
            signal.team,
            evaluation,
            signal.id,
            workflow.id,
            workflow.version,
            signal.channel,
            signal.thread_root,
            RunState.PROPOSED,
        )
        if run is None:  # just now
            await connection.execute(sql("remove_evaluation"), evaluation)
            return NotStarted.ALREADY_OPEN
        async with self._runs.hold_on(connection, RunId(run)) as held:
            assert held is not None, "it is of this transaction"
            await held.start(by)
        if teaches:
            await keep_verdict(connection, on_message(signal, workflow, answers=None, by=by))
            await enqueue(connection, [RememberJob(signal.id)])
        return RunId(run)


async def _known(connection: Connection, message: NewSignal) -> Signal:
    await connection.execute(
        sql("insert_known_signal"),
        message.event_id,
        message.team,
        message.external_id,
        message.channel,
        message.message_ts,
        message.thread_ts,
        message.author,
        message.author_is_bot,
        message.text,
        message.permalink,
        message.occurred_at,
    )
    row = await connection.fetchrow(sql("hold_message"), message.team, message.external_id)
    assert row is not None
    return signal_from_row(row)


async def _insert_evaluation(connection: Connection, signal: Signal, workflow: Workflow) -> int:
    nothing = Judgement(workflow=workflow.id, confidence=0.0, reasoning="", evaluator=A_PERSON)
    row = evaluation_to_row(
        signal, nothing, workflow, started_by_hand(), cause=Cause.MANUAL, confidence=None
    )
    return int(await connection.fetchval(sql("insert_evaluation"), signal.team, signal.id, *row))
