"""The commands that touch a database, as processes of their own."""

import asyncio
import csv
import socket
from pathlib import Path

import asyncpg
import pytest

from livesop_bot.db.pool import Pool
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.signals import TeamId
from livesop_bot.sop.document import parse
from tests.command import start_livesop
from tests.ports import free_port

SOP = """
slug: restart-printer
title: Restart the printer
trigger:
  description: Somebody says that the printer is stuck.
  examples: [the printer is stuck again]
steps:
  - id: restart
    kind: manual
    title: Switch it off and on
"""
JUDGED = """
WITH signal AS (
    INSERT INTO raw_signals (event_id, team_id, source, external_id, channel_id, message_ts,
        author_id, author_is_bot, text, occurred_at, received_at, state)
    VALUES ('E1', 'T1', 'slack', 'C1:1700000000.000100', 'C1', '1700000000.000100', 'U1', false,
        'the printer is stuck again', now(), now(), 'evaluated') RETURNING id
)
INSERT INTO evaluations (team_id, signal_id, revision, cause, dry_run, workflow_id,
    workflow_version, confidence, reasoning, evidence, evaluator, verdict, reason, detail,
    latency_ms)
SELECT 'T1', signal.id, 1, 'signal', false, w.id, 1, 0.8, '', '', 'words', 'propose', 'proposed',
    '', 3
FROM signal, workflows AS w RETURNING signal_id
"""
"""A message that the SOP fitted, in its version 1."""


async def livesop(folder: Path, *arguments: str, **variables: str) -> tuple[int, str, str]:
    """Run a command to its end, with nothing set but these variables."""
    process = await start_livesop(folder, *arguments, **variables)
    out, err = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_migrate_tells_what_it_applied_and_then_that_there_is_nothing(
    empty_database: str, tmp_path: Path
) -> None:
    code, out, err = await livesop(tmp_path, "migrate", DATABASE_URL=empty_database)
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "applied 0001_spine.sql"
    assert out.splitlines()[-1] == "The database is up to date."
    code, out, err = await livesop(tmp_path, "migrate", DATABASE_URL=empty_database)
    assert (code, out, err) == (0, "The database is up to date.\n", "")


async def test_migrate_makes_an_embedded_database_where_none_is_given(data_dir: Path) -> None:
    code, out, _ = await livesop(data_dir, "migrate", LIVESOP_DATA_DIR=str(data_dir))
    assert code == 0
    assert "applied 0001_spine.sql" in out


async def test_sops_go_in_and_out_of_the_only_team(
    database: str, pool: Pool, tmp_path: Path
) -> None:
    await pool.execute("INSERT INTO teams (team_id, name) VALUES ('T1', 'One')")
    (tmp_path / "sop.yaml").write_text(SOP)
    code, out, err = await livesop(
        tmp_path, "workflows", "import", "sop.yaml", DATABASE_URL=database
    )
    assert (code, out, err) == (0, "restart-printer: created v1\n", "")
    by = await pool.fetchval("SELECT created_by FROM workflow_versions")
    assert by == "command-line"

    code, out, _ = await livesop(tmp_path, "workflows", "list", DATABASE_URL=database)
    assert code == 0
    assert out.startswith("restart-printer")

    code, document, _ = await livesop(tmp_path, "workflows", "export", DATABASE_URL=database)
    assert code == 0
    (tmp_path / "sop.yaml").write_text(document)
    code, out, _ = await livesop(tmp_path, "workflows", "import", "sop.yaml", DATABASE_URL=database)
    assert (code, out) == (0, "restart-printer: unchanged v1\n")


async def test_a_document_with_mistakes_is_refused_with_1_and_their_lines(
    database: str, pool: Pool, tmp_path: Path
) -> None:
    await pool.execute("INSERT INTO teams (team_id) VALUES ('T1')")
    (tmp_path / "sop.yaml").write_text(SOP.replace("kind: manual", "kind: magic"))
    code, out, err = await livesop(
        tmp_path, "workflows", "import", "sop.yaml", DATABASE_URL=database
    )
    assert (code, out) == (1, "")
    assert "line " in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("teams", "arguments", "code", "said"),
    [
        ([], [], 1, "No team is known yet"),
        (["T1", "T2"], [], 1, "There are several teams; choose with --team: T1 (), T2 ()"),
        (["T1"], ["--team", "T9"], 1, "There is no team T9; choose with --team: T1 ()"),
        (["T1", "T2"], ["--team", "T2"], 0, ""),
    ],
)
async def test_the_team_is_the_only_one_or_the_one_named(
    database: str,
    pool: Pool,
    tmp_path: Path,
    teams: list[str],
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    await pool.executemany("INSERT INTO teams (team_id) VALUES ($1)", [(team,) for team in teams])
    ended, _, err = await livesop(tmp_path, "workflows", "list", *arguments, DATABASE_URL=database)
    assert ended == code
    assert said in err


async def test_who_did_what_is_listed_exported_and_verified(
    database: str, pool: Pool, tmp_path: Path
) -> None:
    await pool.execute("INSERT INTO teams (team_id) VALUES ('T1'), ('T2')")
    (tmp_path / "sop.yaml").write_text(SOP)
    for team in ("T1", "T2"):
        await livesop(
            tmp_path, "workflows", "import", "sop.yaml", "--team", team, DATABASE_URL=database
        )

    async def audit(*words: str) -> tuple[int, str, str]:
        return await livesop(tmp_path, "audit", *words, DATABASE_URL=database)

    code, out, err = await audit("verify")
    assert (code, err) == (0, "")
    first, second = out.splitlines()
    assert first.startswith("T1: whole, 1 rows; head 1:")
    assert second.startswith("T2: whole, 1 rows; head 1:")
    head = first.split()[-1]
    assert await audit("verify", "--team", "T1", "--head", head) == (0, f"{first}\n", "")
    code, out, _ = await audit("verify", "--team", "T2", "--head", head)
    assert code == 1
    assert out.startswith("T2: broken: row 1 is not the one whose head was kept")
    code, _, err = await audit("verify", "--team", "T2", "--head", "1")
    assert code == 1
    assert err.startswith("livesop: --head: expected")

    code, out, _ = await audit("list", "--team", "T1")
    assert code == 0
    assert "command-line  publish  workflow:restart-printer" in out
    code, out, _ = await audit("export", "--team", "T1", "--since", "2026-01-01")
    assert code == 0
    [row] = csv.DictReader(out.splitlines())
    assert (row["actor"], row["hash"]) == ("command-line", head[2:])
    code, out, _ = await audit("export", "--team", "T1", "--until", "2026-01-01T10:00:00")
    assert (code, len(out.splitlines())) == (0, 1)

    await pool.execute(
        "ALTER TABLE audit_log DISABLE TRIGGER audit_append_only;"
        "UPDATE audit_log SET actor = 'U9' WHERE team_id = 'T2'"
    )
    code, out, err = await audit("verify")
    assert (code, err) == (1, "")
    assert out.splitlines() == [
        first,
        "T2: broken: row 1 was changed: its hash does not fit its content; no row is whole",
    ]


async def test_replaying_a_signal_that_is_not_there_is_said(database: str, tmp_path: Path) -> None:
    connection = await asyncpg.connect(database)
    await connection.execute("INSERT INTO teams (team_id) VALUES ('T1')")
    await connection.close()
    code, out, err = await livesop(tmp_path, "replay", "404", DATABASE_URL=database)
    assert (code, out) == (1, "")
    assert err.startswith("livesop: There is no signal 404")


@pytest.mark.parametrize(
    ("words", "version", "dry_run"),
    [
        ([], 2, True),
        (["--dry-run"], 2, True),
        (["--version", "newest"], 2, True),
        (["--version", "same"], 1, True),
        (["--run"], 2, False),
        (["--version", "same", "--run"], 1, False),
    ],
)
async def test_a_replay_only_says_unless_it_is_to_run_and_takes_the_version_that_is_wanted(
    database: str, pool: Pool, tmp_path: Path, words: list[str], version: int, dry_run: bool
) -> None:
    await pool.execute("INSERT INTO teams (team_id) VALUES ('T1')")
    for title in ("Restart the printer", "Wake the printer"):
        (sop,) = parse(SOP.replace("Restart the printer", title), "sop.yaml")
        await Workflows(pool).publish(TeamId("T1"), sop, "U1")
    signal = await pool.fetchval(JUDGED)
    local = {"DATABASE_URL": database, "LIVESOP_EVALUATOR": "words"}
    code, out, err = await livesop(tmp_path, "replay", str(signal), *words, **local)
    assert (code, err) == (0, "")
    assert ("Version: 1 → 2" in out) is (version == 2)
    assert ("This was a dry run: nothing was done." in out) is dry_run
    replays = "SELECT workflow_version, dry_run FROM evaluations WHERE cause = 'replay'"
    assert [tuple(row) for row in await pool.fetch(replays)] == [(version, dry_run)]
    runs = [row["workflow_version"] for row in await pool.fetch("SELECT * FROM runs")]
    assert runs == ([] if dry_run else [version])
    actors = await pool.fetch("SELECT actor FROM audit_log WHERE kind = 'replay'")
    assert [row["actor"] for row in actors] == ["command-line"]


@pytest.mark.parametrize("command", [["replay", "1"], ["workflows", "list"]], ids=" ".join)
async def test_a_database_that_is_not_migrated_is_said(
    empty_database: str, tmp_path: Path, command: list[str]
) -> None:
    code, _, err = await livesop(tmp_path, *command, DATABASE_URL=empty_database)
    assert code == 2
    assert err == "livesop: The database is not migrated; run `livesop migrate`.\n"


async def test_a_database_that_refuses_is_a_wrong_setting(
    empty_database: str, tmp_path: Path
) -> None:
    url = empty_database.replace("/test_", "/no_test_")
    code, _, err = await livesop(tmp_path, "migrate", DATABASE_URL=url)
    assert code == 2
    assert err.startswith("livesop: DATABASE_URL: PostgreSQL refused us")


async def test_the_doctor_prints_a_line_a_check_and_fails_with_1(
    empty_database: str, tmp_path: Path
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        code, out, err = await livesop(
            tmp_path,
            "doctor",
            DATABASE_URL=empty_database,
            HEALTH_PORT=str(port),
            LIVESOP_DATA_DIR=str(tmp_path),
        )
    assert (code, err) == (1, "")
    lines = out.splitlines()
    assert next(line for line in lines if "health port" in line).startswith("fail")
    assert {line.split()[0] for line in lines} <= {"ok", "warn", "fail", "skip"}


async def test_the_doctor_passes_on_an_empty_machine(database: str, tmp_path: Path) -> None:
    code, out, _ = await livesop(
        tmp_path,
        "doctor",
        DATABASE_URL=database,
        HEALTH_PORT=str(free_port()),
        SANDBOX_PORT=str(free_port()),
        LIVESOP_DATA_DIR=str(tmp_path),
    )
    assert "fail" not in out
    assert code == 0


async def test_serving_on_a_taken_port_ends_with_2_naming_the_variable(
    database: str, tmp_path: Path
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        code, _, err = await livesop(
            tmp_path,
            "run",
            DATABASE_URL=database,
            HEALTH_PORT=str(taken),
            SANDBOX_PORT=str(free_port()),
            LIVESOP_DATA_DIR=str(tmp_path),
        )
    assert code == 2
    assert err.splitlines()[-1].startswith(f"livesop: HEALTH_PORT: {taken} on 127.0.0.1 is taken")
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("given", "wrong", "said"),
    [
        ("/test_", "/no_test_", "PostgreSQL refused us: database "),
        ("//livesop@", "//looks_on@", "PostgreSQL refused us: permission denied"),
        ("?", "?sslmode=sometimes&", "PostgreSQL cannot be asked: `sslmode` parameter"),
    ],
)
async def test_serving_where_postgresql_refuses_us_ends_with_2(
    database: str, pool: Pool, tmp_path: Path, given: str, wrong: str, said: str
) -> None:
    """With 1 and a traceback, systemd would start it again and again."""
    await pool.execute("CREATE ROLE looks_on LOGIN IN ROLE pg_read_all_data")
    try:
        code, _, err = await livesop(
            tmp_path,
            "run",
            DATABASE_URL=database.replace(given, wrong),
            HEALTH_PORT=str(free_port()),
            SANDBOX_PORT=str(free_port()),
            LIVESOP_DATA_DIR=str(tmp_path),
        )
    finally:
        await pool.execute("DROP ROLE looks_on")
    assert code == 2
    assert err.splitlines()[-1].startswith(f"livesop: DATABASE_URL: {said}")
    assert "exception" not in err
