"""The seam between what asks a model and the service that runs it."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a model said, and the tokens that it took; None where the service does not count.

    `problem` says why the text must not be used: cut short, refused, filtered; else empty.
    """

    text: str
    prompt_tokens: int | None
    completion_tokens: int | None
    problem: str = ""


class Chat(Protocol):
    """A service that runs a chat model."""

    async def ask(
        self, instructions: str, document: str, schema: Mapping[str, Any], most_tokens: int
    ) -> Reply:
        """Put one question; the answer takes `most_tokens` at most.

        Raises EvaluatorAway where another try may help, EvaluatorRefused where it will not. May
        wait for ever: the caller sets the time limit.
        """
        ...


class ClosableChat(Chat, Protocol):
    """A chat that holds connections."""

    async def close(self) -> None:
        """Let go of them."""
        ...


class LateChat:
    """A chat that is made when it is first asked: to make one may take a second and 45 MB.

    `make` runs in a thread, so that nobody else waits for it.
    """

    def __init__(self, make: Callable[[], ClosableChat]) -> None:
        self._make = make
        self._making = asyncio.Lock()
        self._chat: ClosableChat | None = None

    async def ask(
        self, instructions: str, document: str, schema: Mapping[str, Any], most_tokens: int
    ) -> Reply:
        """Put one question. See Chat."""
        async with self._making:
            if self._chat is None:
                self._chat = await asyncio.to_thread(self._make)
        return await self._chat.ask(instructions, document, schema, most_tokens)

    async def close(self) -> None:
        """Close what was made."""
        if self._chat is not None:
            await self._chat.close()
