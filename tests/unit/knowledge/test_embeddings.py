"""Vectors: checked before anybody uses them, and made beside the event loop."""

import math
import threading
from collections.abc import Iterable, Sequence

import pytest

from livesop_bot.domain.signals import TeamId
from livesop_bot.errors import EmbedderBroken
from livesop_bot.knowledge.embeddings import InThread, checked


@pytest.mark.parametrize(
    "vectors",
    [
        [],
        [[1.0], [1.0]],
        [[0.0, 0.0]],
        [[math.nan, 1.0]],
        [[math.inf, 1.0]],
        [[]],
    ],
)
def test_unusable_vectors_are_refused(vectors: list[list[float]]) -> None:
    with pytest.raises(EmbedderBroken):
        checked(vectors, 1)


def test_vectors_of_different_dimensions_are_refused() -> None:
    with pytest.raises(EmbedderBroken, match="dimensions"):
        checked([[1.0], [1.0, 2.0]], 2)


def test_vectors_get_length_one() -> None:
    assert checked([[3.0, 4.0]], 1) == [[0.6, 0.8]]


class Model:
    """Notes its threads; the vector of a text is its length."""

    model = "lengths"

    def __init__(self) -> None:
        self.threads: set[int] = set()
        self.most = 0

    def embed(self, texts: Sequence[str]) -> Iterable[Iterable[float]]:
        """Give a vector for each text."""
        self.threads.add(threading.get_ident())
        self.most = max(self.most, len(texts))
        return [(float(len(text)), 1.0) for text in texts]


async def test_a_blocking_model_has_a_thread_and_small_portions() -> None:
    model = Model()
    embeddings = InThread(model, floor=0.3, at_once=2)
    vectors = await embeddings.embed(TeamId("T1"), ["", "a", "bb", "ccc", "dddd"])
    assert [vector[0] / vector[1] for vector in vectors] == pytest.approx([0, 1, 2, 3, 4])
    assert model.most == 2
    assert len(model.threads) == 1
    assert threading.get_ident() not in model.threads
    assert (embeddings.model, embeddings.floor) == ("lengths", 0.3)
