"""WordPiece: the ids that the model was trained with (from the reference implementation)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.embeddings.word_pieces import WordPieces

PIECES = WordPieces()


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", [101, 102]),
        ("Hello, world!", [101, 7592, 1010, 2088, 999, 102]),
        ("CAFÉ", [101, 7668, 102]),
        ("支払い", [101, 100, 100, 1647, 102]),
        ("unaffable", [101, 14477, 20961, 3468, 102]),
        ("x" * 101, [101, 100, 102]),
        ("a\u0000b\tc", [101, 11113, 1039, 102]),
    ],
)
def test_ids_are_those_of_the_reference(text: str, ids: list[int]) -> None:
    assert PIECES.ids(text, 128) == ids


@given(st.text(), st.integers(2, 128))
def test_there_are_never_more_than_the_limit(text: str, limit: int) -> None:
    ids = PIECES.ids(text, limit)
    assert 2 <= len(ids) <= limit
    assert (ids[0], ids[-1]) == (101, 102)
