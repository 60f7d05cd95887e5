"""Fusion: several rankings of the same things made one."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

Item = TypeVar("Item")

_K = 60
"""Of Cormack, Clarke and Büttcher, “Reciprocal Rank Fusion” (SIGIR 2009)."""


def fuse(rankings: Iterable[Sequence[Item]], limit: int) -> list[Item]:
    """Reciprocal rank fusion: rank by the sum of 1 / (60 + rank), best first, at most `limit`.

    Ranks need no common scale, which shares of words and similarities of vectors do not have.
    What is equal stands as it was met first.
    """
    scores: dict[Item, float] = {}
    for ranking in rankings:
        for rank, item in enumerate(ranking, 1):
            scores[item] = scores.get(item, 0.0) + 1 / (_K + rank)
    return sorted(scores, key=scores.__getitem__, reverse=True)[:limit]
