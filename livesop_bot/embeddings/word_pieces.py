"""The tokens that the local model reads: uncased WordPiece, as BERT defines it.

See Devlin et al., "BERT", 2019, and Wu et al., "Google's Neural Machine Translation System", 2016.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

_VOCABULARY = Path(__file__).with_name("vocab.txt")
_WORD_LIMIT = 100
"""Characters; a longer word is unknown."""
# Each of these is a word of its own, as is all other punctuation.
_IDEOGRAPHS = (
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002a6df\U0002a700-\U0002b81f"
    "\U0002b820-\U0002ceaf\U0002f800-\U0002fa1f"
)
_IDEOGRAPH = re.compile(f"([{_IDEOGRAPHS}])")


class WordPieces:
    """Cuts texts into the pieces of the model's vocabulary."""

    def __init__(self) -> None:
        lines = _VOCABULARY.read_text(encoding="utf-8").splitlines()
        self._ids = {piece: number for number, piece in enumerate(lines)}
        self._first, self._last = self._ids["[CLS]"], self._ids["[SEP]"]
        self._unknown = self._ids["[UNK]"]
        self._pieces = lru_cache(20_000)(self._cut)

    def ids(self, text: str, limit: int) -> list[int]:
        """The ids of a text, with the marks of its beginning and end; at most `limit`."""
        found = [self._first]
        for word in _words(text):
            found.extend(self._pieces(word))
            if len(found) >= limit:
                break
        return [*found[: limit - 1], self._last]

    def _cut(self, word: str) -> tuple[int, ...]:
        if len(word) > _WORD_LIMIT:
            return (self._unknown,)
        found: list[int] = []
        start = 0
        while start < len(word):
            for end in range(len(word), start, -1):
                piece = word[start:end] if start == 0 else f"##{word[start:end]}"
                if piece in self._ids:
                    found.append(self._ids[piece])
                    start = end
                    break
            else:
                return (self._unknown,)
        return tuple(found)


def _words(text: str) -> Iterator[str]:
    text = "".join(" " if char.isspace() else char for char in text if _is_text(char))
    text = _IDEOGRAPH.sub(r" \1 ", text).lower()
    text = "".join(
        char for char in unicodedata.normalize("NFD", text) if unicodedata.category(char) != "Mn"
    )
    for chunk in text.split():
        word = ""
        for char in chunk:
            if _is_punctuation(char):
                if word:
                    yield word
                yield char
                word = ""
            else:
                word += char
        if word:
            yield word


def _is_text(char: str) -> bool:
    return char in "\t\n\r" or (char != "\ufffd" and not unicodedata.category(char).startswith("C"))


def _is_punctuation(char: str) -> bool:
    return (char.isascii() and not char.isalnum() and not char.isspace()) or unicodedata.category(
        char
    ).startswith("P")
