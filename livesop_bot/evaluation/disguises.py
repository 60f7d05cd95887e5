"""Disguises of text, looked through: look-alike letters, invisible signs, codes, words backwards.

What is looked at is a plain form of the text; `places` leads back to the text as it stands.
"""

import base64
import binascii
import codecs
import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import unquote_plus

_ALIKE = str.maketrans(
    "аеорсухіјѕԁһԛԝкмтвнӏгαεικνορτυχηıɡɩʟᴀʙᴄᴅᴇɢʜɪᴊᴋᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢøł’‘“”«»‐‑‒–—―⠀",
    'aeopcyxijsdhqwkmtbhlraeikvoptuxnigilabcdeghijkmnoprstuvwyzol\'\'""""------ ',
)
_TAGS = range(0xE0020, 0xE007F)
_KEPT = 4_096
_LEET = str.maketrans("0134578@$!|", "oieastbasil")
_ROT13 = str.maketrans(
    "abcdefghijklmnopqrstuvwxyz", codecs.encode("abcdefghijklmnopqrstuvwxyz", "rot13")
)

# Words that most instructions to a model have one of: only texts with one of them, written another
# way, are looked at that way.
_TELLING = (
    *("ignor", "disregard", "forget", "overrid", "instruct", "system", "prompt", "assistant"),
    *("workflow", "confidence", "autopilot", "auto-pilot"),
)
_ROTATED = tuple(word.translate(_ROT13) for word in _TELLING)
_BACKWARDS = tuple(word[::-1] for word in _TELLING)
_DIGIT_AS_LETTER = re.compile(r"[a-z][0134578@$!|][a-z]|\b[0134578@$!|][a-z]{2}")

# Text spelled in tags, which nobody sees. A flag like Scotland's is a black flag and tags.
HIDDEN = re.compile("(?<![\N{WAVING BLACK FLAG}\U000e0020-\U000e007f])[\U000e0020-\U000e007f]{2,}")

_BASE64 = re.compile(r"(?<![\w+/-])[A-Za-z0-9+/_-]{20,}+(?:\s{1,4}[A-Za-z0-9+/_-]{20,}+)*={0,2}")
_BASE32 = re.compile(r"(?<![\w=])[A-Z2-7]{24,}+={0,6}(?![\w=])")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:(?:0x|\\x)?[0-9A-Fa-f]{2}[\s:,]?){16,}(?![0-9A-Za-z])")
_ESCAPED = re.compile(r"\S{12,}")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_UNICODE_ESCAPE = re.compile(r"\\(?:u00|u\{|x)([0-9A-Fa-f]{2})\}?")


class _Plain(dict[int, str]):
    """What becomes of a code point: looked up once, and kept while there are not too many."""

    def __missing__(self, code: int) -> str:
        plain = chr(code - 0xE0000) if code in _TAGS else _plain(chr(code))
        if len(self) < _KEPT:
            self[code] = plain
        return plain


def _plain(char: str) -> str:
    if unicodedata.category(char) in {"Zl", "Zp"} or char == "\x85":
        return "\n"
    if 0x1F130 <= ord(char) <= 0x1F189:  # letters in black or white circles and squares
        return chr(ord("a") + (ord(char) - 0x1F130) % 32 % 26)
    kept = (
        part
        for part in unicodedata.normalize("NFKD", char)
        if part in "\n\r\t" or unicodedata.category(part)[0] not in "MC"
    )
    return "".join(kept).casefold().translate(_ALIKE)


_PLAIN = _Plain()


def plain(text: str) -> str:
    """Lower case, without accents, invisible signs and look-alike letters."""
    return text.lower() if text.isascii() else text.translate(_PLAIN)


def places(text: str) -> Sequence[int]:
    """For each character of plain(text) its place in the text, and the text's end at last."""
    if text.isascii():
        return range(len(text) + 1)
    found = [at for at, char in enumerate(text) for _ in _PLAIN[ord(char)]]
    return [*found, len(text)]


@dataclass(frozen=True, slots=True)
class View:
    """One way to read a plain text; as long as that, so that places can be told."""

    text: str
    backwards: bool = False

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where in the plain text a span of this view is."""
        return (len(self.text) - end, len(self.text) - start) if self.backwards else (start, end)


def views(plain_text: str) -> Iterator[View]:
    """The ways to read it that may make sense; mostly it is read as it is, and that is all."""
    yield View(plain_text)
    if _DIGIT_AS_LETTER.search(plain_text):
        yield View(plain_text.translate(_LEET))
    if any(word in plain_text for word in _ROTATED):
        yield View(plain_text.translate(_ROT13))
    if any(word in plain_text for word in _BACKWARDS):
        yield View(plain_text[::-1], backwards=True)


def decoded(text: str) -> Iterator[tuple[int, int, str]]:
    """Spans that say something in base64, base32, hex or escapes, each with what it says."""
    for found in _BASE64.finditer(text):
        if said := _base64(found[0]):
            yield *found.span(), said
    for found in _BASE32.finditer(text):
        letters = found[0].rstrip("=")
        with suppress(binascii.Error):
            if said := _text(base64.b32decode(letters + "=" * (-len(letters) % 8))):
                yield *found.span(), said
    for found in _HEX.finditer(text):
        digits = re.sub(r"0x|\\x|[\s:,]", "", found[0])
        if said := _text(bytes.fromhex(digits)):
            yield *found.span(), said
    if "%" in text or "&" in text or "\\" in text:
        for found in _ESCAPED.finditer(text):
            if (said := _unescaped(found[0])) != found[0]:
                yield *found.span(), said


def _base64(blob: str) -> str:
    letters = re.sub(r"[\s=]", "", blob).replace("-", "+").replace("_", "/")
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    try:
        return _text(base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True))
    except binascii.Error:
        return ""


def _text(data: bytes) -> str:
    """What the bytes say, if that is text."""
    try:
        said = data.decode()
    except UnicodeDecodeError:
        return ""
    return "" if _CONTROL.search(said) else said


def _unescaped(word: str) -> str:
    if word.count("%") > 1:
        word = unquote_plus(word)
    if "&#" in word or "&amp;#" in word:
        word = html.unescape(html.unescape(word))
    if "\\" in word:
        word = _UNICODE_ESCAPE.sub(lambda found: chr(int(found[1], 16)), word)
    return word
