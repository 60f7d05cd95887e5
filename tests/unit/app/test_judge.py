"""Which evaluator the settings build, and what building it must not cost."""

import subprocess
import sys
from collections.abc import MutableMapping
from typing import Any, cast

import pytest

from livesop_bot.app.judge import choose_evaluator
from livesop_bot.db.pool import Pool
from livesop_bot.embeddings.local_model import LocalModel
from livesop_bot.embeddings.shared_model import SharedModel
from livesop_bot.metrics import Metrics
from livesop_bot.ops.status import ModelState
from livesop_bot.settings import Settings
from tests.questions import question

NO_POOL = cast("Pool", None)
"""Nothing asks PostgreSQL before a model is asked."""


@pytest.mark.parametrize(
    ("values", "name", "state"),
    [
        ({}, "local-semantic", ModelState("not_configured")),
        ({"livesop_evaluator": "local"}, "local-semantic", ModelState("not_configured")),
        (
            {"livesop_evaluator": "local", "openai_api_key": "sk-1"},
            "local-semantic",
            ModelState("not_used"),
        ),
        (
            {"livesop_evaluator": "words", "openai_api_key": "sk-1"},
            "local-lexical",
            ModelState("not_used"),
        ),
        ({"openai_api_key": "sk-1"}, "openai/gpt-4o-mini", ModelState("configured")),
        (
            {"openai_api_key": "sk-1", "livesop_evaluator": "openai", "openai_model": "gpt-5"},
            "openai/gpt-5",
            ModelState("configured"),
        ),
    ],
)
async def test_the_settings_say_who_judges(
    values: dict[str, Any], name: str, state: ModelState
) -> None:
    settings = Settings(_env_file=None, **values)
    async with choose_evaluator(settings, Metrics(), NO_POOL) as judge:
        assert (judge.evaluator.name, judge.model()) == (name, state)


class Unreadable(SharedModel):
    """A model whose runtime this machine cannot load."""

    def get(self) -> LocalModel:
        raise ImportError("no runtime")


@pytest.mark.parametrize("key", [None, "sk-1"])
async def test_a_local_model_that_cannot_be_read_is_said_and_words_stand_in(
    key: str | None,
) -> None:
    settings = Settings(_env_file=None, openai_api_key=key)
    async with choose_evaluator(settings, Metrics(), NO_POOL, shared=Unreadable()) as judge:
        judgement = await judge.local.evaluate(question("URGENT: customers cannot pay"))
        assert judgement.evaluator == "local-lexical"
        assert "ImportError" in judge.problem()


async def test_a_model_without_a_known_price_is_said_at_the_start(
    log_events: list[MutableMapping[str, Any]],
) -> None:
    settings = Settings(_env_file=None, openai_api_key="sk-1", openai_model="llama3.1")
    async with choose_evaluator(settings, Metrics(), NO_POOL):
        pass
    assert [(event["event"], event["model"]) for event in log_events] == [
        ("model.price_unknown", "llama3.1")
    ]


def test_a_start_with_a_key_does_not_load_openai() -> None:
    """It takes 1.2 s and 45 MB; the first message that needs it pays for it."""
    code = """
import asyncio, sys
from livesop_bot.app.judge import choose_evaluator
from livesop_bot.metrics import Metrics
from livesop_bot.settings import Settings
async def main():
    settings = Settings(_env_file=None, openai_api_key="sk-1")
    async with choose_evaluator(settings, Metrics(), None):
        print("openai" in sys.modules)
asyncio.run(main())
"""
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert out.stdout == "False\n"
