"""How a text is spelt, as a vector: texts that share runs of letters lie close together.

It knows names, codes and words that a model of meaning has never seen.
"""

import math
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from livesop_bot.embeddings.embedder import Vectors

_WORD = re.compile(r"\w+")
_WORD_LIMIT = 40
_RUNS = (3, 4, 5)


def spelling(texts: Sequence[str], width: int) -> Vectors:
    """One vector of length 1 (0 without any word) for each text.

    Each run of letters counts up or down in one of `width` places, chosen by its checksum: two
    that meet there are as likely to add up as to cancel out (feature hashing, Weinberger et al.,
    2009).
    """
    vectors = np.zeros((len(texts), width), dtype=np.float32)
    for row, text in zip(vectors, texts, strict=True):
        for run, times in Counter(_runs(text.casefold())).items():
            place = zlib.crc32(run.encode("utf-8", "replace"))
            row[place % width] += (1 if place >> 31 else -1) * (1 + math.log(times))
    lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    found: Vectors = vectors / lengths
    return found


def _runs(text: str) -> Iterator[str]:
    for found in _WORD.finditer(text):
        word = f" {found[0][:_WORD_LIMIT]} "
        for size in _RUNS:
            for start in range(len(word) - size + 1):
                yield word[start : start + size]
