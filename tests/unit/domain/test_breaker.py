"""The breaker: too often, or failing again and again."""

import pytest

from livesop_bot.domain.breaker import tripped
from livesop_bot.domain.workflows import Step, StepId, StepKind, StepMode


@pytest.mark.parametrize(
    ("cap", "acted", "outcomes", "said"),
    [
        (None, 0, [], None),
        (None, 4, ["done"] * 3, None),
        (None, 5, ["done"] * 3, "5 times within 10 minutes"),
        (1, 0, [], None),
        (1, 1, ["done"], "did this once within 10 minutes"),
        (100, 99, ["done"] * 3, None),
        (100, 100, ["done"] * 3, "100 times within 10 minutes"),
        (100, 3, ["failed"] * 3, "failed 3 times in a row"),
        (None, 2, ["failed", "failed"], None),
        (None, 0, ["failed", "failed", "failed"], "failed 3 times in a row"),
        (None, 3, ["failed", "failed", "done"], None),
        (None, 3, ["unknown", "failed", "failed"], None),
    ],
)
def test_a_step_that_acts_too_often_or_keeps_failing_is_paused(
    cap: int | None, acted: int, outcomes: list[str], said: str | None
) -> None:
    step = Step(id=StepId("tell"), title="Tell", kind=StepKind.ACTION, mode=StepMode.AUTO, cap=cap)
    why = tripped(step, acted, outcomes)
    assert (why is None) == (said is None)
    assert (said or "") in (why or "")
