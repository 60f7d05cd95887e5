"""The history of an SOP: its versions as they are listed."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLine:
    """A version in a list: by whom and when it was made, and what the SOP was called in it."""

    version: int
    title: str
    created_by: str
    created_at: datetime
