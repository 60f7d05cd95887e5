"""The local model, read into memory once for all who use it: it takes time, and 110 MB."""

from collections.abc import Sequence
from threading import Lock

from livesop_bot.embeddings.embedder import Vectors
from livesop_bot.embeddings.local_model import LocalModel
from livesop_bot.errors import EmbedderBroken


class SharedModel:
    """An Embedder that reads its model when it is first used; whoever comes meanwhile waits."""

    model = LocalModel.model
    dimensions = LocalModel.dimensions

    def __init__(self) -> None:
        self._lock = Lock()
        self._loaded: LocalModel | None = None

    def get(self) -> LocalModel:
        """Give the model. Raises as LocalModel.load does."""
        with self._lock:
            if self._loaded is None:
                self._loaded = LocalModel.load()
            return self._loaded

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One vector of length 1 for each text. Raises EmbedderBroken where there is no model."""
        try:
            model = self.get()
        except (ImportError, ValueError) as error:
            raise EmbedderBroken(f"the local model cannot be read: {error}") from error
        return model.embed(texts)
