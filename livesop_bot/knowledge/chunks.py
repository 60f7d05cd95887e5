"""Chunks: a document cut into pieces that are found, embedded and cited one by one.

Pieces follow what the writer made: headings, paragraphs, lists, tables, code. A piece is about 220
tokens, which small embedding models read to the end, and every word of the document is in one.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from livesop_bot.domain.knowledge import Chunk
from livesop_bot.errors import DocumentRefused

MOST_CHUNKS = 500
"""Of one document; more is a book, and better given chapter by chapter."""

_FULL = 220.0
"""Tokens of a piece; what must be longer (a table, code) may come up to _MOST."""
_MOST = 320.0
_OVERLAP = 30.0
_HEADING = 200
"""Characters of a heading; anything longer is text."""

_HEADING_LINE = re.compile(r"(#{1,6})[ \t]+(\S.*?)[ \t]*#*[ \t]*")
_FENCE = re.compile(r"[ \t]*(```+|~~~+)")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\n+")


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines that belong together; `whole`: table or code, cut between lines only if it must be."""

    lines: Sequence[str]
    whole: bool = False


@dataclass(slots=True)
class _Section:
    """What stands below one heading; `path` are the headings above, outermost first."""

    path: tuple[str, ...]
    blocks: list[_Block] = field(default_factory=list)


def cut(title: str, text: str) -> list[Chunk]:
    """Cut a text, Markdown or not. Raises DocumentRefused where it is too long or has no words."""
    chunks: list[Chunk] = []
    for section in _sections(text):
        below = section.path[1:] if section.path[:1] == (title,) else section.path
        heading = " › ".join((title, *below))
        # A heading with nothing below it may still be what somebody looks for.
        pieces = list(_pack(section.blocks)) or list(section.path[-1:])
        chunks += (Chunk(heading, piece) for piece in pieces)
        _bounded(chunks)
    if not chunks:
        raise DocumentRefused("There is no text in it.")
    return chunks


def cut_rows(title: str, text: str) -> list[Chunk]:
    """Cut a CSV: a chunk a row, each value beside its column's name; several if there are many.

    Raises DocumentRefused where it is too long, or has no rows.
    """
    try:
        dialect = csv.Sniffer().sniff(text[:10_000], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    try:
        rows = [row for row in csv.reader(io.StringIO(text), dialect) if any(map(str.strip, row))]
    except csv.Error as error:
        raise DocumentRefused(f"This is no CSV that can be read: {error}.") from error
    if not rows:
        raise DocumentRefused("There is no text in it.")
    names, *values = rows
    told = [_row(names, row) for row in values] or [" | ".join(names)]
    per_chunk = -(-len(told) // MOST_CHUNKS)
    groups = ["\n".join(told[at : at + per_chunk]) for at in range(0, len(told), per_chunk)]
    # A row may be as long as a document; such ones are cut like text.
    pieces = [piece for group in groups for piece in _pack([_Block(group.splitlines())])]
    return _bounded([Chunk(title, piece) for piece in pieces])


def tokens(text: str) -> float:
    """Guess the tokens in a text: four letters make one, an East Asian character is one."""
    wide = sum(character >= "\u2e80" for character in text)
    return wide + (len(text) - wide) / 4


def _row(names: Sequence[str], row: Sequence[str]) -> str:
    named = [*names, *([""] * (len(row) - len(names)))]
    parts = [
        f"{' '.join(name.split())}: {' '.join(value.split())}".removeprefix(": ")
        for name, value in zip(named, row, strict=False)
        if value.strip()
    ]
    return " | ".join(parts)


def _bounded(chunks: list[Chunk]) -> list[Chunk]:
    if len(chunks) > MOST_CHUNKS:
        raise DocumentRefused(
            f"It is too long: it makes more than {MOST_CHUNKS} passages. Please add it in parts."
        )
    return chunks


def _sections(text: str) -> Iterator[_Section]:
    """Take a text apart at its headings; blocks in between, at empty lines."""
    section = _Section(())
    levels: list[tuple[int, str]] = []
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        line = lines[at]
        if fence := _FENCE.match(line):
            end = _fence_end(lines, at + 1, fence[1])
            section.blocks.append(_Block(lines[at:end], whole=True))
            at = end
        elif (found := _HEADING_LINE.fullmatch(line)) and len(found[2]) <= _HEADING:
            yield section
            level = len(found[1])
            levels = [each for each in levels if each[0] < level] + [(level, found[2])]
            section = _Section(tuple(name for _, name in levels))
            at += 1
        else:
            end = at + 1
            is_table = line.lstrip().startswith("|")
            while end < len(lines) and _continues(lines[end], is_table=is_table):
                end += 1
            section.blocks.append(_Block(lines[at:end], whole=is_table))
            at = end
    yield section


def _fence_end(lines: Sequence[str], at: int, fence: str) -> int:
    """Where code ends, after its closing fence; at the document's end if there is none."""
    while at < len(lines):
        at += 1
        if lines[at - 1].strip().startswith(fence):
            break
    return at


def _continues(line: str, *, is_table: bool) -> bool:
    if not line.strip() or _FENCE.match(line) or _HEADING_LINE.fullmatch(line):
        return False
    return line.lstrip().startswith("|") is is_table


def _pack(blocks: Sequence[_Block]) -> Iterator[str]:
    """Fill pieces with blocks. Where prose goes on in the next one, its last sentence does too."""
    piece = ""
    for block in blocks:
        limit = _MOST if block.whole else _FULL
        for part in _parts(block):
            together = f"{piece}\n{part}" if piece else part
            if piece and tokens(together) > limit:
                yield piece
                tail = "" if block.whole else _tail(piece)
                together = f"{tail}\n{part}" if tail and tokens(tail + part) <= limit else part
            piece = together
    if piece:
        yield piece


def _parts(block: _Block) -> Iterator[str]:
    """A block, whole if it fits into a piece; else its lines, its sentences, its words."""
    text = "\n".join(line.rstrip() for line in block.lines).strip("\n")
    if not text.strip():
        return
    if tokens(text) <= (_MOST if block.whole else _FULL):
        yield text
        return
    parts = block.lines if block.whole else _SENTENCE_END.split(text)
    for part in parts:
        if part.strip():
            yield from _words(part.strip("\n")) if tokens(part) > _FULL else [part.strip("\n")]


def _words(text: str) -> Iterator[str]:
    """Cut between words, and within a word that is longer than a piece."""
    piece = ""
    for word in text.split():
        most = int(_FULL)
        for part in [word[at : at + most] for at in range(0, len(word), most)]:
            together = f"{piece} {part}" if piece else part
            if piece and tokens(together) > _FULL:
                yield piece
                together = part
            piece = together
    if piece:
        yield piece


def _tail(piece: str) -> str:
    """The last sentence, if it is short enough to be said twice."""
    last = [part for part in _SENTENCE_END.split(piece) if part.strip()][-1].strip()
    return last if last != piece.strip() and tokens(last) <= _OVERLAP else ""
