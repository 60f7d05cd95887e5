"""Sentry, if SENTRY_DSN asks for it: faults and their ids, and nothing that people wrote."""

import logging
import sys
from typing import TYPE_CHECKING, Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from livesop_bot.logs import masked
from livesop_bot.settings import Settings

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

_FLUSH = 2.0
_UNWANTED = ("request", "user", "breadcrumbs", "modules")

log = structlog.get_logger()


def start_sentry(settings: Settings, version: str) -> Processor | None:
    """Begin to report, and give the processor that `configure_logging` takes as a tap.

    None where SENTRY_DSN is not set, or sentry-sdk is not installed; the latter is logged.
    """
    if settings.sentry_dsn is None:
        return None
    try:
        # Optional, and 20 MB that a process without SENTRY_DSN does not carry.
        import sentry_sdk
        from sentry_sdk.integrations.atexit import AtexitIntegration
        from sentry_sdk.integrations.dedupe import DedupeIntegration
        from sentry_sdk.integrations.excepthook import ExcepthookIntegration
        from sentry_sdk.integrations.logging import LoggingIntegration
    except ImportError:
        log.warning("sentry.not_installed", install="livesop-bot[sentry]")
        return None
    sentry_sdk.init(
        dsn=settings.sentry_dsn.get_secret_value(),
        release=f"livesop-bot@{version}",
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        # Only these: others look into requests, queries and prompts.
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[
            AtexitIntegration(callback=lambda pending, timeout: None),
            DedupeIntegration(),
            ExcepthookIntegration(),
            LoggingIntegration(level=None, event_level=logging.ERROR),
        ],
        shutdown_timeout=_FLUSH,
        before_send=_scrub,
    )

    def report(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        if event["level"] in ("error", "critical"):
            ids = {key: masked(value) for key, value in event.items() if key not in _NOT_IDS}
            error = _exception(event.get("exc_info"))
            with sentry_sdk.new_scope() as scope:
                scope.set_tag("event", event["event"])
                scope.set_context("livesop", ids)
                if error is None:
                    scope.capture_message(str(event["event"]), level="error")
                else:
                    scope.capture_exception(error)
        return event

    return report


_NOT_IDS = ("event", "level", "timestamp", "exc_info", "stack_info")


def _exception(exc_info: object) -> BaseException | None:
    match exc_info:
        case BaseException():
            return exc_info
        case (_, BaseException() as error, _):
            return error
        case None | False:
            return None
        case _:
            return sys.exc_info()[1]


def _scrub(event: "Event", _: "Hint") -> "Event":
    """Take away what could carry text that people wrote, and mask secrets in the rest."""
    rest: Any = {key: masked(value) for key, value in event.items() if key not in _UNWANTED}
    return rest  # type: ignore[no-any-return]
