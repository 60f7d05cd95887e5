"""What workers do: they act, too early too, die in the middle, and speak up after all."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from pgqueuer import RetryRequested

from livesop_bot.db.jobs import ActJob
from livesop_bot.db.ledger import Claim
from livesop_bot.domain.actions import ActionId
from livesop_bot.domain.steps import Press
from livesop_bot.errors import ActionDelayed, ActionInDoubt, ActionRefused
from livesop_bot.sandbox.faults import AnswerError, AnswerStatus, HandledUnanswered, RateLimited
from tests.integration.runs.rules.people import People
from tests.integration.runs.rules.plain import KINDS

FAULTS = (
    None,
    HandledUnanswered(),
    AnswerStatus(500),
    RateLimited(3),
    AnswerError("is_archived"),
)
LOOKS = (None, None, AnswerError("channel_not_found"), AnswerStatus(500))
"""What a look for a message meets in Slack."""


class Workers(People):
    """The processes that carry out what is planned, as faults let them."""

    @rule(fault=st.sampled_from(FAULTS), look=st.sampled_from(LOOKS))
    def act(self, fault: Any, look: Any) -> None:
        """A worker takes up all actions; the first of them meets a fault."""
        for method, one in (("chat.postMessage", fault), ("conversations.replies", look)):
            if one is not None:
                self.floor.slack.faults.add(method, one)
        self.loop.run(self._act())

    async def _act(self) -> None:
        actions = await self._actions()
        untouched, withheld = await self._forbidden("planned"), await self._forbidden("trying")
        before = self._happened()
        for action in actions:
            try:
                await self.floor.duties.acting(ActJob(action), 0)
            except RetryRequested:
                continue
        tried = await self.floor.pool.fetchval(
            "SELECT count(*) FROM actions WHERE id = ANY($1) AND state NOT IN "
            "('planned', 'cancelled')",
            list(untouched),
        )
        assert tried == 0, "it was tried though it was not to be"
        now = self._happened()
        assert all(now[key] == before[key] for key in withheld.values()), "done after it was off"

    @rule(performed=st.booleans())
    def crash(self, performed: bool) -> None:
        """A worker claims, performs or not, and is not heard of any more."""
        self.loop.run(self._crash(performed))

    async def _crash(self, performed: bool) -> None:
        actions = await self._actions()
        untouched, withheld = await self._forbidden("planned"), await self._forbidden("trying")
        for action in actions:
            claim = await self.floor.duties.ledger.claim(action)
            if not isinstance(claim, Claim):
                continue
            assert action not in untouched, "claimed though it was not to be"
            assert bool(claim.withheld) == (action in withheld)
            receipt = None
            if performed and not claim.maybe_done:
                kind = self.floor.kinds[claim.request.kind]
                try:
                    receipt = await kind.perform(claim.request, claim.key)
                except (ActionDelayed, ActionInDoubt, ActionRefused):
                    continue  # a fault that was meant for a worker; nobody will say anything
            self.dead.append((claim, receipt))

    @rule()
    def come_early(self) -> None:
        """A worker takes up actions before their time, and a run that was started already."""
        self.loop.run(self._come_early())

    async def _come_early(self) -> None:
        rows = await self.floor.pool.fetch(
            "SELECT id FROM actions WHERE state = 'planned' AND due_at > now() + interval '5 s'"
        )
        for row in rows:
            claim = await self.floor.duties.ledger.claim(ActionId(row["id"]))
            assert not isinstance(claim, Claim), "done before its time"
        run = await self.floor.newest()
        await self.floor.duties.ledger.start(run.id)
        assert not run.steps or (await self.floor.run(run.id)).steps == run.steps

    @precondition(lambda self: self.dead)
    @rule()
    def come_back(self) -> None:
        """What was not heard of any more speaks up after all."""
        claim, receipt = self.dead.pop(0)
        ledger = self.floor.duties.ledger
        if receipt is not None:
            self.loop.run(ledger.done(claim, receipt))
        elif not claim.maybe_done:
            self.loop.run(ledger.failed(claim, "It broke off."))

    @rule()
    def time_passes(self) -> None:
        """All that waits for its time is done."""
        self.loop.run(self.floor.hurry())

    @rule(number=st.integers(0, 2), fault=st.sampled_from(FAULTS), replayed=st.booleans())
    def carry_out(self, number: int, fault: Any, replayed: bool) -> None:
        """People and workers do what there is to do, until the run is over and another begins."""
        if fault is not None:
            self.floor.slack.faults.add("chat.postMessage", fault)
        self.loop.run(self._carry_out(number, replayed))

    async def _carry_out(self, number: int, replayed: bool) -> None:
        for _ in range(len(KINDS)):
            await self._press(number, but=Press.HOLD)
            await self.floor.hurry()
        await self._go_on(replayed)
