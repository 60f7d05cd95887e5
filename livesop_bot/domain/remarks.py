"""Remarks: messages of LiveSOP that belong to no run, each posted once."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from livesop_bot.domain.signals import ChannelId, MessageTs, SignalId, TeamId, UserId
from livesop_bot.domain.workflows import WorkflowId

RemarkId = NewType("RemarkId", int)


class RemarkKind(StrEnum):
    """What a remark is: the answer to a question, or the first message of a run that a person
    started in a channel.
    """

    ANSWER = "answer"
    OPENING = "opening"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A remark on its way. `thread_ts` is None at the top of a channel.

    An answer has the `signal` that asks; an opening the `workflow` that it opens, and `about`: what
    was written about the occasion.
    """

    id: RemarkId
    team: TeamId
    kind: RemarkKind
    channel: ChannelId
    thread_ts: MessageTs | None
    signal: SignalId | None
    workflow: WorkflowId | None
    about: str
    asked_by: UserId
    created_at: datetime
    key: UUID
