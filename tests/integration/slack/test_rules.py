"""A team's rules at the intake: they follow its settings, and nothing is lost before they are
known."""

import asyncio

import asyncpg

from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.team_settings import TeamSettings
from livesop_bot.errors import DatabaseAway
from livesop_bot.slack.ingest import Rules
from livesop_bot.slack.rules import TeamRules
from tests.integration.slack.conftest import TEAM, Door, message


async def test_before_the_rules_are_known_nothing_is_dropped_and_nothing_let_in(
    door: Door,
) -> None:
    await door.set(channels=("C1", "C3"), external_channels=("C3",))
    for number, (channel, shared) in enumerate(
        [("C1", False), ("C2", False), ("C3", True), ("C4", True)]
    ):
        assert await door.intake.take(message(number, channel, shared=shared)) == "spooled"
    door.migrated.set()
    await door.until_stored("C1", "C3")


async def test_they_follow_what_admins_set(door: Door) -> None:
    await door.rules.refresh()
    door.migrated.set()
    await door.intake.take(message(1, "C1"))
    await door.until_stored("C1")
    await door.set(channels=("C2",))
    await door.rules.refresh()
    assert await door.intake.take(message(2, "C1")) == "noise"
    assert await door.intake.take(message(3, "C2")) in ("stored", "spooled")
    await door.until_stored("C1", "C2")


async def test_they_are_looked_up_by_themselves_and_outlive_an_outage() -> None:
    """Asked again and again; what was known stays while there is no answer, or a refusal."""
    asked: asyncio.Queue[TeamId] = asyncio.Queue()
    answers: asyncio.Queue[TeamSettings | Exception] = asyncio.Queue()

    async def read(team: TeamId) -> TeamSettings:
        asked.put_nowait(team)
        answer = await answers.get()
        if isinstance(answer, Exception):
            raise answer
        return answer

    rules = TeamRules(TEAM, Rules(), read, every=0.0)
    migrated, stop = asyncio.Event(), asyncio.Event()
    following = asyncio.create_task(rules.follow(migrated, stop))
    await asyncio.sleep(0)
    assert asked.empty(), "there is no table yet"
    migrated.set()
    async with asyncio.timeout(5):
        assert await asked.get() == TEAM
        answers.put_nowait(TeamSettings(channels=("C1",)))
        await asked.get()
        assert rules.now.channels == {"C1"}
        for error in (DatabaseAway("it went away"), asyncpg.InsufficientPrivilegeError("no")):
            answers.put_nowait(error)
            await asked.get()
            assert rules.now.channels == {"C1"}
        stop.set()
        answers.put_nowait(TeamSettings(channels=("C2",)))
        await following
    assert rules.now.channels == {"C2"}
