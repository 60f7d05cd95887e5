"""Answering: what is said to a question, taken from SOPs and knowledge; no model writes it."""

from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog

from livesop_bot.db.feed import Feed
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.decisions import Verdict
from livesop_bot.domain.evaluations import Evaluation
from livesop_bot.domain.knowledge import Passage
from livesop_bot.domain.questions import asks_for_help, question_of, sop_asked_about
from livesop_bot.domain.remarks import Remark
from livesop_bot.domain.signals import ChannelId, SignalState, TeamId, UserId
from livesop_bot.domain.workflows import Workflow
from livesop_bot.evaluation.words import stems
from livesop_bot.views.answer import answer, introduction
from livesop_bot.views.blocks import Message
from livesop_bot.worker.faults import patiently

log = structlog.get_logger()

_PASSAGES = 3
_SURE = 0.5
"""The confidence from which the SOP that a question was judged to call for is shown."""

MayAsk = Callable[[UserId, ChannelId], Awaitable[bool]]
"""Whether a person may be answered in a channel from what the team knows."""


class FindPassages(Protocol):
    """Finds passages of knowledge. Raises DatabaseAway."""

    async def find_passages(self, team: TeamId, text: str, limit: int) -> list[Passage]:
        """Give the passages that are nearest to a text, best first."""
        ...


class Answering:
    """Composes answers. Only full members are answered, and nobody where outsiders read along."""

    def __init__(
        self,
        *,
        feed: Feed,
        workflows: Workflows,
        passages: FindPassages,
        may_ask: MayAsk,
        bot: UserId,
    ) -> None:
        self._feed = feed
        self._workflows = workflows
        self._passages = passages
        self._may_ask = may_ask
        self._bot = bot

    async def __call__(self, remark: Remark) -> Message | None:
        """Say what there is; None: nothing is to be said."""
        assert remark.signal is not None, "an answer has a question"
        signal_id = remark.signal
        found = await patiently(lambda: self._feed.of_signal(remark.team, signal_id))
        if found is None or found[0].state is SignalState.DELETED:
            return None
        signal, evaluation = found
        question = question_of(signal, self._bot)
        if not question:  # it was edited
            return None
        if not await self._may_ask(remark.asked_by, remark.channel):
            log.info("remark.may_not_ask", remark=remark.id)
            return None
        if asks_for_help(question):
            return introduction()
        workflows = await patiently(lambda: self._workflows.current(remark.team))
        passages = await patiently(
            lambda: self._passages.find_passages(remark.team, question, _PASSAGES)
        )
        sop = sop_asked_about(question, workflows, stems) or _judged(evaluation)
        return answer(question, sop, passages, is_open=_is_open(evaluation, sop))


def _is_open(evaluation: Evaluation | None, sop: Workflow | None) -> bool:
    """Whether the question itself opened a run of that SOP."""
    if evaluation is None or evaluation.workflow is None or sop is None:
        return False
    return evaluation.decision.verdict is not Verdict.SKIP and evaluation.workflow.id == sop.id


def _judged(evaluation: Evaluation | None) -> Workflow | None:
    if evaluation is None or (evaluation.confidence or 0.0) < _SURE:
        return None
    return evaluation.workflow
