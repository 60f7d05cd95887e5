"""PDF: read by a process of its own, for a file can be made to take all time and all memory.

Run as `python -m livesop_bot.knowledge.pdf` it reads a PDF from stdin and writes what it says to
stdout; with exit code 3, why it cannot.
"""

import asyncio
import io
import logging
import sys
from contextlib import suppress

from livesop_bot.errors import DocumentRefused

MOST_PAGES = 500

_REFUSED = 3
_MEMORY = 1024**3
_PROCESSES = 2


class PdfReader:
    """Reads PDFs within limits; `timeout` is in seconds."""

    def __init__(self, timeout: float = 30.0) -> None:
        self._timeout = timeout
        self._places = asyncio.Semaphore(_PROCESSES)

    async def read(self, content: bytes) -> str:
        """Give a PDF's text. Raises DocumentRefused, in words for whoever gave it."""
        async with self._places:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                "-m",
                "livesop_bot.knowledge.pdf",
                env={},  # what reads a stranger's file has no business with our tokens
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
            try:
                async with asyncio.timeout(self._timeout):
                    said, _ = await process.communicate(content)
            except TimeoutError:
                raise DocumentRefused(
                    f"This PDF takes too long to read (over {self._timeout:g} s)."
                ) from None
            finally:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        text = said.decode("utf-8", errors="replace")
        if process.returncode == _REFUSED:
            raise DocumentRefused(text)
        if process.returncode != 0:
            raise DocumentRefused("This PDF cannot be read: it is damaged, or made too large.")
        return text


def text_of(content: bytes) -> str:
    """Give a PDF's text, page by page. Raises DocumentRefused."""
    from pypdf import PdfReader as Reader  # here alone: only the process that reads needs it
    from pypdf.errors import PyPdfError

    logging.disable()  # pypdf tells every oddity of a file
    try:
        reader = Reader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise DocumentRefused("This PDF is protected by a password. Please add an open copy.")
        if len(reader.pages) > MOST_PAGES:
            raise DocumentRefused(
                f"This PDF is too long: at most {MOST_PAGES} pages can be read. "
                "Please add it in parts."
            )
        text = "\n\n".join(page.extract_text() for page in reader.pages)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        # A damaged file breaks pypdf in many ways; each of them is the file's fault.
        raise DocumentRefused("This PDF cannot be read: it is damaged.") from error
    if not text.strip():
        raise DocumentRefused(
            "This PDF has no text in it; it seems to be scanned. Please run text recognition (OCR) "
            "on it first."
        )
    return text


def main() -> int:
    """Read stdin, write stdout; gives the exit code."""
    _limit_memory()
    try:
        text, code = text_of(sys.stdin.buffer.read()), 0
    except DocumentRefused as error:
        text, code = str(error), _REFUSED
    sys.stdout.buffer.write(text.encode("utf-8", errors="replace"))
    return code


def _limit_memory() -> None:
    try:
        import resource  # not on Windows
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


if __name__ == "__main__":
    sys.exit(main())
