"""The breaker: too often, or failing again and again."""

import pytest

from livesop_bot.domain.breaker import tripped


@pytest.mark.parametrize(
    ("acted", "outcomes", "said"),
    [
        (0, [], None),
        (4, ["done"] * 3, None),
        (5, ["done"] * 3, "5 times within 10 minutes"),
        (2, ["failed", "failed"], None),
        (0, ["failed", "failed", "failed"], "failed 3 times in a row"),
        (3, ["failed", "failed", "done"], None),
        (3, ["unknown", "failed", "failed"], None),
    ],
)
def test_a_step_that_acts_too_often_or_keeps_failing_is_paused(
    acted: int, outcomes: list[str], said: str | None
) -> None:
    why = tripped(acted, outcomes)
    assert (why is None) == (said is None)
    assert (said or "") in (why or "")
