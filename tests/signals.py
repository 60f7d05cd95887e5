"""Messages: as they arrive, for tests to store, and as if they had been stored."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from livesop_bot.domain.signals import (
    ChannelId,
    EventId,
    MessageTs,
    NewSignal,
    Signal,
    SignalId,
    SignalState,
    Source,
    TeamId,
)

_MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def a_signal(
    ts: str,
    text: str = "hello",
    *,
    team: str = "T1",
    channel: str = "C1",
    author: str = "U1",
    event: str = "",
    at: datetime | None = None,
    permalink: str | None = None,
) -> NewSignal:
    """A person's message, not in a thread. `event`: its id, else one of its own; `at`: else now."""
    moment = at or datetime.now(UTC)
    return NewSignal(
        event_id=EventId(event or f"Ev{team}{channel}{ts}"),
        team=TeamId(team),
        source=Source.SLACK,
        external_id=f"{channel}:{ts}",
        channel=ChannelId(channel),
        message_ts=MessageTs(ts),
        thread_ts=None,
        author=author,
        author_is_bot=False,
        text=text,
        permalink=permalink,
        occurred_at=moment,
        received_at=moment,
    )


def a_stored_signal(text: str = "hello", **changes: Any) -> Signal:
    """A person's message that waits to be judged; `changes` are fields that differ."""
    signal = Signal(
        id=SignalId(1),
        team=TeamId("T1"),
        source=Source.SLACK,
        external_id="C1:1700000000.000100",
        channel=ChannelId("C1"),
        message_ts=MessageTs("1700000000.000100"),
        thread_ts=None,
        author="U1",
        author_is_bot=False,
        text=text,
        permalink=None,
        occurred_at=_MONDAY,
        received_at=_MONDAY,
        stored_at=_MONDAY,
        state=SignalState.PENDING,
        revision=1,
        attempt=1,
    )
    return replace(signal, **changes)
