"""OpenAI's Chat Completions, or a compatible service's, through the official client.

Import it where a model is about to be asked and not before: openai takes 1.2 s and 45 MB.
"""

from collections.abc import Mapping
from typing import Any

import openai
import stamina
from openai.types.chat import ChatCompletion

from livesop_bot.errors import EvaluatorAway, EvaluatorRefused, QuestionRefused
from livesop_bot.evaluation.chat import Reply

_TRIES = 2
_SHORT_WAIT = 2.0
"""Seconds that are waited out on the spot where the service asks for them (429)."""
_LONGEST_WAIT = 300.0
_UNREADABLE = "what answers for OpenAI is something else; check OPENAI_BASE_URL"
"""A login page, another server: no answer of a model, bad or good."""
_REASONING_MODELS = ("o1", "o3", "o4", "gpt-5")


class OpenAIChat:
    """Asks one model; a passing fault is tried once more. Close it when done."""

    def __init__(self, *, key: str, base_url: str, model: str) -> None:
        self._model = model
        # Time-outs and tries are decided on here and by the caller, not once more by the client.
        self._client = openai.AsyncOpenAI(
            api_key=key, base_url=base_url, timeout=None, max_retries=0
        )

    async def ask(
        self, instructions: str, document: str, schema: Mapping[str, Any], most_tokens: int
    ) -> Reply:
        """Ask, with the answer held to the schema. See Chat."""
        async for attempt in stamina.retry_context(
            on=_again, attempts=_TRIES, timeout=None, wait_initial=0.1, wait_max=1.0
        ):
            with attempt:
                return await self._ask(instructions, document, schema, most_tokens)
        raise AssertionError("stamina returns or raises")

    async def close(self) -> None:
        """Close its connections."""
        await self._client.close()

    async def _ask(
        self, instructions: str, document: str, schema: Mapping[str, Any], most_tokens: int
    ) -> Reply:
        try:
            return _reply(await self._create(instructions, document, schema, most_tokens))
        except openai.OpenAIError as error:
            raise _translated(error, self._model) from error
        except ValueError as error:  # it said 200 and JSON, and sent none
            raise EvaluatorAway(_UNREADABLE) from error

    async def _create(
        self, instructions: str, document: str, schema: Mapping[str, Any], most_tokens: int
    ) -> ChatCompletion:
        reasons = self._model.startswith(_REASONING_MODELS)
        return await self._client.chat.completions.create(
            model=self._model,
            messages=[
                {"role": "system", "content": instructions},
                {"role": "user", "content": document},
            ],
            response_format={
                "type": "json_schema",
                "json_schema": {"name": "judgement", "strict": True, "schema": dict(schema)},
            },
            max_completion_tokens=most_tokens,
            temperature=openai.omit if reasons else 0,  # those take no other than their own
            store=False,
        )


def _reply(completion: object) -> Reply:
    """Take an answer apart; compatible servers may leave out anything."""
    if not isinstance(completion, ChatCompletion) or not completion.choices:
        raise EvaluatorAway(_UNREADABLE)
    usage, choice = completion.usage, next(iter(completion.choices), None)
    said = choice and choice.message
    text = (said and said.content) or ""
    match choice and choice.finish_reason:
        case "length":
            problem = "the model's answer was cut off at its length limit"
        case "content_filter":
            problem = "the service's content filter held back the model's answer"
        case _ if said and said.refusal:
            problem = "the model refused to answer"
        case _:
            problem = "" if text else "the model gave no answer"
    return Reply(
        text=text,
        prompt_tokens=usage.prompt_tokens if usage else None,
        completion_tokens=usage.completion_tokens if usage else None,
        problem=problem,
    )


def _again(error: Exception) -> bool | float:
    """Whether to try once more at once; a number says after how many seconds."""
    if not isinstance(error, EvaluatorAway):
        return False
    if error.retry_after is None:
        return True
    return error.retry_after if error.retry_after <= _SHORT_WAIT else False


def _translated(error: openai.OpenAIError, model: str) -> EvaluatorAway | EvaluatorRefused:
    """Say for people what went wrong; the service's own words are left out, for they may quote."""
    match error:
        case openai.AuthenticationError():
            return EvaluatorRefused("OpenAI refused the key (401); check OPENAI_API_KEY")
        case openai.PermissionDeniedError():
            return EvaluatorRefused(f"OpenAI does not let this key use {model} (403)")
        case openai.NotFoundError():
            return EvaluatorRefused(
                f"OpenAI has no model {model} (404); check OPENAI_MODEL and OPENAI_BASE_URL"
            )
        case openai.RateLimitError() if _no_credit(error):
            return EvaluatorRefused("OpenAI says that the account has no credit left (429)")
        case openai.RateLimitError():
            return EvaluatorAway("OpenAI is away (429 Too Many Requests)", _retry_after(error))
        case openai.APIStatusError() if error.status_code >= 500 or error.status_code in (408, 409):
            return EvaluatorAway(f"OpenAI is away ({error.status_code})", _retry_after(error))
        case openai.APIStatusError():
            return QuestionRefused(f"OpenAI does not take the question ({error.status_code})")
        case openai.APIResponseValidationError():
            return EvaluatorAway(_UNREADABLE)
        case _:
            return EvaluatorAway("OpenAI cannot be reached")


def _no_credit(error: openai.APIStatusError) -> bool:
    return error.code == "insufficient_quota" or error.type == "insufficient_quota"


def _retry_after(error: openai.APIStatusError) -> float | None:
    """Seconds that the service asks to wait, where it names them."""
    for header, scale in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(error.response.headers.get(header, "")) / scale
        except ValueError:
            continue
        if seconds >= 0:
            return min(seconds, _LONGEST_WAIT)
    return None
