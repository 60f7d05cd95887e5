"""Messages as they arrive, for tests to store."""

from datetime import UTC, datetime

from livesop_bot.domain.signals import ChannelId, EventId, MessageTs, NewSignal, Source, TeamId


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
