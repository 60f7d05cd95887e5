"""The audit log on a real PostgreSQL: whole under load, closed to changes, and telling of them."""

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from livesop_bot.db.audit import Audit, append
from livesop_bot.db.migrations import load, migrate
from livesop_bot.db.pool import Connection, Pool, create_pool
from livesop_bot.db.teams import Teams
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.audit import AuditEntry, AuditHead, AuditKind
from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.signals import TeamId
from livesop_bot.sop.starter_pack import starter_pack
from livesop_bot.worker.audit_heads import log_heads

TEAM, OTHER = TeamId("T1"), TeamId("T2")
HASHED_ANEW = """
UPDATE audit_log SET actor = 'U9', hash = sha256(convert_to(concat_ws(E'\n', 'livesop.audit.1',
    team_id, number, (extract(epoch FROM at) * 1000000)::bigint, 'U9', kind, subject,
    coalesce(before::text, ''), coalesce(after::text, ''), encode(previous, 'hex')), 'UTF8'))
WHERE team_id = 'T1' AND number = {number};
"""
INSERT = "INSERT INTO audit_log (team_id, actor, kind, subject, after)"
SWAPPED = """
UPDATE audit_log SET number = 9 WHERE team_id = 'T1' AND number = 2;
UPDATE audit_log SET number = 2 WHERE team_id = 'T1' AND number = 3;
UPDATE audit_log SET number = 3 WHERE team_id = 'T1' AND number = 9;
"""
PUT_IN = """
UPDATE audit_log SET number = number + 10 WHERE team_id = 'T1' AND number >= 3;
UPDATE audit_log SET number = number - 9 WHERE team_id = 'T1' AND number > 10;
INSERT INTO audit_log SELECT team_id, 3, at, 'U9', kind, subject, before, after, previous, hash
FROM audit_log WHERE team_id = 'T1' AND number = 4;
"""
PUT_AFTER = """
INSERT INTO audit_log SELECT team_id, 6, at, actor, kind, subject, before, after, previous, hash
FROM audit_log WHERE team_id = 'T1' AND number = 5;
"""


def entry(number: int = 0, actor: str = "U1") -> AuditEntry:
    return AuditEntry(
        actor=actor,
        kind=AuditKind.APPROVAL,
        subject=f"run:{number}",
        before={"state": "waiting", "text": 'naïve \\ "quoted"\t\x7f\u2028'},
        after={"state": "approved", "steps": number, "late": None},
    )


@pytest.fixture
def audit(pool: Pool) -> Audit:
    return Audit(pool)


@pytest.fixture
async def five(audit: Audit) -> Audit:
    """Five rows of a team, among those of another."""
    for number in range(1, 6):
        await audit.note(TEAM, entry(number))
        await audit.note(OTHER, entry(number))
    return audit


async def tamper(pool: Pool, statements: str) -> None:
    """Do what only the database's owner can: change what the triggers keep."""
    tables = ("audit_log", "audit_heads")
    await pool.execute(
        "".join(f"ALTER TABLE {table} DISABLE TRIGGER ALL;" for table in tables)
        + statements
        + "".join(f"ALTER TABLE {table} ENABLE TRIGGER ALL;" for table in tables)
    )


async def test_rows_are_numbered_from_one_and_chained_for_each_team(five: Audit) -> None:
    for team in (TEAM, OTHER):
        rows = [row async for row in five.rows(team)]
        assert [row.number for row in rows] == [1, 2, 3, 4, 5]
        assert [row.previous for row in rows] == [bytes(32), *(row.hash for row in rows[:-1])]
        assert [row.at for row in rows] == sorted(row.at for row in rows)
        verified = await five.verify(team)
        assert (verified.fault, verified.head) == (None, AuditHead(5, rows[-1].hash))
        assert (await five.heads())[team] == verified.head


async def test_a_team_without_rows_is_whole(five: Audit) -> None:
    verified = await five.verify(TeamId("T3"))
    assert (verified.fault, verified.head.number) == (None, 0)


async def test_appends_at_once_from_two_pools_make_one_chain(pool: Pool, database: str) -> None:
    elsewhere = await create_pool(database)

    async def work(number: int) -> None:
        async with (
            (pool, elsewhere)[number % 2].acquire() as connection,
            connection.transaction(),
        ):
            await append(connection, TEAM, entry(number), entry(number))

    await asyncio.gather(*(work(number) for number in range(50)))
    verified = await Audit(elsewhere).verify(TEAM)
    assert (verified.fault, verified.head.number) == (None, 100)
    rows = [row async for row in Audit(pool).rows(TEAM)]
    assert [row.subject for row in rows[::2]] == [row.subject for row in rows[1::2]]
    await elsewhere.close()


async def test_switches_publishing_and_refusals_at_once_never_deadlock(
    pool: Pool, database: str
) -> None:
    """The head is the last lock of each, whatever they hold before."""
    elsewhere = await create_pool(database)
    await Teams(pool).ensure(TEAM, "Acme")
    pack = starter_pack()
    work: list[Any] = []
    for number in range(8):
        here, there = (pool, elsewhere) if number % 2 else (elsewhere, pool)
        work += [
            Workflows(here).load_starter_pack(TEAM, pack),
            Workflows(there).publish(TEAM, pack[number % len(pack)], f"U{number}"),
            Teams(here).set_autopilot(TEAM, Scope.TEAM, TEAM, is_on=number % 3 == 0, by="U1"),
            Teams(there).set_autopilot(TEAM, Scope.WORKFLOW, "incident", is_on=True, by="U2"),
            Audit(here).note(TEAM, entry(number)),
        ]
    await asyncio.gather(*work)
    assert (await Audit(pool).verify(TEAM)).fault is None
    await elsewhere.close()


async def test_a_transaction_that_rolls_back_leaves_no_row_and_no_gap(
    five: Audit, pool: Pool
) -> None:
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await append(connection, TEAM, entry(6))
        await transaction.rollback()
    await five.note(TEAM, entry(7))
    verified = await five.verify(TEAM)
    assert (verified.fault, verified.head.number) == (None, 6)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET actor = 'U9'",
        "UPDATE audit_log SET actor = 'U9' WHERE false",
        "DELETE FROM audit_log WHERE number = 5",
        "TRUNCATE audit_log CASCADE",
        "TRUNCATE audit_log, audit_heads",
        "DELETE FROM audit_heads",
        "TRUNCATE audit_heads",
        "UPDATE audit_heads SET number = number - 1",
        "UPDATE audit_heads SET team_id = 'T9', number = number + 1",
    ],
)
async def test_nothing_is_changed_or_taken_out(five: Audit, pool: Pool, statement: str) -> None:
    with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
        await pool.execute(statement)
    assert (await five.verify(TEAM)).fault is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_heads SET number = number + 1",
        "INSERT INTO audit_heads (team_id) VALUES ('T9')",
        f"{INSERT} VALUES ('T1', '', 'action', 'x', '{{}}')",
        f"{INSERT} VALUES ('T1', E'U\\n1', 'action', 'x', '{{}}')",
        f"{INSERT} VALUES ('T1', 'U1', 'guess', 'x', '{{}}')",
        f"{INSERT} VALUES ('T1', 'U1', 'action', 'x', '[1]')",
    ],
)
async def test_what_makes_no_sense_cannot_be_stored(
    five: Audit, pool: Pool, statement: str
) -> None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await pool.execute(statement)
    assert (await five.verify(TEAM)).head.number == 5


async def test_a_row_inserted_by_hand_is_numbered_and_chained_like_any_other(
    five: Audit, pool: Pool
) -> None:
    await pool.execute(
        "INSERT INTO audit_log (team_id, number, actor, kind, subject, previous, hash)"
        " VALUES ('T1', 3, 'U9', 'action', 'x', '', '')"
    )
    verified = await five.verify(TEAM)
    assert (verified.fault, verified.head.number) == (None, 6)


ROW = "WHERE team_id = 'T1' AND number ="


@pytest.mark.parametrize(
    ("statements", "fault"),
    [
        (f"UPDATE audit_log SET actor = 'U9' {ROW} 3;", "row 3 was changed"),
        (f"UPDATE audit_log SET kind = 'action' {ROW} 3;", "row 3 was changed"),
        (f"UPDATE audit_log SET subject = 'run:9' {ROW} 3;", "row 3 was changed"),
        (f"UPDATE audit_log SET before = NULL {ROW} 3;", "row 3 was changed"),
        (f"UPDATE audit_log SET after = after || '{{\"x\": 1}}' {ROW} 3;", "row 3 was changed"),
        (
            f"UPDATE audit_log SET at = at + interval '1 microsecond' {ROW} 3;",
            "row 3 was changed",
        ),
        (SWAPPED, "row 2 was changed"),
        (f"DELETE FROM audit_log {ROW} 1;", "row 1 is missing"),
        (f"DELETE FROM audit_log {ROW} 3;", "row 3 is missing"),
        ("DELETE FROM audit_log WHERE number IN (3, 4);", "rows 3 to 4 are missing"),
        (f"DELETE FROM audit_log {ROW} 5;", "row 5 is missing at the end"),
        ("DELETE FROM audit_log WHERE team_id = 'T1';", "rows 1 to 5 are missing at the end"),
        ("DELETE FROM audit_heads;", "the head is missing"),
        (PUT_IN, "row 3 was changed"),
        (PUT_AFTER, "row 6 was changed"),
        (HASHED_ANEW.format(number=3), "row 4 does not continue row 3"),
        (HASHED_ANEW.format(number=5), "row 5 is not the one of the head"),
        ("UPDATE audit_heads SET number = 4 WHERE team_id = 'T1';", "row 5 stands behind the head"),
    ],
)
async def test_verify_names_the_first_row_that_is_wrong(
    five: Audit, pool: Pool, statements: str, fault: str
) -> None:
    await tamper(pool, statements)
    found = (await five.verify(TEAM)).fault
    assert found is not None
    assert found.startswith(fault)


async def test_a_chain_that_was_rewritten_whole_is_told_by_a_head_that_was_kept(
    five: Audit, pool: Pool
) -> None:
    kept = (await five.verify(TEAM)).head
    await five.note(TEAM, entry(6))
    assert (await five.verify(TEAM, kept)).fault is None
    rows = [row async for row in five.rows(TEAM)]
    await tamper(pool, "DELETE FROM audit_log; DELETE FROM audit_heads;")
    for row in rows[:4]:
        await five.note(TEAM, entry(int(row.subject[4:]), actor="U9"))
    assert (await five.verify(TEAM)).fault is None, "it is whole; but it is not the one"
    fault = (await five.verify(TEAM, kept)).fault
    assert fault == "row 5 is missing at the end, by the head that was kept"
    await five.note(TEAM, entry(5))
    fault = (await five.verify(TEAM, kept)).fault
    assert fault == "row 5 is not the one whose head was kept: the chain was rewritten"
    await tamper(pool, "DELETE FROM audit_log; DELETE FROM audit_heads;")
    fault = (await five.verify(TEAM, kept)).fault
    assert fault == "rows 1 to 5 are missing at the end, by the head that was kept"


async def test_rows_are_read_in_batches_without_a_seam_and_by_time(
    audit: Audit, pool: Pool
) -> None:
    async with pool.acquire() as connection:
        await append(connection, TEAM, *(entry(number) for number in range(2001)))
    rows = [row async for row in audit.rows(TEAM)]
    assert [row.number for row in rows] == list(range(1, 2002))
    assert (await audit.verify(TEAM)).fault is None
    since, until = rows[500].at, rows[1800].at
    some = [row.number async for row in audit.rows(TEAM, since, until)]
    assert some == [row.number for row in rows if since <= row.at < until]
    assert [row.number for row in await audit.last(TEAM, 2)] == [2000, 2001]


async def test_heads_are_logged_as_verify_takes_them(
    five: Audit, log_events: list[MutableMapping[str, Any]]
) -> None:
    await log_heads(five)
    heads = [
        (each["team"], AuditHead.parse(each["head"]))
        for each in log_events
        if each["event"] == "audit.head"
    ]
    assert heads == list((await five.heads()).items())
    assert [team for team, _ in heads] == [TEAM, OTHER]


async def test_what_is_published_is_recorded(pool: Pool, audit: Audit) -> None:
    workflows, pack = Workflows(pool), starter_pack()
    await Teams(pool).ensure(TEAM, "Acme")
    await workflows.load_starter_pack(TEAM, pack[:1])
    await workflows.publish(TEAM, pack[0], "U1")
    await workflows.publish(TEAM, pack[1], "U1")
    await pool.execute("UPDATE workflows SET archived_at = now()")
    await workflows.publish(TEAM, pack[1], "U2")
    rows = [row async for row in audit.rows(TEAM)]
    first, second = (f"workflow:{definition.slug}" for definition in pack[:2])
    current = '{"version": 1, "archived": false}'
    assert [(row.actor, row.kind, row.subject, row.before, row.after) for row in rows] == [
        ("livesop", "publish", first, None, current),
        ("U1", "publish", second, None, current),
        ("U2", "publish", second, '{"version": 1, "archived": true}', current),
    ]


async def test_nothing_is_recorded_of_nobody(pool: Pool) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await Audit(pool).note(TEAM, entry(actor=""))


@pytest.fixture
async def before_audit(empty_database: str) -> AsyncIterator[Connection]:
    """A database as it was before there was an audit log."""
    connection = await asyncpg.connect(empty_database)
    await migrate(connection, [each for each in load() if each.number < 7])
    yield connection
    await connection.close()


async def test_the_history_of_switches_becomes_the_first_rows(
    before_audit: Connection, empty_database: str
) -> None:
    times = [datetime(2026, 1, day, tzinfo=UTC) + timedelta(microseconds=7) for day in (1, 2, 3)]
    await before_audit.execute("INSERT INTO teams (team_id) VALUES ('T1'), ('T2')")
    await before_audit.executemany(
        "INSERT INTO switch_history (team_id, scope, subject, is_on, changed_by, changed_at)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        [
            ("T1", "team", "T1", True, "U1", times[0]),
            ("T2", "team", "T2", True, "U2", times[0]),
            ("T1", "workflow", "incident", True, "U1", times[1]),
            ("T1", "team", "T1", False, "U3", times[2]),
        ],
    )
    await migrate(before_audit)
    pool = await create_pool(empty_database)
    audit = Audit(pool)
    rows = [row async for row in audit.rows(TEAM)]
    assert [(row.at, row.actor, row.subject, row.before, row.after) for row in rows] == [
        (times[0], "U1", "team:T1", '{"on": null}', '{"on": true}'),
        (times[1], "U1", "workflow:incident", '{"on": null}', '{"on": true}'),
        (times[2], "U3", "team:T1", '{"on": true}', '{"on": false}'),
    ]
    assert [(await audit.verify(team)).fault for team in (TEAM, OTHER)] == [None, None]
    await pool.close()
