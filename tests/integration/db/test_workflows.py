"""Workflows in PostgreSQL: versions that never change, published once however many try."""

import asyncio
from dataclasses import replace

import asyncpg
import pytest

from livesop_bot.db.pool import Pool
from livesop_bot.db.queries import sql
from livesop_bot.db.stored_definition import definition_from_json, definition_to_json
from livesop_bot.db.workflows import STARTER_PACK_AUTHOR, Workflows
from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.workflows import WorkflowDefinition
from livesop_bot.errors import InvalidWorkflow
from livesop_bot.sop.starter_pack import starter_pack

T1, T2 = TeamId("T1"), TeamId("T2")
PACK = starter_pack()
BUG, INCIDENT = PACK[1], PACK[2]


@pytest.fixture
async def workflows(pool: Pool) -> Workflows:
    """The workflows of two teams that have none yet."""
    await pool.execute("INSERT INTO teams (team_id) VALUES ('T1'), ('T2')")
    return Workflows(pool)


def retitled(definition: WorkflowDefinition, title: str) -> WorkflowDefinition:
    return replace(definition, title=title)


async def test_a_new_team_has_none(workflows: Workflows) -> None:
    assert await workflows.current(T1) == ()
    assert await workflows.get(T1, "incident") is None
    assert await workflows.versions(T1, "incident") == ()


async def test_what_was_published_is_current_by_slug(workflows: Workflows) -> None:
    incident, is_new = await workflows.publish(T1, INCIDENT, "U1")
    assert (is_new, incident.version, incident.definition) == (True, 1, INCIDENT)
    bug, _ = await workflows.publish(T1, BUG, "U1")
    assert await workflows.current(T1) == (bug, incident)
    assert await workflows.get(T1, "incident") == incident


async def test_every_change_makes_a_version_and_no_change_makes_none(workflows: Workflows) -> None:
    first, _ = await workflows.publish(T1, INCIDENT, "U1")
    again, is_new = await workflows.publish(T1, INCIDENT, "U2")
    assert (again, is_new) == (first, False)
    changed, is_new = await workflows.publish(T1, retitled(INCIDENT, "Outage"), "U2")
    assert (changed.id, changed.version, is_new) == (first.id, 2, True)
    back, is_new = await workflows.publish(T1, INCIDENT, "U3")
    assert (back.version, is_new) == (3, True)
    assert [
        (v.version, v.definition.title, v.created_by)
        for v in await workflows.versions(T1, "incident")
    ] == [(3, "Incident", "U3"), (2, "Outage", "U2"), (1, "Incident", "U1")]


async def test_another_process_sees_new_versions_at_once(workflows: Workflows, pool: Pool) -> None:
    elsewhere = Workflows(pool)
    await workflows.publish(T1, INCIDENT, "U1")
    assert await elsewhere.current(T1) == await workflows.current(T1)
    changed, _ = await workflows.publish(T1, retitled(INCIDENT, "Outage"), "U1")
    assert await elsewhere.current(T1) == (changed,)


async def test_a_definition_is_read_once(workflows: Workflows) -> None:
    await workflows.publish(T1, INCIDENT, "U1")
    await workflows.publish(T1, BUG, "U1")
    bug, incident = await workflows.current(T1)
    changed, _ = await workflows.publish(T1, retitled(BUG, "Defect"), "U1")
    now = await workflows.current(T1)
    assert now == (changed, incident)
    assert now[1] is incident
    assert now[0] is not bug


async def test_teams_see_only_their_own(workflows: Workflows) -> None:
    mine, _ = await workflows.publish(T1, INCIDENT, "U1")
    theirs, is_new = await workflows.publish(T2, retitled(INCIDENT, "Theirs"), "U2")
    assert is_new
    assert theirs.id != mine.id
    assert await workflows.current(T1) == (mine,)
    assert await workflows.current(T2) == (theirs,)
    assert await workflows.get(T1, "incident") == mine
    assert len(await workflows.versions(T1, "incident")) == 1
    await workflows.publish(T2, BUG, "U2")
    assert await workflows.get(T1, BUG.slug) is None


async def test_an_archived_one_is_gone_until_it_is_published_again(
    workflows: Workflows, pool: Pool
) -> None:
    first, _ = await workflows.publish(T1, INCIDENT, "U1")
    await pool.execute("UPDATE workflows SET archived_at = now()")
    assert await workflows.current(T1) == ()
    assert await workflows.get(T1, "incident") is None
    assert len(await workflows.versions(T1, "incident")) == 1
    again, is_new = await workflows.publish(T1, INCIDENT, "U1")
    assert (again, is_new) == (first, False)
    assert await workflows.current(T1) == (first,)


async def test_the_same_published_many_times_at_once_is_one_version(workflows: Workflows) -> None:
    results = await asyncio.gather(*(workflows.publish(T1, INCIDENT, f"U{n}") for n in range(10)))
    assert sum(is_new for _, is_new in results) == 1
    assert len({workflow.id for workflow, _ in results}) == 1
    assert len(await workflows.versions(T1, "incident")) == 1


async def test_different_ones_published_at_once_are_a_version_each(workflows: Workflows) -> None:
    titles = [f"Incident {n}" for n in range(10)]
    results = await asyncio.gather(
        *(workflows.publish(T1, retitled(INCIDENT, title), "U1") for title in titles)
    )
    assert sorted(workflow.version for workflow, _ in results) == list(range(1, 11))
    versions = await workflows.versions(T1, "incident")
    assert [v.version for v in versions] == list(range(10, 0, -1))
    assert {v.definition.title for v in versions} == set(titles)
    (current,) = await workflows.current(T1)
    assert (current.version, current.definition) == (10, versions[0].definition)


async def test_nothing_is_published_to_an_unknown_team(workflows: Workflows, pool: Pool) -> None:
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await workflows.publish(TeamId("T404"), INCIDENT, "U1")
    assert await pool.fetchval("SELECT count(*) FROM workflows") == 0


async def test_a_new_team_gets_the_starter_pack_once(workflows: Workflows, pool: Pool) -> None:
    loaded = await asyncio.gather(*(Workflows(pool).load_starter_pack(T1, PACK) for _ in range(6)))
    assert sorted(loaded) == [False] * 5 + [True]
    current = await workflows.current(T1)
    assert tuple(workflow.definition for workflow in current) == PACK
    assert {workflow.version for workflow in current} == {1}
    (version,) = await workflows.versions(T1, "incident")
    assert version.created_by == STARTER_PACK_AUTHOR
    assert await workflows.current(T2) == ()
    assert await pool.fetchval("SELECT count(*) FROM autopilot_switches") == 0


async def test_a_team_that_ever_had_one_gets_no_starter_pack(
    workflows: Workflows, pool: Pool
) -> None:
    await workflows.publish(T1, retitled(INCIDENT, "Ours"), "U1")
    assert await workflows.load_starter_pack(T1, PACK) is False
    await pool.execute("UPDATE workflows SET archived_at = now()")
    assert await workflows.load_starter_pack(T1, PACK) is False
    assert len(await workflows.versions(T1, "incident")) == 1


async def test_an_unknown_team_gets_no_starter_pack(workflows: Workflows) -> None:
    assert await workflows.load_starter_pack(TeamId("T404"), PACK) is False


async def test_to_read_a_teams_sops_takes_indexes_however_many_teams_there_are(
    workflows: Workflows, pool: Pool
) -> None:
    await workflows.load_starter_pack(T1, PACK)
    await pool.execute(
        """
        INSERT INTO teams (team_id) SELECT 'X' || n FROM generate_series(1, 2000) AS n;
        INSERT INTO workflows (team_id, slug, version)
            SELECT 'X' || n, 'tea', 1 FROM generate_series(1, 2000) AS n;
        INSERT INTO workflow_versions (workflow_id, version, definition, created_by)
            SELECT id, 1, '{}', 'U1' FROM workflows WHERE slug = 'tea';
        ANALYZE workflows; ANALYZE workflow_versions;
        """
    )
    plan = await pool.fetch("EXPLAIN " + sql("current_workflows"), T1, [1, 2], [1, 1])
    text = "\n".join(row[0] for row in plan)
    assert "workflows_team_id_slug_key" in text
    assert "workflow_versions_pkey" in text
    assert "Seq Scan" not in text


@pytest.mark.parametrize("definition", PACK, ids=lambda definition: definition.slug)
async def test_what_is_stored_is_read_back_the_same(
    workflows: Workflows, definition: WorkflowDefinition
) -> None:
    assert definition_from_json(definition_to_json(definition)) == definition
    await workflows.publish(T1, definition, "U1")
    assert [w.definition for w in await workflows.current(T1)] == [definition]


@pytest.mark.parametrize(
    ("part", "value", "said"),
    [
        ("title", None, "expected a text, found NoneType"),
        ("steps", {}, "expected a list, found dict"),
        ("steps", [{}], "expected an object of id, title"),
        ("edges", [3], "expected an object of source, target, label, found int"),
        ("color", "red", "expected an object of slug, title"),
        ("trigger", [], "expected an object of description"),
    ],
)
def test_a_stored_definition_of_another_form_is_refused(
    part: str, value: object, said: str
) -> None:
    stored = definition_to_json(INCIDENT) | {part: value}
    with pytest.raises(InvalidWorkflow, match=said):
        definition_from_json(stored)


@pytest.mark.parametrize(
    ("part", "value"),
    [("kind", "magic"), ("mode", None), ("action", "rm"), ("fields", []), ("fields", {"a": 1})],
)
def test_a_stored_step_of_another_form_is_refused(part: str, value: object) -> None:
    stored = definition_to_json(INCIDENT)
    stored["steps"][0][part] = value
    with pytest.raises(InvalidWorkflow, match="cannot be read"):
        definition_from_json(stored)
