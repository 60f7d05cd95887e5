"""HTTP calls of actions: what their ways of failing say about whether it was done."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp

from livesop_bot.errors import ActionDelayed, ActionInDoubt, ActionRefused

_WAIT = 30.0
_LONGEST_WAIT = 3600.0


@contextmanager
def http_errors(who: str) -> Iterator[None]:
    """Turn what aiohttp raises into ActionDelayed (never reached) or ActionInDoubt."""
    try:
        yield
    except aiohttp.InvalidURL as error:
        raise ActionRefused(f"{who}: the address cannot be used.") from error
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise ActionDelayed(f"{who} cannot be reached ({type(error).__name__}).") from error
    except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
        raise ActionInDoubt(
            f"{who} was asked, and its answer never came ({type(error).__name__})."
        ) from error


async def read_at_most(response: aiohttp.ClientResponse, limit: int) -> tuple[bytes, bool]:
    """Read an answer's body up to `limit` bytes, and say whether that is all of it."""
    body = bytearray()
    while len(body) <= limit:
        part = await response.content.read(limit + 1 - len(body))
        if not part:
            return bytes(body), True
        body += part
    return bytes(body[:limit]), False


def retry_after(headers: Mapping[str, str]) -> float:
    """How long an answer asks to wait, in seconds; it may say so as a number or as a date."""
    said = headers.get("Retry-After", "").strip()
    if said.isascii() and said.isdigit():
        return min(float(said), _LONGEST_WAIT)
    try:
        wait = (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError):
        return _WAIT
    return min(max(wait, 1.0), _LONGEST_WAIT)
