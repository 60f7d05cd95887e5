"""Deliveries: what was sent to the bot, over which socket, when, and when it was acked."""

import asyncio
from dataclasses import dataclass, field

from livesop_bot.sandbox.wire import JsonObject


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One try to deliver; times in seconds of `time.monotonic`.

    `connection` None: no socket was open. `acked_at` None: no ack came within its time.
    """

    event_id: str
    envelope_id: str
    attempt: int
    connection: str | None
    sent_at: float | None = None
    acked_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an event; `latency` from the acked envelope's sending to its ack, seconds.

    `acked` False: every try went by without an ack, and no more will be made.
    """

    event_id: str
    acked: bool
    attempts: int
    latency: float | None = None
    response: JsonObject | None = None


@dataclass(slots=True, kw_only=True)
class Dispatch:
    """Something on its way to the bot: an event with its retries, or an interaction with none."""

    id: str
    kind: str
    payload: str
    """JSON, encoded once for all tries."""
    retries: bool
    attempt: int = 0
    retry_reason: str = ""
    envelope_id: str = ""
    delivery: Delivery | None = None
    timer: asyncio.TimerHandle | None = None
    outcome: asyncio.Future[Outcome] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def frame(self) -> str:
        """The envelope as it is sent."""
        head = f'{{"envelope_id":"{self.envelope_id}","payload":{self.payload},"type":"{self.kind}"'
        if not self.retries:
            return head + ',"accepts_response_payload":true}'
        return (
            f'{head},"accepts_response_payload":false,"retry_attempt":{self.attempt},'
            f'"retry_reason":"{self.retry_reason}"}}'
        )
