"""The end of the process waits for native code, and begins none."""

import subprocess
import sys
from threading import Thread

import pytest

from livesop_bot.embeddings.native_code import NativeCode, ProcessEnding


def test_it_ends_once_nothing_is_under_way() -> None:
    calls = NativeCode()
    order = []

    def end() -> None:
        calls.end()
        order.append("ended")

    ending = Thread(target=end)
    with calls.call():
        ending.start()
        while not calls._ended:
            pass
        order.append("done")
    ending.join()
    assert order == ["done", "ended"]
    with pytest.raises(ProcessEnding), calls.call():
        pass


@pytest.mark.parametrize("wait", [0.0, 0.15, 0.3, 0.8])
def test_a_process_that_ends_while_the_model_is_read_ends_well(wait: float) -> None:
    code = f"""
import time
from livesop_bot.evaluation.semantic_evaluator import SemanticEvaluator
SemanticEvaluator()
time.sleep({wait})
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
