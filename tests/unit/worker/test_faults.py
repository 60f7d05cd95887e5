"""What a job does about passing faults."""

import pytest

from livesop_bot.errors import DatabaseAway, SlackRefused
from livesop_bot.worker.faults import later, patiently


class Database:
    """Away for the first `times` calls."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.calls = 0

    async def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self.times:
            raise DatabaseAway("away")
        return "done"


@pytest.mark.parametrize("times", [0, 1, 3])
async def test_a_database_that_comes_back_is_waited_for(times: int) -> None:
    database = Database(times)
    assert await patiently(database) == "done"
    assert database.calls == times + 1


async def test_other_errors_are_not_tried_again() -> None:
    calls = 0

    async def refuse() -> None:
        nonlocal calls
        calls += 1
        raise SlackRefused("no", "no")

    with pytest.raises(SlackRefused):
        await patiently(refuse)
    assert calls == 1


@pytest.mark.parametrize(("attempts", "least"), [(0, 1), (1, 2), (5, 32), (8, 256), (5000, 256)])
def test_the_wait_doubles_up_to_a_limit(attempts: int, least: int) -> None:
    seconds = later(attempts, "away").delay.total_seconds()
    assert least <= seconds <= least * 1.25


def test_the_other_side_may_name_the_wait() -> None:
    assert 7 <= later(0, "busy", 7.0).delay.total_seconds() <= 7 * 1.25
