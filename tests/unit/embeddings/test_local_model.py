"""The local model: unit vectors by meaning, the same whatever stands beside a text."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livesop_bot.embeddings.local_model import LocalModel


@pytest.fixture(scope="module")
def model() -> LocalModel:
    return LocalModel.load()


def test_texts_that_mean_the_same_are_near(model: LocalModel) -> None:
    pay, same, cake = model.embed(
        ["customers cannot pay", "clients are unable to make a payment", "bake a cake"]
    )
    assert pay @ same > 0.6 > 0.2 > pay @ cake


def test_a_text_is_read_by_itself(model: LocalModel) -> None:
    texts = ["hello", "customers cannot pay " * 30, "", "the site is down", "é" * 500]
    together = model.read(texts)
    for n, text in enumerate(texts):
        alone = model.read([text])
        np.testing.assert_allclose(together.views[n], alone.views[0], atol=1e-4)


def test_it_has_a_row_for_each_text(model: LocalModel) -> None:
    assert model.embed([]).shape == (0, model.dimensions)
    assert model.read([]).views.shape == (0, 5 * model.dimensions)
    assert model.embed(["a", "b"]).shape == (2, model.dimensions)
    assert model.embed(["a"]).dtype == np.float32


@settings(max_examples=50)
@given(st.lists(st.text(), min_size=1, max_size=4))
def test_any_text_has_a_vector_of_length_1(model: LocalModel, texts: list[str]) -> None:
    vectors = model.embed(texts)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)


def test_its_packages_are_part_of_what_is_installed() -> None:
    assert LocalModel.is_installed()
