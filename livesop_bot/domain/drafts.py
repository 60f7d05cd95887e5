"""Drafts: what people changed of an SOP and have not published yet."""

from dataclasses import dataclass
from datetime import datetime

from livesop_bot.domain.signals import UserId
from livesop_bot.domain.workflows import WorkflowDefinition


class DraftMoved(Exception):
    """Somebody changed, published or discarded the draft meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A draft; at revision 0 nothing is stored yet, and it is the version `base` (0: none)."""

    definition: WorkflowDefinition
    base: int
    revision: int = 0
    changed_by: UserId | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLine:
    """A draft in a list."""

    slug: str
    title: str
    base: int
    changed_by: UserId
    changed_at: datetime
