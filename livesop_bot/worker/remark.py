"""Remarking: answers to questions, and the first messages of runs started by hand; each once."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog

from livesop_bot.actions.keyed_message import find_keyed, post_keyed
from livesop_bot.actions.slack_calls import slack_errors
from livesop_bot.db.jobs import RemarkJob
from livesop_bot.db.remarks import Remarks
from livesop_bot.db.tries import Claimed
from livesop_bot.domain.remarks import Remark, RemarkId, RemarkKind
from livesop_bot.domain.signals import MessageTs
from livesop_bot.errors import SlackAway, SlackRefused
from livesop_bot.views.blocks import Message
from livesop_bot.views.opening import not_opened, opening
from livesop_bot.worker.delivery import Place
from livesop_bot.worker.faults import patiently
from livesop_bot.worker.once import Means, Once

log = structlog.get_logger()

_CLOCKS = timedelta(minutes=5)
"""How far Slack's clock may be behind the database's."""

Compose = Callable[[Remark], Awaitable[Message | None]]
"""Finds what there is to say to a question; None: nothing is to be said."""


class Remarking(Once[Remark]):
    """Handles remark jobs."""

    kind = "remark"
    event_type = "livesop_remark"

    def __init__(self, *, remarks: Remarks, answer: Compose, means: Means) -> None:
        super().__init__(remarks.tries, means)
        self._remarks = remarks
        self._answer = answer

    async def __call__(self, job: RemarkJob, attempts: int) -> None:
        """Post; `attempts` counts earlier tries. Raises RetryRequested for passing faults."""
        await self.once(job.remark, attempts)

    async def _claim(self, message: int) -> Claimed[Remark] | None:
        return await self._remarks.claim(RemarkId(message))

    async def _place(self, what: Remark) -> Place:
        oldest = f"{(what.created_at - _CLOCKS).timestamp():.6f}"
        return Place(key=what.key, channel=what.channel, thread_ts=what.thread_ts, oldest=oldest)

    async def _compose(self, what: Remark) -> Message | None:
        if what.kind is RemarkKind.OPENING:
            workflow = await patiently(lambda: self._remarks.workflow(what))
            return opening(workflow, by=what.asked_by, about=what.about)
        answer = await self._answer(what)
        if answer is None:
            await patiently(lambda: self._remarks.not_needed(what.id))
        return answer

    async def _posted(self, what: Remark, ts: MessageTs, *, found: bool) -> None:
        if what.kind is RemarkKind.ANSWER:
            await patiently(lambda: self._remarks.answered(what, ts))
            return
        permalink, now = await self._permalink(what, ts), datetime.now(UTC)
        await patiently(lambda: self._remarks.opened(what, ts, permalink=permalink, now=now))

    async def _permalink(self, remark: Remark, ts: MessageTs) -> str | None:
        """A message's address; a run can do without."""
        try:
            with slack_errors():
                found = await self._slack.chat_getPermalink(channel=remark.channel, message_ts=ts)
        except (SlackAway, SlackRefused):
            return None
        return str(found.get("permalink") or "") or None

    async def _not_coming(self, what: Remark, why: str) -> None:
        """Tell whoever was promised a start that there is none, once; in the channel Slack may
        let nobody say anything."""
        if what.kind is not RemarkKind.OPENING:
            return
        workflow = await patiently(lambda: self._remarks.workflow(what))
        message = not_opened(workflow, what.channel, why)
        try:
            with slack_errors():
                opened = await self._slack.conversations_open(users=what.asked_by)
            channel = opened["channel"]["id"]
            if await find_keyed(self._slack, what.key, channel) is None:
                await post_keyed(
                    self._slack,
                    what.key,
                    channel,
                    event_type=self.event_type,
                    text=message.text,
                    blocks=message.blocks,
                )
        except SlackRefused as error:
            log.error("post.not_told", kind=self.kind, message=what.id, error=str(error))
