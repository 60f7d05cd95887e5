"""Signals: the messages worth looking at, and what can happen to them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

TeamId = NewType("TeamId", str)
ChannelId = NewType("ChannelId", str)
UserId = NewType("UserId", str)
EventId = NewType("EventId", str)
SignalId = NewType("SignalId", int)
MessageTs = NewType("MessageTs", str)
"""Slack's id of a message within its channel: seconds and microseconds, `1700000000.000100`."""


class Source(StrEnum):
    """Where a signal came from."""

    SLACK = "slack"
    IMPORT = "import"


class SignalState(StrEnum):
    """How far the newest revision of a signal has come."""

    PENDING = "pending"
    EVALUATED = "evaluated"
    TIMED_OUT = "timed_out"
    FAILED = "failed"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSignal:
    """A message as it arrived, before it is stored.

    Its identity is (team, source, external_id); for Slack external_id is `channel:ts`.
    """

    event_id: EventId
    team: TeamId
    source: Source
    external_id: str
    channel: ChannelId
    message_ts: MessageTs
    thread_ts: MessageTs | None
    author: str
    author_is_bot: bool
    text: str
    permalink: str | None
    occurred_at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalEdit:
    """A message's text was changed; `signal` is the whole message as it now reads.

    `version` orders the edits of one message: Slack's `edited.ts`, or the event's own ts for
    changes that no person made. `may_be_first`: whether it stands for an original that has not come
    yet; not where new messages do not count.
    """

    signal: NewSignal
    version: MessageTs
    may_be_first: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalDeletion:
    """A message was taken back; its text must go."""

    event_id: EventId
    team: TeamId
    source: Source
    external_id: str
    channel: ChannelId
    message_ts: MessageTs
    occurred_at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Noise:
    """An event that calls for nothing; `kind` is what it is counted as."""

    kind: str


Storable = NewSignal | SignalEdit | SignalDeletion
Incoming = Storable | Noise


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A stored signal. `revision` grows with every edit; `attempt` fences evaluations."""

    id: SignalId
    team: TeamId
    source: Source
    external_id: str
    channel: ChannelId
    message_ts: MessageTs
    thread_ts: MessageTs | None
    author: str
    author_is_bot: bool
    text: str
    permalink: str | None
    occurred_at: datetime
    received_at: datetime
    stored_at: datetime
    state: SignalState
    revision: int
    attempt: int

    @property
    def thread_root(self) -> MessageTs:
        """The ts that an answer in this message's thread must carry as thread_ts."""
        return self.thread_ts or self.message_ts
