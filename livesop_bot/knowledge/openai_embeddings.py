"""Embeddings by OpenAI, or by a server that speaks its API."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from livesop_bot.errors import EmbedderAway, EmbedderBroken
from livesop_bot.knowledge.embeddings import Vector, checked

if TYPE_CHECKING:  # it takes 1.2 s and 45 MB, which a start has better use for
    import openai

_FLOORS = {
    "text-embedding-3-small": 0.3,
    "text-embedding-3-large": 0.3,
    "text-embedding-ada-002": 0.78,
}
_FLOOR = 0.3
_AT_ONCE = 64


class OpenAIEmbeddings:
    """Texts leave masked, whoever asks.

    `make_client` is called in a thread when a client is first needed; what it makes must not retry
    by itself: the queue does.
    """

    def __init__(
        self, make_client: Callable[[], openai.AsyncOpenAI], model: str, mask: Callable[[str], str]
    ) -> None:
        self.model = f"openai:{model}"
        self.floor = _FLOORS.get(model, _FLOOR)
        self._name = model
        self._make_client = make_client
        self._making = asyncio.Lock()
        self._client: openai.AsyncOpenAI | None = None
        self._mask = mask

    async def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        """Give a vector of length 1 for each text. Raises EmbedderAway, EmbedderBroken."""
        vectors: list[Vector] = []
        for at in range(0, len(texts), _AT_ONCE):
            vectors += await self._some([self._mask(text) for text in texts[at : at + _AT_ONCE]])
        return vectors

    async def close(self) -> None:
        """Let go of its connections."""
        if self._client is not None:
            await self._client.close()

    async def _some(self, texts: list[str]) -> list[Vector]:
        async with self._making:
            if self._client is None:
                self._client = await asyncio.to_thread(self._make_client)
        import openai  # the client's maker did already

        try:
            answer = await self._client.embeddings.create(
                model=self._name, input=texts, encoding_format="float"
            )
        except openai.APIStatusError as error:
            raise _refusal(error) from error
        except openai.APIConnectionError as error:  # a time-out, too
            raise EmbedderAway("OpenAI cannot be reached") from error
        except (openai.OpenAIError, ValueError) as error:
            raise EmbedderBroken("OpenAI's answer could not be read") from error
        # A server that is no OpenAI may answer anything, and the client lets it through.
        ordered = sorted(getattr(answer, "data", None) or (), key=lambda item: item.index)
        return checked([item.embedding for item in ordered], len(texts))


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
