"""Outages as PgQueuer logs them: errors with a traceback each, which they are not."""

import logging

import structlog

from livesop_bot.db.pool import away
from livesop_bot.errors import DatabaseAway

_OF_A_JOB = "Exception while processing entrypoint/job-id"
"""What begins the message of a job that failed, which may be of anything."""

log = structlog.get_logger()


class Outages(logging.Filter):
    """Tells of them as we do, and lets all else pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if error is None or record.msg.startswith(_OF_A_JOB) or not _is_outage(error):
            return True
        log.warning("queue.database_away", error=str(error) or type(error).__name__)
        return False


def _is_outage(error: BaseException) -> bool:
    try:
        with away():
            raise error  # noqa: TRY301  away() is asked about it
    except DatabaseAway:
        return True
    except BaseException:  # noqa: BLE001  it is asked about, and no more
        return False
