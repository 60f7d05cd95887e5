"""What a model's tokens cost, by its list price. The only place that knows prices."""

import re

from livesop_bot.domain.evaluations import Usage

# US dollars for a million tokens, in and out, as of mid-2026: OpenAI's price list
# (platform.openai.com/docs/pricing), standard tier. Its discount for prompts that it has cached is
# left out, so a bill may be lower.
_PER_MILLION: dict[str, tuple[float, float]] = {
    "gpt-4o": (2.50, 10.00),
    "gpt-4o-2024-05-13": (5.00, 15.00),
    "gpt-4o-mini": (0.15, 0.60),
    "gpt-4.1": (2.00, 8.00),
    "gpt-4.1-mini": (0.40, 1.60),
    "gpt-4.1-nano": (0.10, 0.40),
    "gpt-5": (1.25, 10.00),
    "gpt-5-mini": (0.25, 2.00),
    "gpt-5-nano": (0.05, 0.40),
    "gpt-5.1": (1.25, 10.00),
    "gpt-5.2": (1.75, 14.00),
    "gpt-5.4": (2.50, 15.00),
    "o3": (2.00, 8.00),
    "o3-mini": (1.10, 4.40),
    "o4-mini": (1.10, 4.40),
    "text-embedding-3-small": (0.02, 0.0),
    "text-embedding-3-large": (0.13, 0.0),
    "text-embedding-ada-002": (0.10, 0.0),
}
_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")


def is_priced(model: str) -> bool:
    """Whether the list has the model; of any other the tokens are counted, and no cost is known."""
    return _price(model) is not None


def usage(model: str, prompt_tokens: int, completion_tokens: int) -> Usage:
    """Put a price on tokens; 0 where it is not known."""
    dear_in, dear_out = _price(model) or (0.0, 0.0)
    return Usage(
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        cost_usd=(prompt_tokens * dear_in + completion_tokens * dear_out) / 1_000_000,
    )


def _price(model: str) -> tuple[float, float] | None:
    """A dated snapshot costs what its model costs, unless it has a price of its own."""
    return _PER_MILLION.get(model) or _PER_MILLION.get(_SNAPSHOT.sub("", model))
