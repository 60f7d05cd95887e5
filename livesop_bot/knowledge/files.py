"""Files: what people hand over, told apart by its content and read into chunks."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from livesop_bot.domain.knowledge import Chunk
from livesop_bot.errors import DocumentRefused
from livesop_bot.knowledge.chunks import cut, cut_rows
from livesop_bot.knowledge.pdf import PdfReader

MOST_BYTES = 5 * 1024 * 1024
MOST_CHARACTERS = 1_000_000

KINDS = "Markdown, text, CSV and PDF files"

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says: a title, its text, and whether that is rows of a CSV."""

    title: str
    text: str
    is_table: bool = False

    def chunks(self, text: str) -> Sequence[Chunk]:
        """Cut `text`, which is the file's own but for its secrets. Raises DocumentRefused."""
        return cut_rows(self.title, text) if self.is_table else cut(self.title, text)


async def read_file(name: str, content: bytes, pdf: PdfReader) -> Reading:
    """Read a file. Raises DocumentRefused, in words for whoever gave it."""
    path = PurePath(name)
    title = title_of(path.stem.replace("_", " ").replace("-", " ")) or "Untitled"
    if len(content) > MOST_BYTES:
        raise DocumentRefused(f"It is too large: at most {MOST_BYTES // 1024**2} MB can be read.")
    if b"%PDF-" in content[:1024]:
        return Reading(title, bounded(await pdf.read(content)))
    text = bounded(decoded(content))
    is_table = path.suffix.lower() in (".csv", ".tsv")
    if not is_table and text.lstrip().startswith("# "):  # Markdown that names itself
        title = title_of(text)
    return Reading(title, text, is_table)


def decoded(content: bytes) -> str:
    """Read bytes as text: UTF-8, UTF-16 with its mark, else Windows' Latin letters.

    Raises DocumentRefused where they are no text.
    """
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            try:
                return _text(content.removeprefix(bom).decode(encoding))
            except UnicodeDecodeError:
                break
    try:
        return _text(content.decode("utf-8"))
    except UnicodeDecodeError:
        return _text(content.decode("cp1252", errors="replace"))


def _text(text: str) -> str:
    """Refuse what reads as letters by accident: archives, pictures, Office files."""
    odd = sum(letter == "\ufffd" or (letter < " " and letter not in "\t\n\r\f") for letter in text)
    if odd > len(text) / 100:
        raise DocumentRefused(f"It is of a kind that cannot be read. {KINDS} can.")
    return text


def bounded(text: str) -> str:
    """Give the text back; raises DocumentRefused where it is too long."""
    if len(text) > MOST_CHARACTERS:
        raise DocumentRefused(
            f"It is too long: at most {MOST_CHARACTERS:,} characters can be kept. "
            "Please add it in parts."
        )
    return text


def title_of(text: str) -> str:
    """A title from the first line of a text, without Markdown's signs."""
    line = next((line for line in map(str.strip, text.splitlines()) if line.strip("#*_>- ")), "")
    line = " ".join(line.replace("**", "").strip("#*_> ").split())
    return line if len(line) <= 100 else line[:99].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"
