"""The boundary: what a listener did not expect ends here, logged, with an answer that says so."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import structlog

from livesop_bot.errors import SlackAway, SlackRefused

log = structlog.get_logger()


@asynccontextmanager
async def boundary(
    body: Mapping[str, Any], tell: Callable[[], Awaitable[object]]
) -> AsyncIterator[None]:
    """Log whatever is raised inside and `tell` the person, without saying what it was.

    Not Bolt's `app.error`: where a listener fails within some milliseconds of its ack, Bolt 1.30
    forgets that ack (asyncio_runner: `ack.response = response`, which is None then), and Slack
    shows a time-out.
    """
    try:
        yield
    except Exception:
        log.exception("listener.failed", kind=_kind(body), team=_team(body))
        try:
            await tell()
        except Exception as lost:  # Bolt asks a response_url itself, and translates no error
            told = isinstance(lost, (SlackAway, SlackRefused))
            log.warning(
                "listener.answer_lost", kind=_kind(body), error=str(lost), exc_info=not told
            )


def _kind(body: Mapping[str, Any]) -> object:
    return body.get("command") or (body.get("event") or {}).get("type") or body.get("type")


def _team(body: Mapping[str, Any]) -> object:
    return body.get("team_id") or (body.get("team") or {}).get("id")
