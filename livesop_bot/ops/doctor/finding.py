"""A finding: one line of the doctor's report."""

from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """`fail` keeps LiveSOP from working as set; `skip` is what is not set."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, what was found, and what to do about it."""

    mark: Mark
    subject: str
    found: str
    advice: str = ""

    def __str__(self) -> str:
        line = f"{self.mark:<4}  {self.subject:<13}  {self.found}"
        line = f"{line}: {self.advice}" if self.advice else line
        return " ".join(line.splitlines())
