"""Reciprocal rank fusion."""

from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.knowledge.fusion import fuse

rankings = st.lists(st.lists(st.integers(0, 30), unique=True, max_size=20), max_size=4)


def test_what_two_rankings_agree_on_comes_first() -> None:
    assert fuse([["a", "b", "c"], ["d", "b", "e"]], 3) == ["b", "a", "d"]


def test_one_ranking_stays_as_it_is() -> None:
    assert fuse([["a", "b"], []], 5) == ["a", "b"]


@given(rankings, st.integers(0, 50))
def test_everything_ranked_comes_once_up_to_the_limit(given: list[list[int]], limit: int) -> None:
    fused = fuse(given, limit)
    everything = {item for ranking in given for item in ranking}
    assert len(fused) == len(set(fused)) == min(limit, len(everything))
    assert set(fused) <= everything


@given(rankings)
def test_what_is_better_everywhere_ranks_higher(given: list[list[int]]) -> None:
    fused = fuse(given, 100)
    for better in fused:
        for worse in fused:
            in_both = [r for r in given if better in r and worse in r]
            alone = [r for r in given if worse in r and better not in r]
            if in_both and not alone and all(r.index(better) < r.index(worse) for r in in_both):
                assert fused.index(better) < fused.index(worse)
