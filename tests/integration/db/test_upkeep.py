"""The upkeep of SOPs: paused it matches nothing, archived it is out of use and acts no more."""

import asyncio

import pytest

from livesop_bot.db.pool import Pool
from livesop_bot.db.queries import sql
from livesop_bot.db.teams import Teams, step_subject
from livesop_bot.db.upkeep import Upkeep
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.signals import ChannelId, TeamId, UserId
from livesop_bot.domain.workflows import Workflow, watching
from livesop_bot.sop.starter_pack import starter_pack

T1 = TeamId("T1")
ADA = UserId("U1")
INCIDENT = next(sop for sop in starter_pack() if sop.slug == "incident")
STEP = step_subject("incident", INCIDENT.acting_steps[0].id)


@pytest.fixture
async def incident(pool: Pool) -> Workflow:
    """An SOP with its switches on."""
    await pool.execute("INSERT INTO teams (team_id) VALUES ('T1')")
    workflow, _ = await Workflows(pool).publish(T1, INCIDENT, ADA)
    for scope, subject in ((Scope.WORKFLOW, "incident"), (Scope.STEP, STEP)):
        await Teams(pool).set_autopilot(T1, scope, subject, is_on=True, by=ADA)
    return workflow


async def test_what_is_paused_watches_nothing_until_it_is_resumed(
    incident: Workflow, pool: Pool
) -> None:
    workflows, upkeep = Workflows(pool), Upkeep(pool)
    assert watching(await workflows.current(T1), ChannelId("C1")) == (incident,)
    assert await upkeep.pause(T1, "incident", ADA)
    assert not await upkeep.pause(T1, "incident", ADA), "it is paused already"
    (paused,) = await workflows.current(T1)
    assert paused.paused
    assert watching((paused,), ChannelId("C1")) == ()
    async with pool.acquire() as connection:
        switches = await Teams(pool).switches(connection, T1, "incident", ChannelId("C1"), ())
    assert switches.paused
    assert await upkeep.resume(T1, "incident", ADA)
    assert not await upkeep.resume(T1, "incident", ADA)
    assert await workflows.current(T1) == (incident,)
    rows = await pool.fetch("SELECT after FROM audit_log WHERE kind = 'publish' ORDER BY number")
    assert [row["after"] for row in rows[-2:]] == ['{"paused": true}', '{"paused": false}']


@pytest.mark.parametrize("change", ["pause", "resume", "take_back"])
async def test_it_waits_for_a_start_that_is_being_decided(
    incident: Workflow, pool: Pool, change: str
) -> None:
    """Or it would be confirmed, and the SOP would start after that."""
    upkeep = Upkeep(pool)
    if change == "resume":
        await upkeep.pause(T1, "incident", ADA)
    if change == "take_back":
        await upkeep.archive(T1, incident, ADA)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(sql("hold_team"), T1)
        changing = asyncio.create_task(getattr(upkeep, change)(T1, "incident", ADA))
        await asyncio.wait({changing}, timeout=0.2)
        assert not changing.done()
    assert await changing


async def test_what_is_archived_is_out_of_use_with_its_switches_off(
    incident: Workflow, pool: Pool
) -> None:
    workflows, upkeep, teams = Workflows(pool), Upkeep(pool), Teams(pool)
    await upkeep.pause(T1, "incident", ADA)
    assert await upkeep.archive(T1, incident, ADA)
    assert not await upkeep.archive(T1, incident, ADA)
    assert not await upkeep.pause(T1, "incident", ADA), "what is archived is not paused"
    assert await workflows.current(T1) == ()
    assert [one.slug for one in await workflows.archived(T1, 10)] == ["incident"]
    assert await teams.switched_on(T1) == frozenset()
    assert await workflows.taken_slugs(T1) == {"incident"}

    assert await upkeep.take_back(T1, "incident", ADA)
    assert not await upkeep.take_back(T1, "incident", ADA)
    assert await workflows.current(T1) == (incident,)
    assert await teams.switched_on(T1) == frozenset()


async def test_an_unknown_one_stays_unknown(incident: Workflow, pool: Pool) -> None:
    upkeep = Upkeep(pool)
    for change in (upkeep.pause, upkeep.resume, upkeep.take_back):
        assert not await change(T1, "unknown", ADA)
    assert not await upkeep.archive(TeamId("T2"), incident, ADA)
