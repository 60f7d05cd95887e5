"""Embeddings by OpenAI, or by a server that speaks its API."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import TYPE_CHECKING, Protocol

from livesop_bot.domain.signals import TeamId
from livesop_bot.errors import EmbedderAway, EmbedderBroken
from livesop_bot.knowledge.embeddings import Vector, checked

if TYPE_CHECKING:  # it takes 1.2 s and 45 MB, which a start has better use for
    import openai
    from openai.types import CreateEmbeddingResponse

_FLOORS = {
    "text-embedding-3-small": 0.3,
    "text-embedding-3-large": 0.3,
    "text-embedding-ada-002": 0.78,
}
_FLOOR = 0.3
_AT_ONCE = 64


class Purse(Protocol):
    """What a team's requests are paid from; `problem`: why some are not, empty where all are."""

    @property
    def problem(self) -> str:
        """Why some requests are not made today."""
        ...

    def paid(
        self, team: TeamId, most_tokens: int
    ) -> AbstractAsyncContextManager[Callable[[int], None]]:
        """Enclose a request that takes `most_tokens` at most; gives whom to tell what it took.

        Raises EmbedderBroken before anything is asked where it is not covered, and DatabaseAway.
        """
        ...


class OpenAIEmbeddings:
    """Texts leave masked, whoever asks, and not before they are covered by the team's budget.

    `make_client` is called in a thread when a client is first needed; what it makes must not retry
    by itself: the queue does.
    """

    def __init__(
        self,
        make_client: Callable[[], openai.AsyncOpenAI],
        model: str,
        mask: Callable[[str], str],
        purse: Purse,
    ) -> None:
        self.model = f"openai:{model}"
        self.floor = _FLOORS.get(model, _FLOOR)
        self._name = model
        self._make_client = make_client
        self._making = asyncio.Lock()
        self._client: openai.AsyncOpenAI | None = None
        self._mask = mask
        self._purse = purse

    @property
    def problem(self) -> str:
        """Why some get no vectors at the moment."""
        return self._purse.problem

    async def embed(self, team: TeamId, texts: Sequence[str]) -> Sequence[Vector]:
        """Give a vector of length 1 for each text. Raises EmbedderAway, EmbedderBroken."""
        vectors: list[Vector] = []
        for at in range(0, len(texts), _AT_ONCE):
            some = [self._mask(text) for text in texts[at : at + _AT_ONCE]]
            vectors += await self._some(team, some)
        return vectors

    async def close(self) -> None:
        """Let go of its connections."""
        if self._client is not None:
            await self._client.close()

    async def _some(self, team: TeamId, texts: list[str]) -> list[Vector]:
        # No token is shorter than a byte; where the service does not count, it has about four.
        most = sum(len(text.encode()) for text in texts)
        async with self._purse.paid(team, most) as took:
            answer = await self._asked(texts)
            # A server that is no OpenAI may answer anything, and the client lets it through.
            data = getattr(answer, "data", None) or ()
            if data:
                tokens = getattr(answer.usage, "prompt_tokens", None)
                took(most // 4 if tokens is None else max(0, tokens))
        ordered = sorted(data, key=lambda item: item.index)
        return checked([item.embedding for item in ordered], len(texts))

    async def _asked(self, texts: list[str]) -> CreateEmbeddingResponse:
        async with self._making:
            if self._client is None:
                self._client = await asyncio.to_thread(self._make_client)
        import openai  # the client's maker did already

        try:
            return await self._client.embeddings.create(
                model=self._name, input=texts, encoding_format="float"
            )
        except openai.APIStatusError as error:
            raise _refusal(error) from error
        except openai.APIConnectionError as error:  # a time-out, too
            raise EmbedderAway("OpenAI cannot be reached") from error
        except (openai.OpenAIError, ValueError) as error:
            raise EmbedderBroken("OpenAI's answer could not be read") from error


def _refusal(error: openai.APIStatusError) -> EmbedderAway | EmbedderBroken:
    code = error.status_code
    if code == 429 and error.code == "insufficient_quota":
        return EmbedderAway("OpenAI says that the account has no credit left", 600.0)
    if code == 429 or code >= 500 or code in (408, 409):
        wait = None
        with suppress(ValueError):
            wait = float(error.response.headers.get("Retry-After", ""))
        return EmbedderAway(f"OpenAI asked us to come back later (HTTP {code})", wait)
    if code in (401, 403):
        return EmbedderBroken("OpenAI refused OPENAI_API_KEY")
    if code == 404:
        return EmbedderBroken("OpenAI knows no model named in OPENAI_EMBEDDING_MODEL")
    return EmbedderBroken(f"OpenAI refused the texts (HTTP {code})")
