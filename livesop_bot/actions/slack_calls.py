"""Calls of Slack's Web API, with its ways of saying no as our errors."""

from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError, SlackClientError

from livesop_bot.errors import SlackAway, SlackBusy, SlackRefused

_PASSING = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
)
"""Error codes that Slack's documentation of its methods calls temporary."""


@contextmanager
def slack_errors() -> Iterator[None]:
    """Turn what slack_sdk raises into SlackBusy, SlackAway or SlackRefused."""
    try:
        yield
    except SlackApiError as error:
        # Usually an AsyncSlackResponse; aiohttp's own where the body was no JSON.
        status: int = getattr(error.response, "status_code", 0) or error.response.status
        data = getattr(error.response, "data", None)
        code = str(data.get("error", "")) if isinstance(data, dict) else ""
        if status == 429 or code in ("ratelimited", "rate_limited"):
            wait = error.response.headers.get("Retry-After", "30")
            raise SlackBusy(
                "Slack asked us to wait", float(wait) if wait.isdigit() else 30.0
            ) from error
        if status >= 500 or code in _PASSING or not code:
            raise SlackAway(f"Slack failed: {code or f'HTTP {status}'}") from error
        raise SlackRefused(code, f"Slack refused: {code}") from error
    except (ClientError, SlackClientError, OSError) as error:  # TimeoutError is an OSError
        raise SlackAway(f"Slack cannot be reached: {type(error).__name__}") from error
