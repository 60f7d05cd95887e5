"""Prices: of a model, of its snapshots, and none where none is known."""

import pytest

from livesop_bot.evaluation.prices import is_priced, usage


@pytest.mark.parametrize(
    ("model", "cost"),
    [
        ("gpt-4o-mini", 0.75),
        ("gpt-4o-mini-2024-07-18", 0.75),
        ("gpt-4o-2024-08-06", 12.5),
        ("gpt-4o-2024-05-13", 20.0),  # a snapshot with a price of its own
    ],
)
def test_a_million_tokens_in_and_out_cost_what_the_list_says(model: str, cost: float) -> None:
    used = usage(model, 1_000_000, 1_000_000)
    assert is_priced(model)
    assert used.cost_usd == pytest.approx(cost)
    assert used.cost == f"${cost:.6f} by list price"


@pytest.mark.parametrize("model", ["llama3.1", "gpt-4o-miniature", "2024-05-13", ""])
def test_an_unknown_price_is_said_to_be_unknown_and_not_to_be_nothing(model: str) -> None:
    used = usage(model, 10, 2)
    assert not is_priced(model)
    assert (used.tokens, used.cost_usd) == (12, 0)
    assert used.cost == "at a price that is not known here"
