"""How long things take and last in this Slack; tests shrink what they would wait for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Slack's own times, in seconds. `posts_per_second` None: chat.postMessage is not limited."""

    ack_deadline: float = 3.0
    retry_delays: tuple[float, ...] = (0.0, 60.0, 300.0)
    """Each counted from the failure of the try before it."""
    ticket_life: float = 30.0
    trigger_life: float = 3.0
    response_url_life: float = 1800.0
    response_url_uses: int = 5
    disconnect_grace: float = 10.0
    """From a `disconnect` frame to the closing of its socket."""
    posts_per_second: float | None = None
    """Per channel, as Slack limits chat.postMessage."""
    posts_burst: int = 5


DESK_TIMING = Timing(posts_per_second=1.0)
"""For a person at the page: everything as Slack has it, rate limit included."""
