"""Audit heads in the log: kept where the logs are, they show if a chain was rewritten."""

import structlog

from livesop_bot.db.audit import Audit

log = structlog.get_logger()


async def log_heads(audit: Audit) -> None:
    """Log the head of every team's audit log, as `livesop audit verify --head` takes it."""
    for team, head in (await audit.heads()).items():
        log.info("audit.head", team=team, head=str(head))
