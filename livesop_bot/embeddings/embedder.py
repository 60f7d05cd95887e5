"""What makes vectors of texts."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""One text a row."""


class Embedder(Protocol):
    """Makes vectors. Blocks and burns CPU; safe to use from several threads.

    Vectors of different models are never compared: `model` is stored beside each.
    """

    model: str
    dimensions: int

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One vector of length 1 for each text, as rows of `dimensions` numbers."""
        ...
