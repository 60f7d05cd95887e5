"""The daily token budget: nothing is asked that it may not cover."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol

import structlog

from livesop_bot.domain.evaluations import Usage
from livesop_bot.domain.signals import TeamId
from livesop_bot.errors import DatabaseAway, EvaluatorRefused

log = structlog.get_logger()


class BudgetSpent(EvaluatorRefused):
    """The team's tokens for today are used up."""


class Ledger(Protocol):
    """Where tokens are counted, for all processes together. See db.usage.ModelUsage."""

    async def reserve(self, team: TeamId, tokens: int, budget: int) -> date | None:
        """Take tokens from today's budget (the team's own before this), if so many are left."""
        ...

    async def settle(self, team: TeamId, day: date, reserved: int, usage: Usage | None) -> None:
        """Give a reservation back and note what was used."""
        ...


@dataclass(slots=True)
class Call:
    """A call under way; `usage` is what it took, once that is known."""

    usage: Usage | None = None


class Budget:
    """`tokens` a day for each team that does not set its own. Days are those of UTC."""

    def __init__(self, ledger: Ledger, tokens: int) -> None:
        self._ledger = ledger
        self._tokens = tokens
        self._spent: dict[TeamId, date] = {}
        self._told: dict[TeamId, date] = {}

    @property
    def is_spent(self) -> bool:
        """Whether a team's last call was held back today."""
        return datetime.now(UTC).date() in self._spent.values()

    @asynccontextmanager
    async def call(self, team: TeamId, most_tokens: int) -> AsyncIterator[Call]:
        """Enclose a call that takes `most_tokens` at most; its `usage` is noted afterwards.

        Raises BudgetSpent before anything is asked, and DatabaseAway.
        """
        day = await self._ledger.reserve(team, most_tokens, self._tokens)
        if day is None:
            self._note_spent(team)
            raise BudgetSpent("the daily token budget is spent")
        self._spent.pop(team, None)
        call = Call()
        try:
            yield call
        finally:
            try:
                await self._ledger.settle(team, day, most_tokens, call.usage)
            except DatabaseAway as error:
                # The answer is here and paid for; the reservation stays, on the safe side.
                log.warning("model.usage_not_noted", team=team, error=str(error))

    def _note_spent(self, team: TeamId) -> None:
        today = datetime.now(UTC).date()
        if self._told.get(team) != today:
            log.warning("model.budget_spent", team=team)
        self._spent[team] = self._told[team] = today
