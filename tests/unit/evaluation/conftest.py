"""What the tests of evaluators share."""

from collections.abc import Callable

import pytest

from livesop_bot.evaluation.evaluator import Question
from tests.questions import question

Ask = Callable[..., Question]


@pytest.fixture(scope="session")
def ask() -> Ask:
    """Puts a message as a question, over the starter pack unless other definitions are given."""
    return question
