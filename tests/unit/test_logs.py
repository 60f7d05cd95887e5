"""One pipeline for our events and the libraries', without secrets or local variables."""

import asyncio
import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog
from structlog.typing import EventDict, WrappedLogger

from livesop_bot.logs import configure_logging, mask, masked
from livesop_bot.settings import Settings


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, config = root.handlers[:], root.level, structlog.get_config()
    yield
    structlog.configure(**config)
    structlog.contextvars.clear_contextvars()
    logging.captureWarnings(False)
    for handler in root.handlers[:]:
        root.removeHandler(handler)
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(level)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)


def test_an_event_is_one_json_line_with_utc_time_and_bound_ids(stream: io.StringIO) -> None:
    configure_logging(settings(), stream=stream)
    structlog.contextvars.bind_contextvars(team="T1", signal=7)
    structlog.get_logger().info("signal.stored", ms=1.5)
    [event] = lines(stream)
    at = datetime.fromisoformat(event.pop("timestamp"))
    assert at.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=1)
    assert event == {
        "event": "signal.stored",
        "level": "info",
        "team": "T1",
        "signal": 7,
        "ms": 1.5,
    }


def test_a_terminal_gets_the_console_form_and_anything_else_json(stream: io.StringIO) -> None:
    terminal = Terminal()
    configure_logging(settings(), stream=terminal)
    structlog.get_logger().info("app.ready", port=8080)
    assert "app.ready" in terminal.getvalue()
    assert not terminal.getvalue().startswith("{")

    configure_logging(settings(), stream=stream)
    structlog.get_logger().info("app.ready", port=8080)
    assert lines(stream)[0]["port"] == 8080


def test_log_format_decides_over_the_kind_of_stream(stream: io.StringIO) -> None:
    terminal = Terminal()
    configure_logging(settings(log_format="json"), stream=terminal)
    structlog.get_logger().info("app.ready")
    assert lines(terminal)[0]["event"] == "app.ready"

    configure_logging(settings(log_format="console"), stream=stream)
    structlog.get_logger().info("app.ready")
    assert "app.ready" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


@pytest.mark.parametrize(
    ("level", "least", "heard"),
    [
        ("debug", "debug", ["debug", "info", "warning", "error"]),
        ("info", "debug", ["info", "warning", "error"]),
        ("error", "debug", ["error"]),
        ("info", "warning", ["warning", "error"]),
    ],
)
def test_the_level_is_the_higher_of_log_level_and_the_commands(
    stream: io.StringIO, level: str, least: str, heard: list[str]
) -> None:
    configure_logging(settings(log_level=level), least=least, stream=stream)
    log = structlog.get_logger()
    for name in ("debug", "info", "warning", "error"):
        getattr(log, name)(f"a.{name}")
    assert [event["level"] for event in lines(stream)] == heard


@pytest.mark.parametrize("name", ["slack_sdk.web", "slack_bolt.App", "pgqueuer", "asyncio"])
def test_libraries_come_in_the_same_form_from_warning_upwards(
    stream: io.StringIO, name: str
) -> None:
    configure_logging(settings(log_level="debug"), stream=stream)
    library = logging.getLogger(name)
    library.debug("what people wrote")
    library.info("what people wrote")
    library.warning("retrying in %d s", 3)
    [event] = lines(stream)
    assert (event["event"], event["level"], event["logger"]) == ("retrying in 3 s", "warning", name)
    assert event["timestamp"].endswith("Z")


def test_a_lost_task_exception_of_asyncio_is_logged_with_its_traceback(
    stream: io.StringIO,
) -> None:
    configure_logging(settings(), stream=stream)
    loop = asyncio.new_event_loop()
    loop.call_exception_handler(
        {"message": "Task exception was lost", "exception": RuntimeError("lost xoxb-1-2-abc")}
    )
    loop.close()
    [event] = lines(stream)
    assert event["exception"][0]["exc_value"] == "lost [masked: Slack token]"
    assert event["level"] == "error"


def test_warnings_of_python_are_logged(stream: io.StringIO) -> None:
    configure_logging(settings(), stream=stream)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("soon gone", stacklevel=1)
        logging.captureWarnings(False)
    assert "soon gone" in lines(stream)[0]["event"]


@pytest.mark.parametrize("form", ["json", "console"])
def test_tracebacks_are_whole_chains_without_local_variables(
    stream: io.StringIO, form: str
) -> None:
    configure_logging(settings(log_format=form), stream=stream)

    def fail(text: str) -> None:
        try:
            int(text[:0])
        except ValueError as error:
            raise RuntimeError("second") from error

    try:
        fail("the customer's " + "message")
    except RuntimeError:
        structlog.get_logger().exception("worker.job_failed", job=3)
    out = stream.getvalue()
    assert "invalid literal for int" in out
    assert "second" in out
    assert "test_logs.py" in out
    assert "the customer's message" not in out


def test_taps_see_events_with_their_exception_before_it_is_rendered(stream: io.StringIO) -> None:
    seen: list[EventDict] = []

    def tap(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        seen.append(dict(event))
        return event

    configure_logging(settings(), tap, stream=stream)
    structlog.get_logger().error("a.fault", exc_info=ValueError("x"))
    assert seen[0]["event"] == "a.fault"
    assert seen[0]["exc_info"]


SECRETS = [
    ("bot token", "xoxb-12-34-AbCd", "[masked: Slack token]"),
    ("model key", "key sk-proj-abc_DEF-123456789", "key [masked: OpenAI key]"),
    ("Jira token", "ATATT3xFfGF0abcdef=12AB", "[masked: Atlassian token]"),
    (
        "header",
        "Authorization: Basic YWRhQGV4YW1wbGUuY29tOnNlY3JldA==",
        "Authorization: Basic [masked: credentials]",
    ),
    (
        "URL password",
        "postgresql://ada:se:cr@et@db/livesop",
        "postgresql://ada:[masked: password]@db/livesop",
    ),
    (
        "socket ticket",
        "wss://s.example/link/?ticket=ab-cd-ef&app_id=A1",
        "wss://s.example/link/?ticket=[masked: token]&app_id=A1",
    ),
    (
        "refused row",
        'violates check\nDETAIL:  Failing row contains (7, Ev1, "pay\nnow").',
        "violates check\nDETAIL:  Failing row contains [masked: row]",
    ),
]
HARMLESS = [
    "expected a URL such as postgresql://user:password@host:5432/livesop",
    "task-runner-is-late-again",
    "risk-assessment-document",
    "https://example.com:8080/a?b=c",
    "C012AB3CD:1712345678.000100",
    "2026-01-02T03:04:05Z",
    "mailto:ada@example.com",
]


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in SECRETS])
def test_secrets_are_masked(text: str, expected: str) -> None:
    assert mask(text) == expected


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_resembles_a_secret_stays(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize("secret", [case[1] for case in SECRETS[:5]])
def test_no_place_in_an_event_lets_a_secret_through(
    stream: io.StringIO, form: str, secret: str
) -> None:
    places: list[Callable[[Any], None]] = [
        lambda log: log.error(secret),
        lambda log: log.error("a.fault", detail=secret),
        lambda log: log.error("a.fault", detail={"deep": [(secret,)]}),
        lambda log: log.error("a.fault", error=ValueError(secret)),
        lambda log: log.error("a.fault", exc_info=ValueError(secret)),
        lambda log: log.error("a.fault", exc_info=ExceptionGroup("g", [OSError(secret)])),
        lambda _: logging.getLogger("slack_sdk").error("failed: %s", secret),
        lambda _: logging.getLogger("slack_sdk").error("failed", exc_info=ValueError(secret)),
    ]
    configure_logging(settings(log_format=form), stream=stream)
    for place in places:
        place(structlog.get_logger())
    assert stream.getvalue().count("[masked: ") >= len(places)
    assert secret.split()[-1] not in stream.getvalue()


def test_masking_keeps_plain_values_as_they_are() -> None:
    value = {"a": [1, 2.5, None, True], 3: ("x",)}
    assert masked(value) == {"a": [1, 2.5, None, True], "3": ["x"]}
