"""The rules that hold whatever happens: no sequence of presses, crashes, edits and switches, in
whatever order, brings a run into a state that it must not be in, nor an effect about twice."""

import asyncio
from collections.abc import Iterator
from typing import cast

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from livesop_bot.db.embedded import EmbeddedPostgres
from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.runs import OPEN, RunState
from livesop_bot.domain.steps import Press
from tests.integration.runs.rules.stage import SWITCHES
from tests.integration.runs.rules.workers import Workers

THEN = ("nothing", "its job", "a worker", "a crash")


class Rules(Workers):
    """What changes under those who work: switches, and the message itself."""

    @rule(
        switch=st.sampled_from(SWITCHES),
        is_on=st.booleans(),
        then=st.sampled_from(THEN),
    )
    def switch(self, switch: tuple[Scope, str], is_on: bool, then: str) -> None:
        """Somebody turns a switch; its job comes late, or at once, or behind a claim."""
        self.loop.run(self._go_on(replayed=False))
        self.loop.run(self._hold())  # by the switches as they were
        self.on[switch] = is_on
        self.loop.run(self.floor.switch(*switch, is_on=is_on))
        self.loop.run(self._then(then, "halt"))

    @rule(number=st.integers(0, 4), then=st.sampled_from(THEN))
    def change_the_message(self, number: int, then: str) -> None:
        """Somebody edits or deletes the message; its job comes late, or at once, or behind a
        claim."""
        self.loop.run(self._change(deleted=number == 0))
        self.loop.run(self._then(then, "basis", "evaluate", "start"))

    async def _change(self, *, deleted: bool) -> None:
        if deleted:
            await self.floor.delete(self.ts)
        else:
            self.edits += 1
            await self.floor.edit(self.ts, f"It is down {self.edits}")

    @rule(deleted=st.booleans(), then=st.sampled_from(("a worker", "a crash")))
    def change_what_is_about_to_be_done(self, deleted: bool, then: str) -> None:
        """Somebody approves the first action of a new message, which is changed before it goes."""
        self.loop.run(self._change_what_is_about_to_be_done(deleted, then))

    async def _change_what_is_about_to_be_done(self, deleted: bool, then: str) -> None:
        if (await self.floor.newest()).state in OPEN:
            await self._end([RunState.CANCELLED, RunState.DISMISSED], in_vain=False)
        await self._go_on(replayed=False)
        run = await self.floor.newest()
        if run.state is RunState.PROPOSED:  # as too many started by themselves
            if not deleted:
                return  # what a person starts outlives an edit
            await self._start(run)
        elif (await self.floor.states(run))["tell"] == "planned":
            await self._press_step(run, "tell", Press.HOLD, "")
        # What a person approved is stopped by no switch and no breaker: by the change alone.
        await self._press_step(await self.floor.newest(), "tell", Press.APPROVE, "")
        await self._change(deleted=deleted)
        assert await self._forbidden("planned")
        await self._then(then)
        await self.floor.work("basis", "evaluate", "start")
        assert (await self.floor.run(run.id)).state is RunState.CANCELLED

    async def _then(self, then: str, *jobs: str) -> None:
        match then:
            case "its job":
                await self.floor.work(*jobs)
            case "a worker":
                await self._act()
            case "a crash":
                await self._crash(performed=True)


@pytest.fixture
def dsn(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A migrated database for all the sequences."""
    root = postgres.dsn.replace("@/livesop?", "@/postgres?")

    async def do(statement: str) -> None:
        connection = await asyncpg.connect(root)
        await connection.execute(statement)
        await connection.close()

    asyncio.run(do("CREATE DATABASE rules TEMPLATE livesop"))
    yield postgres.dsn.replace("@/livesop?", "@/rules?")
    asyncio.run(do("DROP DATABASE rules WITH (FORCE)"))


def test_no_sequence_of_events_reaches_what_the_rules_forbid(dsn: str) -> None:
    run_state_machine_as_test(
        cast("type[Rules]", lambda: Rules(dsn)),  # any factory will do
        settings=settings(
            max_examples=10,
            stateful_step_count=40,
            phases=[Phase.generate],  # a sequence of forty is soon read
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
