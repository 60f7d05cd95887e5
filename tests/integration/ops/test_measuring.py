"""`livesop eval` and `livesop what-if`, as processes of their own."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from livesop_bot.db.pool import Pool
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.signals import TeamId
from livesop_bot.sop.starter_pack import starter_pack
from tests.command import start_livesop
from tests.model_server import KEY, ModelServer, status

TEAM = TeamId("T1")
EXAMPLES = (
    '{"text": "my card is lost", "intent": "lost_card"}\n'
    '{"text": "somebody stole my card", "intent": "lost_card"}\n'
    '{"text": "what is my balance", "intent": "balance"}\n'
    '{"text": "how much money do I have", "intent": "balance"}\n'
)
CASES = (
    "text,intent\nmy card is lost,lost_card\nwhat is my balance,balance\nlunch anyone?,\n"
    "show me my funds,balance\n"
)


async def livesop(
    folder: Path, *arguments: str, **variables: str
) -> tuple[int, Sequence[str], str]:
    """Run a command to its end."""
    process = await start_livesop(folder, *arguments, **variables)
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, out.decode().splitlines(), err.decode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where there are labelled files."""
    (tmp_path / "examples.jsonl").write_text(EXAMPLES)
    (tmp_path / "cases.csv").write_text(CASES)
    return tmp_path


@pytest.fixture
async def team(pool: Pool) -> TeamId:
    """A team with the starter pack."""
    await pool.execute("INSERT INTO teams (team_id, name) VALUES ($1, 'One')", TEAM)
    await Workflows(pool).load_starter_pack(TEAM, starter_pack())
    return TEAM


async def judged(pool: Pool, text: str, number: int, slug: str | None, *, fits: bool) -> None:
    """Store a message that was proposed as an incident, and what somebody said of it."""
    signal = await pool.fetchval(
        "INSERT INTO raw_signals (event_id, team_id, source, external_id, channel_id, "
        "message_ts, author_id, author_is_bot, text, occurred_at, received_at, state) VALUES "
        "($1, $2, 'slack', $1, 'C1', $1, 'U1', false, $3, now(), now(), 'evaluated') RETURNING id",
        str(number),
        TEAM,
        text,
    )
    await pool.execute(
        "INSERT INTO evaluations (team_id, signal_id, revision, cause, dry_run, workflow_id, "
        "workflow_version, confidence, reasoning, evidence, evaluator, verdict, reason, detail, "
        "latency_ms) SELECT $1, $2, 1, 'signal', false, id, 1, 0.8, '', '', 'e', 'skip', "
        "'low_confidence', '', 1 FROM workflows WHERE slug = 'incident'",
        TEAM,
        signal,
    )
    await pool.execute(
        "INSERT INTO verdicts (team_id, signal_id, revision, workflow_id, fits, given_by) "
        "VALUES ($1, $2, 1, (SELECT id FROM workflows WHERE slug = $3), $4, 'U1')",
        TEAM,
        signal,
        slug,
        fits,
    )


async def everything(pool: Pool) -> list[int]:
    return [
        await pool.fetchval(f"SELECT count(*) FROM {table}")
        for table in ("raw_signals", "evaluations", "runs", "pgqueuer")
    ]


async def test_a_labelled_file_is_measured_without_any_database(folder: Path) -> None:
    code, out, err = await livesop(
        folder, "eval", "cases.csv", "--examples", "examples.jsonl", LIVESOP_DATA_DIR="/nowhere"
    )
    assert (code, err) == (0, "")
    assert out[0] == "local: 4 messages of cases.csv, 2 SOPs"
    assert out[2].startswith("  accuracy       75.0%   3 of 4 right, SOP or nothing")
    assert all(len(line) <= 100 for line in out)


async def test_a_long_trial_says_on_the_way_how_far_it_is(folder: Path) -> None:
    (folder / "many.jsonl").write_text('{"text": "my card is lost", "sop": "lost-card"}\n' * 100)
    code, _, err = await livesop(folder, "eval", "many.jsonl", "--examples", "examples.jsonl")
    assert code == 0
    assert err.splitlines() == [f"local: {done} of 100" for done in range(10, 101, 10)]


async def test_two_evaluators_are_compared(folder: Path) -> None:
    code, out, _ = await livesop(
        folder, "eval", "cases.csv", "--examples", "examples.jsonl", "--compare", "words"
    )
    assert code == 0
    assert "side by side" in out
    assert any(line.startswith("  McNemar's exact test: p = ") for line in out)


async def test_machines_get_all_of_it_as_json(folder: Path) -> None:
    code, out, _ = await livesop(
        folder,
        "eval",
        "cases.csv",
        "--examples",
        "examples.jsonl",
        "--json",
        "--compare",
        "words",
    )
    assert code == 0
    found = json.loads("\n".join(out))
    [first, second] = found["trials"]
    assert (first["name"], second["name"]) == ("local", "words")
    assert (first["messages"], first["accuracy"]) == (4, 0.75)
    assert next(case["name"] for case in first["cases"]) == "line 2"
    assert set(found["comparison"]) == {"only_first", "only_second", "otherwise_wrong", "p_value"}


async def test_the_teams_verdicts_are_measured_and_nothing_is_stored(
    folder: Path, database: str, pool: Pool, team: TeamId
) -> None:
    await judged(pool, "Production is down, all users are affected", 1, "incident", fits=True)
    await judged(pool, "lunch anyone?", 2, None, fits=False)
    await judged(pool, "incident report of last year for the archive", 3, "incident", fits=False)
    before = await everything(pool)
    code, out, err = await livesop(folder, "eval", DATABASE_URL=database)
    assert code == 0, err
    assert out[0] == "local: 3 messages of the team's verdicts, 5 SOPs"
    assert any("of 1 messages marked wrong" in line for line in out)
    assert await everything(pool) == before


async def test_a_changed_sop_is_compared_with_the_one_there_is(
    folder: Path, database: str, pool: Pool, team: TeamId
) -> None:
    changed = """
slug: incident
title: Incident
trigger:
  description: Anything
  examples: [the flux capacitor is leaking]
steps: [{id: a, kind: manual, title: A}]
"""
    (folder / "incident.yaml").write_text(changed)
    (folder / "flux.csv").write_text("text,sop\nthe flux capacitor is leaking,incident\n")
    code, out, err = await livesop(
        folder, "eval", "flux.csv", "--compare", "incident.yaml", DATABASE_URL=database
    )
    assert code == 0, err
    assert "local, incident.yaml: 1 messages of flux.csv, 5 SOPs" in out
    assert "    line 2: the flux capacitor is leaking" in out

    await livesop(folder, "workflows", "import", "incident.yaml", DATABASE_URL=database)
    code, out, err = await livesop(
        folder, "eval", "flux.csv", "--compare", "incident@1", DATABASE_URL=database
    )
    assert code == 0, err
    assert any("right only with the first: 1" in line or "first: 1;" in line for line in out)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["none.csv", "--examples", "examples.jsonl"], 1, "none.csv: cannot be read"),
        (["cases.csv"], 1, "cases.csv, line 2: there is no SOP 'lost-card'; there are: access"),
        (["cases.csv", "--examples", "cases.csv", "--workflows", "x"], 2, "not both"),
        ([], 1, "People have said of no message yet what fits it (/livesop verdict)"),
        (
            ["cases.csv", "--examples", "examples.jsonl", "--compare", "x"],
            1,
            "--compare x: neither",
        ),
        (["--compare", "incident@9"], 1, "People have said"),
        (["--evaluator", "openai"], 1, "People have said"),
        (
            ["cases.csv", "--examples", "examples.jsonl", "--evaluator", "openai"],
            2,
            "OPENAI_API_KEY: missing",
        ),
    ],
)
async def test_what_cannot_be_measured_is_said(
    folder: Path, database: str, team: TeamId, arguments: list[str], code: int, said: str
) -> None:
    ended, out, err = await livesop(folder, "eval", *arguments, DATABASE_URL=database)
    assert (ended, out) == (code, [])
    assert said in err
    assert "Traceback" not in err


async def test_what_if_tells_what_would_have_started(
    folder: Path, database: str, pool: Pool, team: TeamId
) -> None:
    await judged(pool, "Production is down", 1, "incident", fits=True)
    await judged(pool, "lunch anyone?", 2, None, fits=False)
    await pool.execute(
        "UPDATE workflow_versions SET definition = jsonb_set(definition, '{steps}', '[]')"
    )
    code, out, err = await livesop(
        folder, "what-if", "--days", "7", "--sop", "incident", DATABASE_URL=database
    )
    assert (code, err) == (0, "")
    assert out[0].startswith("What would have started since ")
    rows = {line.split()[0]: line.split()[1:] for line in out[3:15]}
    assert rows["80%"] == ["2", "1", "1", "0", "50.0%"]
    assert rows["85%"] == ["0", "0", "0", "0", "-"]
    assert rows["90%"][-2:] == ["←", "LIVESOP_AUTO_THRESHOLD=0.9"]
    assert all(len(line) <= 100 for line in out)

    code, _, err = await livesop(folder, "what-if", "--sop", "x", DATABASE_URL=database)
    assert code == 1
    assert err.startswith("livesop: There is no SOP 'x'; there are: access-request")


async def test_a_model_is_tried_with_what_it_costs_and_stores_no_more_than_that(
    folder: Path, database: str, pool: Pool, team: TeamId
) -> None:
    (folder / "cases.csv").write_text(
        "text,sop\ncheckout is down and all payments fail with error 502,incident\n"
        "see you at lunch,\n"
    )
    before = await everything(pool)
    async with ModelServer() as model:
        code, out, err = await livesop(
            folder,
            "eval",
            "cases.csv",
            "--evaluator",
            "openai",
            "--compare",
            "local",
            DATABASE_URL=database,
            OPENAI_API_KEY=KEY,
            OPENAI_BASE_URL=model.base_url,
        )
    assert code == 0, err
    assert out[0] == "openai: 2 messages of cases.csv, 5 SOPs"
    assert len(model.asked) == 1, "what is clearly noise costs nothing"
    [cost] = [line for line in out if line.startswith("  cost         $0.0")]
    assert "tokens" in cost
    assert "  judged by     openai/gpt-4o-mini 1, local-semantic 1" in out
    assert await everything(pool) == before
    assert await pool.fetchval("SELECT sum(calls) FROM model_usage") == 1


async def test_a_model_that_refuses_is_told_and_not_stood_in_for(
    folder: Path, database: str, team: TeamId
) -> None:
    (folder / "cases.csv").write_text("text,sop\ncheckout is down and all payments fail,incident\n")
    async with ModelServer() as model:
        model.next(status(401, "invalid_api_key"))
        code, out, err = await livesop(
            folder,
            "eval",
            "cases.csv",
            "--evaluator",
            "openai",
            DATABASE_URL=database,
            OPENAI_API_KEY=KEY,
            OPENAI_BASE_URL=model.base_url,
        )
    assert code == 0, err
    assert "  failed        1 messages got no judgement:" in out
    assert out[2].startswith("  accuracy        0.0%")
