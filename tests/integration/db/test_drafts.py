"""Drafts in PostgreSQL: nobody writes over anybody, and what is published is what was seen."""

from dataclasses import replace

import pytest

from livesop_bot.db.drafts import Drafts
from livesop_bot.db.pool import Pool
from livesop_bot.db.publishing import VersionMoved
from livesop_bot.db.teams import Teams, step_subject
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.drafts import Draft, DraftMoved
from livesop_bot.domain.signals import TeamId, UserId
from livesop_bot.domain.workflows import StepId, WorkflowDefinition
from livesop_bot.sop.starter_pack import starter_pack

T1, T2 = TeamId("T1"), TeamId("T2")
ADA, GRACE = UserId("U1"), UserId("U2")
INCIDENT = next(sop for sop in starter_pack() if sop.slug == "incident")
ACTING = INCIDENT.acting_steps[0]
RENAMED = replace(INCIDENT, title="Outage")


def without(sop: WorkflowDefinition, step: StepId) -> WorkflowDefinition:
    return replace(sop, steps=tuple(one for one in sop.steps if one.id != step))


@pytest.fixture
async def drafts(pool: Pool) -> Drafts:
    """The drafts of two teams, of which one has an SOP."""
    await pool.execute("INSERT INTO teams (team_id) VALUES ('T1'), ('T2')")
    await Workflows(pool).publish(T1, INCIDENT, ADA)
    return Drafts(pool)


async def test_a_draft_is_kept_and_found_again(drafts: Drafts) -> None:
    assert await drafts.get(T1, "incident") is None
    saved = await drafts.save(T1, Draft(definition=INCIDENT, base=1), RENAMED, ADA)
    assert (saved.revision, saved.definition, saved.changed_by) == (1, RENAMED, ADA)
    assert await drafts.get(T1, "incident") == saved
    assert [(line.slug, line.title) for line in await drafts.of_team(T1)] == [
        ("incident", "Outage")
    ]
    assert await drafts.get(T2, "incident") is None


async def test_who_saves_second_is_told(drafts: Drafts) -> None:
    seen = Draft(definition=INCIDENT, base=1)
    first = await drafts.save(T1, seen, RENAMED, ADA)
    with pytest.raises(DraftMoved):
        await drafts.save(T1, seen, replace(INCIDENT, title="Mine"), GRACE)
    second = await drafts.save(T1, first, replace(INCIDENT, title="Both"), GRACE)
    with pytest.raises(DraftMoved):
        await drafts.save(T1, first, RENAMED, ADA)
    with pytest.raises(DraftMoved):
        await drafts.discard(T1, "incident", first.revision)
    await drafts.discard(T1, "incident", second.revision)
    assert await drafts.get(T1, "incident") is None


async def test_what_is_published_is_what_was_seen(drafts: Drafts, pool: Pool) -> None:
    saved = await drafts.save(T1, Draft(definition=INCIDENT, base=1), RENAMED, ADA)
    with pytest.raises(DraftMoved):
        await drafts.publish(T1, "incident", saved.revision + 1, ADA, base=1)
    with pytest.raises(VersionMoved):
        await drafts.publish(T1, "incident", saved.revision, ADA, base=0)
    assert await drafts.get(T1, "incident") == saved, "a publication that fails leaves the draft"
    published = await drafts.publish(T1, "incident", saved.revision, ADA, base=1)
    assert (published.workflow.version, published.workflow.title) == (2, "Outage")
    assert await drafts.get(T1, "incident") is None
    rows = await pool.fetch("SELECT subject, actor FROM audit_log WHERE kind = 'publish'")
    assert [tuple(row) for row in rows] == [("workflow:incident", "U1")] * 2


async def test_a_new_sop_is_published(drafts: Drafts) -> None:
    new = replace(INCIDENT, slug="outage")
    saved = await drafts.save(T1, Draft(definition=new, base=0), new, ADA)
    published = await drafts.publish(T1, "outage", saved.revision, ADA, base=0)
    assert published.workflow.version == 1


async def test_an_earlier_version_is_published_anew(drafts: Drafts, pool: Pool) -> None:
    await Workflows(pool).publish(T1, RENAMED, ADA)
    with pytest.raises(VersionMoved):
        await drafts.publish_again(T1, INCIDENT, ADA, base=1)
    published = await drafts.publish_again(T1, INCIDENT, ADA, base=2)
    assert (published.workflow.version, published.workflow.title) == (3, "Incident")


async def test_a_changed_action_loses_its_switch(drafts: Drafts, pool: Pool) -> None:
    teams, subject = Teams(pool), step_subject("incident", ACTING.id)
    for scope, which in ((Scope.STEP, subject), (Scope.WORKFLOW, "incident")):
        await teams.set_autopilot(T1, scope, which, is_on=True, by=ADA)
    await Workflows(pool).publish(T1, RENAMED, ADA)
    assert (Scope.STEP, subject) in await teams.switched_on(T1), "its action is the same"

    other = replace(ACTING, fields={"text": "Something else"})
    steps = tuple(other if step.id == ACTING.id else step for step in INCIDENT.steps)
    published = Workflows(pool).publish(T1, replace(INCIDENT, steps=steps), GRACE)
    await published
    assert await teams.switched_on(T1) == {(Scope.WORKFLOW, "incident")}
    row = await pool.fetchrow("SELECT * FROM audit_log WHERE kind = 'switch' ORDER BY number DESC")
    assert row is not None
    assert (row["actor"], row["subject"], row["after"]) == (
        "U2",
        f"step:{subject}",
        '{"on": false}',
    )
    jobs = await pool.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint LIKE 'halt%'")
    assert jobs == 1


async def test_a_step_that_was_gone_comes_back_without_its_switch(
    drafts: Drafts, pool: Pool
) -> None:
    teams, subject = Teams(pool), step_subject("incident", ACTING.id)
    await teams.set_autopilot(T1, Scope.STEP, subject, is_on=True, by=ADA)
    await Workflows(pool).publish(T1, without(INCIDENT, ACTING.id), ADA)
    await Workflows(pool).publish(T1, INCIDENT, ADA)
    assert await teams.switched_on(T1) == frozenset()
