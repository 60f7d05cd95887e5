"""A model server, and evaluators that ask it through the official client."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import date
from typing import Any

import pytest
import pytest_asyncio

from livesop_bot.domain.evaluations import Usage
from livesop_bot.domain.signals import TeamId
from livesop_bot.evaluation.breaker import Breaker
from livesop_bot.evaluation.budget import Budget
from livesop_bot.evaluation.openai_chat import OpenAIChat
from livesop_bot.evaluation.openai_evaluator import OpenAIEvaluator
from livesop_bot.metrics import Metrics
from tests.model_server import KEY, ModelServer


@pytest_asyncio.fixture
async def model() -> AsyncIterator[ModelServer]:
    """The server."""
    async with ModelServer() as server:
        yield server


class Purse:
    """A ledger in memory, for tests that are not about PostgreSQL."""

    def __init__(self) -> None:
        self.reserved = 0
        self.used: list[Usage] = []

    async def reserve(self, team: TeamId, tokens: int, budget: int) -> date | None:
        spent = self.reserved + sum(u.prompt_tokens + u.completion_tokens for u in self.used)
        if spent + tokens > budget:
            return None
        self.reserved += tokens
        return date(2026, 1, 5)

    async def settle(self, team: TeamId, day: date, reserved: int, usage: Usage | None) -> None:
        self.reserved -= reserved
        if usage is not None:
            self.used.append(usage)


@pytest.fixture
def purse() -> Purse:
    """An empty one."""
    return Purse()


MakeEvaluator = Callable[..., OpenAIEvaluator]


@pytest_asyncio.fixture
async def make_evaluator(model: ModelServer, purse: Purse) -> AsyncIterator[MakeEvaluator]:
    """Build an OpenAI evaluator on the server; its client is closed afterwards."""
    async with AsyncExitStack() as stack:

        def make(
            *,
            key: str = KEY,
            name: str = "gpt-4o-mini",
            time_limit: float = 10.0,
            budget: int = 10**9,
            base_url: str = "",
            **changes: Any,
        ) -> OpenAIEvaluator:
            chat = OpenAIChat(key=key, base_url=base_url or model.base_url, model=name)
            stack.push_async_callback(chat.close)
            parts: dict[str, Any] = {
                "chat": chat,
                "model": name,
                "time_limit": time_limit,
                "budget": Budget(purse, budget),
                "breaker": Breaker(),
                "metrics": Metrics(),
            }
            return OpenAIEvaluator(**(parts | changes))

        yield make
