"""The shelf: where documents come in, whoever brings them."""

import asyncio
import re

from livesop_bot.db.documents import Added, Documents
from livesop_bot.domain.knowledge import BODY, Chunk, Document, DocumentKind, NewDocument
from livesop_bot.domain.signals import ChannelId, MessageTs, TeamId
from livesop_bot.knowledge.files import Reading, bounded, read_file, title_of
from livesop_bot.knowledge.pdf import PdfReader
from livesop_bot.masking import mask_secrets

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""What a text may hold and a PostgreSQL text may not."""


class Shelf:
    """Takes texts and files in, without their secrets. Raises DatabaseAway, DocumentRefused."""

    def __init__(self, documents: Documents, pdf: PdfReader) -> None:
        self._documents = documents
        self._pdf = pdf

    async def add_text(
        self,
        team: TeamId,
        text: str,
        *,
        title: str = "",
        by: str,
        source: str,
        link: str | None = None,
        message: tuple[ChannelId, MessageTs] | None = None,
    ) -> Added:
        """Add what somebody wrote; without `title` its first line is one."""
        named = " ".join(title.split())[:150] or title_of(text) or "Untitled"
        reading = Reading(_clean(named), bounded(text))
        kind = DocumentKind.TEXT if message is None else DocumentKind.MESSAGE
        return await self._add(team, reading, kind, by, source, link, message)

    async def add_file(
        self,
        team: TeamId,
        name: str,
        content: bytes,
        *,
        by: str,
        source: str,
        link: str | None = None,
        message: tuple[ChannelId, MessageTs] | None = None,
    ) -> Added:
        """Add a file, named as its owner named it."""
        reading = await read_file(_clean(name), content, self._pdf)
        return await self._add(team, reading, DocumentKind.FILE, by, source, link, message)

    async def _add(
        self,
        team: TeamId,
        reading: Reading,
        kind: DocumentKind,
        by: str,
        source: str,
        link: str | None,
        message: tuple[ChannelId, MessageTs] | None,
    ) -> Added:
        # A long text takes a second; the event loop has acks to send meanwhile.
        text, chunks = await asyncio.to_thread(_chunks, reading)
        return await self._documents.add(
            NewDocument(
                team=team,
                title=reading.title,
                kind=kind,
                source=source,
                link=link,
                message=None if message is None else ":".join(message),
                added_by=by,
                chunks=chunks,
                body=text if len(text) <= BODY else None,
            )
        )

    async def rewrite(
        self, team: TeamId, document: Document, *, title: str, text: str | None
    ) -> Document:
        """Give a document another title and another text (None: the one it has).

        Raises DocumentRefused also where it is gone, or the team has that text already.
        """
        named = _clean(" ".join(title.split())[:150]) or document.title
        if text is None:
            pieces = await self._documents.pieces(team, document.id)
            body, chunks = (
                None,
                [
                    Chunk(named + piece.heading.removeprefix(document.title), piece.text)
                    for piece in pieces
                ],
            )
        else:
            reading = Reading(named, bounded(text))
            body, chunks = await asyncio.to_thread(_chunks, reading)
        return await self._documents.replace(team, document.id, named, chunks, body)


def _chunks(reading: Reading) -> tuple[str, list[Chunk]]:
    text = _clean(reading.text)
    return text, list(reading.chunks(text))


def _clean(text: str) -> str:
    return mask_secrets(_UNSTORABLE.sub("\ufffd", text))
