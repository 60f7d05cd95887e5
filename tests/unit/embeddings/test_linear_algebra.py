"""numpy's linear algebra stays in the thread that asks for it, once the local model is there."""

import subprocess
import sys

import pytest

from livesop_bot.embeddings.linear_algebra import openblas


@pytest.mark.skipif(openblas("get_num_threads") is None, reason="numpy uses another library")
def test_the_local_model_keeps_products_of_matrices_to_one_core() -> None:
    """In a process of its own: the number is the whole process's."""
    code = """
from livesop_bot.embeddings.linear_algebra import openblas
from livesop_bot.embeddings.local_model import LocalModel
openblas("set_num_threads")(2)
LocalModel.load()
print(openblas("get_num_threads")())
"""
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert out.stdout == "1\n"


def test_a_function_that_is_not_there_is_none() -> None:
    assert openblas("no_such_function") is None
