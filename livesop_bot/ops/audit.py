"""The audit log for operators: verified, listed, and written as CSV."""

import csv
from datetime import UTC
from typing import TextIO

from livesop_bot.db.audit import Verified
from livesop_bot.domain.audit import AuditRow

_COLUMNS = (
    "team", "number", "at", "actor", "kind", "subject", "before", "after", "previous", "hash"
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


class AuditCsv:
    """Writes rows as CSV: times in UTC, hashes in hexadecimal, nothing that computes."""

    def __init__(self, file: TextIO) -> None:
        """Write the names of the columns."""
        self._writer = csv.writer(file)
        self._writer.writerow(_COLUMNS)

    def write(self, row: AuditRow) -> None:
        """Write a row."""
        texts = (row.actor, row.kind, row.subject, row.before or "", row.after or "")
        self._writer.writerow(
            (
                _harmless(row.team),
                row.number,
                row.at.astimezone(UTC).isoformat(timespec="microseconds"),
                *map(_harmless, texts),
                row.previous.hex(),
                row.hash.hex(),
            )
        )


def audit_line(row: AuditRow) -> str:
    """Say a row to people."""
    at = f"{row.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"
    change = " → ".join(value for value in (row.before, row.after) if value)
    return f"{row.number:>6}  {at}  {row.actor}  {row.kind}  {row.subject}  {change}"


def verified_line(verified: Verified) -> str:
    """Say to people what verifying found; the head is to be kept elsewhere."""
    team, last, head = verified.team, verified.head.number, verified.head
    if verified.fault is not None:
        rows = f"rows 1 to {last} are whole" if last else "no row is whole"
        return f"{team}: broken: {verified.fault}; {rows}"
    return f"{team}: whole, {last} rows; head {head}" if last else f"{team}: no rows"


def _harmless(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
