"""Parts built from the settings."""

import pytest

from livesop_bot.app.parts import environment
from livesop_bot.settings import Settings


@pytest.mark.parametrize(
    ("evaluator", "key", "asked"),
    [
        ("auto", "sk-1", True),
        ("openai", "sk-1", True),
        ("local", "sk-1", False),
        ("words", "sk-1", False),
        ("auto", None, False),
        ("words", None, False),
    ],
)
def test_people_hear_of_a_model_where_one_is_asked(
    evaluator: str, key: str | None, asked: bool
) -> None:
    settings = Settings(_env_file=None, openai_api_key=key, livesop_evaluator=evaluator)
    found = environment(settings)
    assert found.model == ("gpt-4o-mini" if asked else None)
    assert found.stands_in is (evaluator == "auto")
