"""The audit log: what it holds, and how its chain is checked.

Every row has a hash that covers its content and the hash of the row before, so that a row that was
changed, put in, moved or taken out breaks the chain of its team. The hash is SHA-256 over the
UTF-8 of ten lines, joined by a line feed and without one at the end:

    livesop.audit.1     the name of this form
    T0123               team
    7                   number, from 1 and without gaps
    1795495676801286    time, in microseconds since 1970 UTC
    U0123               actor
    switch              kind
    workflow:refund     subject
    {"on": false}       before, as PostgreSQL writes a jsonb; empty where there is none
    {"on": true}        after, likewise
    9f86d0…             hash of the row before, in lower-case hexadecimal; 64 zeros for the first

None of the ten may hold a line feed, so no two rows give the same text. PostgreSQL computes the
hash when it stores a row (`audit_chain` in the migrations); this module computes it again.

A chain shows that it is whole, not that it is the one that was written: whoever can rewrite all of
it, and the head with it, leaves no trace in the database. A head that was kept elsewhere shows it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.runs import PauseId, RunId
from livesop_bot.domain.signals import SignalId, TeamId
from livesop_bot.domain.workflows import StepId

_FORM = "livesop.audit.1"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BEFORE_THE_FIRST = bytes(32)

BOT = "livesop"
"""The actor where LiveSOP itself did something."""

Value = str | int | bool | None
"""What before and after hold: ids and settings, never the text of a message."""


class AuditKind(StrEnum):
    """What was done."""

    SWITCH = "switch"
    PUBLISH = "publish"
    REPLAY = "replay"
    REFUSAL = "refusal"
    APPROVAL = "approval"
    ACTION = "action"
    RUN = "run"
    SETTINGS = "settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Something that was done, or refused, on its way into the log.

    `actor`: a Slack user's id, or who else it was; `before` is None where there was nothing.
    """

    actor: str
    kind: AuditKind
    subject: str
    before: Mapping[str, Value] | None = None
    after: Mapping[str, Value] | None = None


def switch_subject(scope: Scope, subject: str) -> str:
    """Name a switch."""
    return f"{scope}:{subject}"


def workflow_subject(slug: str) -> str:
    """Name an SOP."""
    return f"workflow:{slug}"


def signal_subject(signal: SignalId) -> str:
    """Name a signal."""
    return f"signal:{signal}"


def run_subject(run: RunId, step: StepId | None = None) -> str:
    """Name a run, or one of its steps."""
    return f"run:{run}" if step is None else f"run:{run}/{step}"


def halt_subject(team: TeamId) -> str:
    """Name all that was planned for a team."""
    return f"planned:{team}"


def settings_subject(team: TeamId) -> str:
    """Name a team's settings."""
    return f"settings:{team}"


def pause_subject(pause: PauseId) -> str:
    """Name a pause of a step."""
    return f"pause:{pause}"


@dataclass(frozen=True, slots=True)
class AuditHead:
    """The last row of a chain. Written `7:9f86d0…`, it can be kept elsewhere and compared."""

    number: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.number}:{self.hash.hex()}"

    @classmethod
    def parse(cls, text: str) -> "AuditHead":
        """Read what str() wrote; raises ValueError."""
        number, _, digest = text.partition(":")
        head = cls(int(number), bytes.fromhex(digest))
        if head.number < 1 or len(head.hash) != len(_BEFORE_THE_FIRST):
            raise ValueError(f"expected a head such as 7:9f86d0…, found {text}")
        return head


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """A row as it is stored; `before` and `after` in PostgreSQL's writing of a jsonb."""

    team: TeamId
    number: int
    at: datetime
    actor: str
    kind: str
    subject: str
    before: str | None
    after: str | None
    previous: bytes
    hash: bytes

    def digest(self) -> bytes:
        """Compute the hash that it must have."""
        lines = (
            _FORM,
            self.team,
            str(self.number),
            str((self.at - _EPOCH) // timedelta(microseconds=1)),
            self.actor,
            self.kind,
            self.subject,
            self.before or "",
            self.after or "",
            self.previous.hex(),
        )
        return hashlib.sha256("\n".join(lines).encode()).digest()


class Chain:
    """Checks a team's rows one by one, from the first; a fault is a sentence for people."""

    def __init__(self, kept: AuditHead | None = None) -> None:
        """Expect also the row of a head that was `kept` elsewhere."""
        self._kept = kept
        self.last = AuditHead(0, _BEFORE_THE_FIRST)

    def fault(self, row: AuditRow) -> str | None:
        """Say what is wrong with the next row; None: it continues the chain."""
        due = self.last.number + 1
        if row.number > due:
            return _missing(due, row.number - 1)
        if row.number < due:
            return f"row {row.number} stands where row {due} is due"
        if row.digest() != row.hash:
            return f"row {row.number} was changed: its hash does not fit its content"
        if row.previous != self.last.hash:
            if row.number == 1:
                return "row 1 was not the first when it was written"
            return (
                f"row {row.number} does not continue row {due - 1}: row {due - 1} was changed and "
                f"hashed anew, or row {row.number} was written to follow another"
            )
        self.last = AuditHead(row.number, row.hash)
        if self._kept and self._kept.number == row.number and self._kept.hash != row.hash:
            return f"row {row.number} is not the one whose head was kept: the chain was rewritten"
        return None

    def fault_at_the_end(self, head: AuditHead | None) -> str | None:
        """Say what is wrong after the last row, given the head as it is stored."""
        last = self.last.number
        if head is None:
            return "the head is missing, though there are rows" if last else self._kept_row(last)
        if head.number > last:
            return f"{_missing(last + 1, head.number)} at the end"
        if head.number < last:
            return f"row {head.number + 1} stands behind the head, which ends at {head.number}"
        if head.hash != self.last.hash:
            return f"row {last} is not the one of the head: one of the two was changed"
        return self._kept_row(last)

    def _kept_row(self, last: int) -> str | None:
        if self._kept and self._kept.number > last:
            return f"{_missing(last + 1, self._kept.number)} at the end, by the head that was kept"
        return None


def _missing(first: int, last: int) -> str:
    return f"row {first} is missing" if first == last else f"rows {first} to {last} are missing"
