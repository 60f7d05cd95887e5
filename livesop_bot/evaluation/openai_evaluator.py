"""A judgement from a chat model, within a form that it cannot leave and a budget."""

import asyncio
import json

from livesop_bot.domain.evaluations import Judgement, Usage
from livesop_bot.errors import EvaluatorAway, EvaluatorBroken
from livesop_bot.evaluation.answer import AnswerForm
from livesop_bot.evaluation.breaker import Breaker
from livesop_bot.evaluation.budget import Budget
from livesop_bot.evaluation.chat import Chat, Reply
from livesop_bot.evaluation.evaluator import AnswerRejected, Question
from livesop_bot.evaluation.prices import usage
from livesop_bot.evaluation.prompt import INSTRUCTIONS, user_turn
from livesop_bot.metrics import Metrics

_ANSWER_TOKENS = 800
_THOUGHT_TOKENS = 4_000
"""More for models that think before they answer: their thoughts count as well."""
_FRAME_TOKENS = 100
"""What services put around the parts of a question."""


class OpenAIEvaluator:
    """Asks a model, once a question, and waits `time_limit` seconds for it at most.

    Raises EvaluatorAway and EvaluatorRefused (BudgetSpent too) where no answer was to be had, and
    AnswerRejected where there is one that must not be used; DatabaseAway comes from the budget.
    """

    def __init__(
        self,
        *,
        chat: Chat,
        model: str,
        time_limit: float,
        budget: Budget,
        breaker: Breaker,
        metrics: Metrics,
    ) -> None:
        self.name = f"openai/{model}"
        self._chat = chat
        self._model = model
        self._time_limit = time_limit
        self._budget = budget
        self._breaker = breaker
        self._metrics = metrics
        self._most = _ANSWER_TOKENS
        if model.startswith(("o1", "o3", "o4", "gpt-5")):
            self._most += _THOUGHT_TOKENS

    async def evaluate(self, question: Question) -> Judgement:
        """Ask which workflow the signal calls for; what is not within the form is rejected."""
        form = AnswerForm(question)
        schema, document = form.schema(), user_turn(question)
        # No token is shorter than a byte, so the reservation is never too small.
        asked = len((INSTRUCTIONS + document + json.dumps(schema)).encode()) + _FRAME_TOKENS
        self._breaker.check()
        async with self._budget.call(question.signal.team, asked + self._most) as call:
            with self._breaker.call():
                reply = await self._ask(document, schema)
            used = call.usage = self._used(reply, asked)
        if reply.problem:
            raise AnswerRejected(reply.problem, evaluator=self.name, usage=used)
        try:
            return form.judgement(reply.text, self.name, used)
        except EvaluatorBroken as error:
            raise AnswerRejected(str(error), evaluator=self.name, usage=used) from error

    async def _ask(self, document: str, schema: dict[str, object]) -> Reply:
        try:
            async with asyncio.timeout(self._time_limit):
                return await self._chat.ask(INSTRUCTIONS, document, schema, self._most)
        except TimeoutError as error:
            raise EvaluatorAway(f"OpenAI did not answer within {self._time_limit:g} s") from error

    def _used(self, reply: Reply, asked: int) -> Usage:
        """Count, so that the budget holds also where the service does not."""
        used = usage(
            self._model,
            _counted(reply.prompt_tokens, asked),
            _counted(reply.completion_tokens, len(reply.text.encode())),
        )
        self._metrics.model_tokens.labels("prompt").inc(used.prompt_tokens)
        self._metrics.model_tokens.labels("completion").inc(used.completion_tokens)
        self._metrics.model_cost.inc(used.cost_usd)
        return used


def _counted(tokens: int | None, size: int) -> int:
    """Take what the service says, or estimate: a token has about four bytes in English."""
    return size // 4 if tokens is None else max(0, tokens)
