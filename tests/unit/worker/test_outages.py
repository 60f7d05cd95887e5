"""What PgQueuer logs of an outage, and what else it logs."""

import logging
from collections.abc import MutableMapping
from typing import Any

import asyncpg
import pytest

import livesop_bot.worker.queue  # noqa: F401  it hears what PgQueuer logs
from livesop_bot.errors import DatabaseAway

_JOB = "Exception while processing entrypoint/job-id: %s/%s"


@pytest.mark.parametrize(
    ("error", "said", "is_fault"),
    [
        (ConnectionRefusedError(111, "refused"), "Unhandled exception in task: %s/%s", False),
        (asyncpg.ConnectionDoesNotExistError("gone"), "Failed to beat: %s/%s", False),
        (DatabaseAway("gone"), "Exception while processing entrypoint/expression: %s/%s", False),
        (asyncpg.UniqueViolationError("twice"), "Flush failed: %s/%s", True),
        (ConnectionRefusedError(111, "of a webhook, perhaps"), _JOB, True),
        (KeyError("a mistake"), "Unhandled exception in task: %s/%s", True),
    ],
)
def test_an_outage_is_a_warning_and_a_fault_an_error(
    log_events: list[MutableMapping[str, Any]],
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    said: str,
    *,
    is_fault: bool,
) -> None:
    logging.getLogger("pgqueuer").error(said, "sweep", 1, exc_info=error)
    assert len(caplog.records) == is_fault
    warned = [(one["event"], one["log_level"]) for one in log_events]
    assert warned == ([] if is_fault else [("queue.database_away", "warning")])
