"""Files, told apart by their content, and refused in words that say what to do."""

import io

import pytest
from pypdf import PdfWriter

from livesop_bot.errors import DocumentRefused
from livesop_bot.knowledge.files import MOST_BYTES, decoded, read_file, title_of
from livesop_bot.knowledge.pdf import PdfReader

PDF = PdfReader()


def a_pdf(text: str, password: str | None = None) -> bytes:
    """A PDF of one page that shows `text`; none at all where it is empty."""
    stream = f"BT /F1 24 Tf 72 700 Td ({text}) Tj ET".encode() if text else b""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n"
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % start
    if password is None:
        return bytes(out)
    writer = PdfWriter(clone_from=io.BytesIO(bytes(out)))
    writer.encrypt(password, algorithm="RC4-128")
    locked = io.BytesIO()
    writer.write(locked)
    return locked.getvalue()


async def test_a_pdf_is_known_by_its_content() -> None:
    reading = await read_file("on_call-handbook.bin", a_pdf("Page the backup."), PDF)
    assert (reading.title, reading.text.strip()) == ("on call handbook", "Page the backup.")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (a_pdf("secret", password="x"), "protected by a password"),
        (a_pdf(""), "scanned"),
        (a_pdf("text")[:200], "damaged"),
        (b"%PDF-1.7\n" + b"\0" * 500, "damaged"),
        (b"PK\x03\x04" + bytes(range(256)) * 20, "kind that cannot be read"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(32)) * 20, "kind that cannot be read"),
        (b"x" * (MOST_BYTES + 1), "too large"),
        (b"x" * 1_000_001, "too long"),
    ],
    ids=["locked", "scanned", "cut", "no pdf", "zip", "picture", "large", "long"],
)
async def test_what_cannot_be_read_is_refused_with_a_reason(content: bytes, why: str) -> None:
    with pytest.raises(DocumentRefused, match=why):
        await read_file("a.pdf", content, PDF)


async def test_an_owner_password_alone_locks_nobody_out() -> None:
    reading = await read_file("a.pdf", a_pdf("Open to read.", password=""), PDF)
    assert "Open to read." in reading.text


async def test_a_pdf_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(DocumentRefused, match="too long to read"):
        await PdfReader(timeout=0.001).read(a_pdf("text"))


async def test_markdown_names_itself() -> None:
    assert (await read_file("a_b.md", b"\n# The **rota**\n\nText", PDF)).title == "The rota"
    assert (await read_file("a_b.txt", b"Text", PDF)).title == "a b"


async def test_tables_are_cut_by_rows() -> None:
    reading = await read_file("faq.CSV", b"q,a\nWho?,Ada\n", PDF)
    (chunk,) = reading.chunks(reading.text)
    assert (chunk.heading, chunk.text) == ("faq", "q: Who? | a: Ada")


@pytest.mark.parametrize(
    "content",
    ["Grüße, 日本".encode(), "\ufeffGrüße, 日本".encode(), "\ufeffGrüße, 日本".encode("utf-16-le")],
)
def test_encodings_are_told_by_their_mark(content: bytes) -> None:
    assert decoded(content).endswith("Grüße, 日本")


def test_latin_letters_of_windows_are_read() -> None:
    assert decoded("Größe “x”".encode("cp1252")) == "Größe “x”"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# Title\nmore", "Title"),
        ("\n---\n\n  *Bold* \n", "Bold"),
        ("one two " * 30, "one two " * 11 + "one two…"),
        ("###", ""),
    ],
)
def test_titles_come_from_the_first_line(text: str, title: str) -> None:
    assert title_of(text) == title
