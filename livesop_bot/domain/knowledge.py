"""Knowledge: what evaluators may cite, and past cases that a message is like."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from livesop_bot.domain.signals import ChannelId, SignalId, TeamId

DocumentId = NewType("DocumentId", int)
PassageId = NewType("PassageId", int)

BODY = 3_000
"""Characters of a text that a form takes; Slack's own bound."""


class DocumentKind(StrEnum):
    """Where a document came from."""

    TEXT = "text"
    MESSAGE = "message"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document that can be found; `heading` says what it is about."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDocument:
    """A document on its way into the knowledge of a team, its secrets masked.

    `message` is the Slack message that it was taken from (`channel:ts`): it goes when that goes.
    `body` is its text, where that is no longer than BODY.
    """

    team: TeamId
    title: str
    kind: DocumentKind
    source: str
    link: str | None
    message: str | None
    added_by: str
    chunks: Sequence[Chunk]
    body: str | None = None

    @property
    def content_hash(self) -> str:
        """What tells whether the team has this text already, under whatever title."""
        return content_hash(self.chunks)


def content_hash(chunks: Sequence[Chunk]) -> str:
    """SHA-256 of a text, by its chunks and without their headings, as hexadecimal."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk.text.encode() + b"\0")
    return digest.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document of a team; `problem` says why it cannot be found by its meaning yet, if so."""

    id: DocumentId
    title: str
    kind: DocumentKind
    source: str
    link: str | None
    added_by: str
    created_at: datetime
    chunks: int
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A judgement that cited a document: when, and of which message."""

    at: datetime
    channel: ChannelId
    permalink: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """A document as the shelf shows it: how often it was cited in 30 days, and where last.

    `is_waiting`: its vectors are still to be made.
    """

    document: Document
    cited: int = 0
    latest: Sequence[Citation] = ()
    is_waiting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeState:
    """How well knowledge can be found. `why_no_vectors` is empty where there can be vectors.

    `waiting` and `failed` count documents and cases whose vectors of the model in use are still
    to be made, and documents whose could not be made.
    """

    why_no_vectors: str
    waiting: int = 0
    failed: int = 0


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
