"""Teams and switches on a real PostgreSQL: absent is off, except for channels."""

import asyncio

import pytest

from livesop_bot.db.pool import Pool
from livesop_bot.db.teams import Teams
from livesop_bot.domain.decisions import Scope, Switches
from livesop_bot.domain.signals import ChannelId, TeamId
from livesop_bot.domain.workflows import StepId
from livesop_bot.errors import DatabaseAway

TEAM, OTHER = TeamId("T1"), TeamId("T2")
SLUG, CHANNEL = "refund-request", ChannelId("C1")
STEPS = [StepId("notify"), StepId("pay")]


@pytest.fixture
def teams(pool: Pool) -> Teams:
    return Teams(pool)


async def _switches(pool: Pool, team: TeamId = TEAM) -> Switches:
    async with pool.acquire() as connection:
        return await Teams(pool).switches(connection, team, SLUG, CHANNEL, STEPS)


async def _history(pool: Pool) -> list[tuple[object, ...]]:
    rows = await pool.fetch(
        "SELECT team_id, actor, kind, subject, before, after FROM audit_log ORDER BY number"
    )
    return [tuple(row) for row in rows]


async def test_a_new_team_has_autopilot_off(teams: Teams) -> None:
    await teams.ensure(TEAM, "Acme")
    assert await teams.autopilot(TEAM) is False


async def test_an_unknown_team_has_autopilot_off(teams: Teams) -> None:
    assert await teams.autopilot(TEAM) is False


async def test_meeting_a_team_again_changes_its_name_and_no_switch(
    teams: Teams, pool: Pool
) -> None:
    await teams.ensure(TEAM, "Acme")
    await teams.set_autopilot(TEAM, Scope.TEAM, TEAM, is_on=True, by="U1")
    await teams.ensure(TEAM, "Acme Ltd")
    await teams.ensure(TEAM, "")
    assert await teams.autopilot(TEAM) is True
    assert await pool.fetchval("SELECT name FROM teams") == "Acme Ltd"


async def test_of_an_unknown_team_everything_is_unknown(pool: Pool) -> None:
    assert await _switches(pool) == Switches()


async def test_absent_switches_are_off_but_for_the_channel(teams: Teams, pool: Pool) -> None:
    await teams.ensure(TEAM, "Acme")
    assert await _switches(pool) == Switches(
        team=False, workflow=False, channel=True, steps={STEPS[0]: False, STEPS[1]: False}
    )


async def test_every_switch_is_read_back_as_it_was_set(teams: Teams, pool: Pool) -> None:
    for scope, subject, is_on in (
        (Scope.TEAM, "ignored", True),
        (Scope.WORKFLOW, SLUG, True),
        (Scope.CHANNEL, CHANNEL, False),
        (Scope.STEP, f"{SLUG}/notify", True),
    ):
        assert await teams.set_autopilot(TEAM, scope, subject, is_on=is_on, by="U1") is is_on
    assert await _switches(pool) == Switches(
        team=True, workflow=True, channel=False, steps={STEPS[0]: True, STEPS[1]: False}
    )
    assert await teams.switched_on(TEAM) == {
        (Scope.WORKFLOW, SLUG),
        (Scope.STEP, f"{SLUG}/notify"),
    }


async def test_a_switch_can_be_turned_off_again(teams: Teams, pool: Pool) -> None:
    for is_on in (True, False):
        await teams.set_autopilot(TEAM, Scope.WORKFLOW, SLUG, is_on=is_on, by="U1")
    assert (await _switches(pool)).workflow is False
    assert await teams.switched_on(TEAM) == frozenset()


async def test_who_switched_what_is_kept(teams: Teams, pool: Pool) -> None:
    await teams.set_autopilot(TEAM, Scope.TEAM, TEAM, is_on=True, by="U1")
    await teams.set_autopilot(TEAM, Scope.STEP, f"{SLUG}/pay", is_on=True, by="U1")
    await teams.set_autopilot(TEAM, Scope.TEAM, TEAM, is_on=False, by="U2")
    step = "step:refund-request/pay"
    assert await _history(pool) == [
        ("T1", "U1", "switch", "team:T1", '{"on": false}', '{"on": true}'),
        ("T1", "U1", "switch", step, '{"on": null}', '{"on": true}'),
        ("T1", "U2", "switch", "team:T1", '{"on": true}', '{"on": false}'),
    ]


async def test_a_switch_that_cannot_be_recorded_is_not_turned(teams: Teams, pool: Pool) -> None:
    await teams.ensure(TEAM, "Acme")
    await pool.execute("ALTER TABLE audit_log ADD CHECK (actor <> 'U9')")
    with pytest.raises(Exception, match="audit_log"):
        await teams.set_autopilot(TEAM, Scope.TEAM, TEAM, is_on=True, by="U9")
    assert await teams.autopilot(TEAM) is False


async def test_teams_do_not_see_each_others_switches(teams: Teams, pool: Pool) -> None:
    await teams.ensure(OTHER, "Other")
    await teams.set_autopilot(TEAM, Scope.TEAM, TEAM, is_on=True, by="U1")
    await teams.set_autopilot(TEAM, Scope.WORKFLOW, SLUG, is_on=True, by="U1")
    await teams.set_autopilot(TEAM, Scope.CHANNEL, CHANNEL, is_on=False, by="U1")
    other = await _switches(pool, OTHER)
    assert (other.team, other.workflow, other.channel) == (False, False, True)
    assert await teams.autopilot(OTHER) is False
    assert await teams.switched_on(OTHER) == frozenset()


async def test_switching_at_the_same_time_loses_none(teams: Teams, pool: Pool) -> None:
    await asyncio.gather(
        *(
            teams.set_autopilot(TEAM, Scope.WORKFLOW, f"sop-{n % 3}", is_on=True, by="U1")
            for n in range(12)
        )
    )
    assert len(await teams.switched_on(TEAM)) == 3
    history = await _history(pool)
    assert len(history) == 12
    assert [row[4] for row in history].count('{"on": null}') == 3, "before is never out of date"


async def test_a_pool_that_was_closed_is_a_database_that_is_away(teams: Teams, pool: Pool) -> None:
    await pool.close()
    with pytest.raises(DatabaseAway):
        await teams.autopilot(TEAM)
