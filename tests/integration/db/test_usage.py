"""The budget: held under concurrency, by day and by team, and never left blocked."""

import asyncio
from collections.abc import MutableMapping
from datetime import date
from typing import Any

import pytest

from livesop_bot.db.pool import Pool
from livesop_bot.db.team_settings import TeamSettingsBook
from livesop_bot.db.teams import Teams
from livesop_bot.db.usage import ModelUsage
from livesop_bot.domain.evaluations import Usage
from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.team_settings import TeamSettings, UsedToday
from livesop_bot.errors import DatabaseAway
from livesop_bot.evaluation.budget import Budget, BudgetSpent

TEAM, OTHER = TeamId("T1"), TeamId("T2")
USED = Usage(prompt_tokens=90, completion_tokens=10, cost_usd=0.01)
ROW = (
    "SELECT ARRAY[calls, reserved_tokens, prompt_tokens, completion_tokens]"
    " FROM model_usage WHERE team_id = 'T1'"
)


@pytest.fixture
async def usage(pool: Pool) -> ModelUsage:
    for team in (TEAM, OTHER):
        await Teams(pool).ensure(team, "Acme")
    return ModelUsage(pool)


async def test_what_is_reserved_comes_back_and_what_was_used_is_noted(
    usage: ModelUsage, pool: Pool
) -> None:
    day = await usage.reserve(TEAM, 700, 1000)
    assert day is not None
    assert await usage.reserve(TEAM, 301, 1000) is None, "calls under way count"
    assert await usage.reserve(OTHER, 1000, 1000) is not None, "each team has its own"
    await usage.settle(TEAM, day, 700, USED)
    assert await pool.fetchval(ROW) == [1, 0, 90, 10]
    assert await usage.reserve(TEAM, 901, 1000) is None
    assert await usage.reserve(TEAM, 900, 1000) is not None
    await usage.settle(TEAM, day, 900, None)
    assert await pool.fetchval(ROW) == [1, 0, 90, 10], "no answer, no cost"


@pytest.mark.parametrize("budget", [0, 99])
async def test_a_call_that_the_whole_budget_cannot_cover_is_not_made(
    usage: ModelUsage, budget: int
) -> None:
    assert await usage.reserve(TEAM, 100, budget) is None


async def test_calls_side_by_side_cannot_overspend(usage: ModelUsage, pool: Pool) -> None:
    budget, made = Budget(usage, 1000), []

    async def call() -> None:
        async with budget.call(TEAM, 150) as under_way:
            made.append(await pool.fetchval(ROW))
            await asyncio.sleep(0)
            under_way.usage = USED

    found = await asyncio.gather(*(call() for _ in range(40)), return_exceptions=True)
    assert {type(error) for error in found if error} == {BudgetSpent}
    assert all(sum(row[1:]) <= 1000 for row in made)
    calls, reserved, *used = await pool.fetchval(ROW)
    assert (calls, reserved, sum(used)) == (len(made), 0, 100 * len(made))
    assert 6 <= len(made) <= 9


async def test_what_a_crash_left_reserved_ends_with_the_day(usage: ModelUsage, pool: Pool) -> None:
    assert await usage.reserve(TEAM, 1000, 1000) is not None
    assert await usage.reserve(TEAM, 1, 1000) is None
    await pool.execute("UPDATE model_usage SET day = day - 1")
    assert await usage.reserve(TEAM, 1000, 1000) is not None


async def test_a_spent_budget_is_told_once_and_ends(
    usage: ModelUsage, log_events: list[MutableMapping[str, Any]]
) -> None:
    budget = Budget(usage, 100)
    for _ in range(3):
        with pytest.raises(BudgetSpent, match="the daily token budget is spent"):
            async with budget.call(TEAM, 101):
                raise AssertionError
    assert budget.is_spent
    assert [e["event"] for e in log_events] == ["model.budget_spent"]
    async with budget.call(TEAM, 100):
        pass
    assert not budget.is_spent


async def test_an_answer_is_not_lost_where_its_cost_cannot_be_noted(
    log_events: list[MutableMapping[str, Any]],
) -> None:
    class Forgetful:
        async def reserve(self, team: TeamId, tokens: int, budget: int) -> date | None:
            return date(2026, 1, 5)

        async def settle(self, *_: object) -> None:
            raise DatabaseAway("it went away")

    async with Budget(Forgetful(), 100).call(TEAM, 10) as call:
        call.usage = USED
    assert [e["event"] for e in log_events] == ["model.usage_not_noted"]


async def test_a_team_may_set_its_own_budget(usage: ModelUsage, pool: Pool) -> None:
    book = TeamSettingsBook(pool)
    await book.change(TEAM, "U1", lambda _: TeamSettings(daily_token_budget=500))
    assert await usage.reserve(TEAM, 501, 1000) is None
    assert await usage.reserve(TEAM, 400, 1000) is not None
    assert await usage.reserve(TEAM, 101, 1000) is None
    assert await usage.reserve(OTHER, 501, 1000) is not None
    assert await usage.today(TEAM) == UsedToday(400)
    assert await usage.today(TeamId("T3")) == UsedToday()
    await book.change(TEAM, "U1", lambda _: TeamSettings(daily_token_budget=0))
    assert await usage.reserve(TEAM, 1, 1000) is None
