"""Logging: one pipeline for our events and for what libraries log, without secrets.

Our own events go straight from structlog to the stream; records of the standard library's logging
(slack_sdk, slack_bolt, pgqueuer, asyncio, aiohttp) join them in the same form. Libraries are heard
from `warning` upwards whatever LOG_LEVEL says: below that they log what people wrote.
"""

import logging
import sys
from typing import TextIO

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor, WrappedLogger

from livesop_bot.masking import mask_secrets
from livesop_bot.settings import Settings

_FRAMES = 30  # of a traceback; the outermost ones go first

_REFUSED_ROW = "Failing row contains "


def mask(text: str) -> str:
    """Hide secrets, and the row that PostgreSQL quotes where a constraint refused it: it holds
    message text.
    """
    before, quoted, _ = text.partition(_REFUSED_ROW)
    return mask_secrets(before) + (f"{quoted}[masked: row]" if quoted else "")


def masked(value: object) -> object:
    """Mask all text in a value, however deep; what is neither text nor plain becomes text."""
    match value:
        case str():
            return mask(value)
        case None | bool() | int() | float():
            return value
        case dict():
            return {mask(str(key)): masked(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [masked(item) for item in value]
        case _:
            return mask(str(value))


def configure_logging(
    settings: Settings,
    *taps: Processor,
    least: str = "debug",
    stream: TextIO | None = None,
) -> None:
    """Set up structlog and the standard library's logging; call it once, at the start.

    `taps` see each event before its exception is rendered (Sentry's, for one). `least` lifts the
    level, for commands whose output is for people. The stream is stderr unless given.
    """
    stream = stream or sys.stderr
    levels = logging.getLevelNamesMapping()
    level = max(levels[settings.log_level.upper()], levels[least.upper()])
    as_json = (settings.log_format or ("console" if stream.isatty() else "json")) == "json"
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last = [_exceptions(as_json), _mask_event, _renderer(as_json, stream.isatty())]
    structlog.configure(
        processors=[*shared, *taps, *last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream),
        # Measured at 2 µs a call, and it lets tests capture events of loggers used before.
        cache_logger_on_first_use=False,
    )

    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)
    logging.captureWarnings(True)


def _exceptions(as_json: bool) -> Processor:
    """Render exc_info; never with local variables, which hold message text."""
    if as_json:
        return structlog.processors.ExceptionRenderer(
            ExceptionDictTransformer(show_locals=False, max_frames=_FRAMES)
        )
    return structlog.processors.format_exc_info


def _renderer(as_json: bool, colors: bool) -> Processor:
    if as_json:
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(
        colors=colors, exception_formatter=structlog.dev.plain_traceback
    )


def _mask_event(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return {key: masked(value) for key, value in event.items()}
