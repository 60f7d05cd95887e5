"""Knowledge: what evaluators may cite, and past cases that a message is like."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from livesop_bot.domain.signals import SignalId

DocumentId = NewType("DocumentId", int)
PassageId = NewType("PassageId", int)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A piece of a document, as evaluators get it and people see it cited.

    `source` says where the document came from, for people; `link` leads there, where it can.
    """

    id: PassageId
    title: str
    text: str
    source: str
    link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCase:
    """An earlier signal of the team and what became of it: `outcome` is a few words for people."""

    signal: SignalId
    text: str
    workflow_title: str
    outcome: str
    permalink: str | None
    occurred_at: datetime
