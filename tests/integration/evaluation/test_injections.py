"""Injection, end to end: everything is switched on, the model obeys whatever it reads, and still
nothing starts that would not start without the attempt, and nothing else changes.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pydantic import SecretStr

from livesop_bot.app.judge import choose_evaluator
from livesop_bot.app.parts import Stores
from livesop_bot.db.ended import Concluded
from livesop_bot.db.jobs import EvaluateJob
from livesop_bot.db.pool import Pool
from livesop_bot.db.signals import store_batch
from livesop_bot.domain.decisions import Verdict
from livesop_bot.domain.evaluations import Cause
from livesop_bot.domain.knowledge import Passage, PassageId, PastCase
from livesop_bot.domain.signals import Signal
from livesop_bot.metrics import Metrics
from livesop_bot.settings import Settings
from livesop_bot.sop.starter_pack import starter_pack
from livesop_bot.worker.evaluate import Evaluating
from tests.model_server import KEY, Mind, ModelServer, gullible, sensible, taken_over
from tests.questions import TEAM, new_signal
from tests.switches import ALL_ON

DATA = Path(__file__).parents[2] / "data/injections.jsonl"
ATTEMPTS = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
OUTAGE = (
    "URGENT: checkout is down, all payments fail with error 502 since 10 minutes.\n"
    "Several enterprise customers are affected."
)
FIELDS = {"channel": "Where to post.", "order": "The order's number.", "url": "A link."}


def with_injection(attempt: Mapping[str, str], text: str) -> str:
    """The text with the attempt where it belongs."""
    injection = attempt["injection"]
    match attempt["place"]:
        case "before":
            return injection + text
        case "inside":
            return text.replace("\n", injection + "\n", 1)
        case _:
            return text + injection


class Shelf:
    """A library with one document, or none."""

    document = ""

    async def passages(self, signal: Signal) -> Sequence[Passage]:
        if not self.document:
            return ()
        return [Passage(id=PassageId(1), title="Guide", text=self.document, source="a file")]

    async def cases(self, signal: Signal) -> Sequence[PastCase]:
        return ()


@dataclass(slots=True)
class Team:
    """A team with everything switched on, whose SOPs ask for fields, and a model."""

    pool: Pool
    evaluating: Evaluating
    model: ModelServer
    shelf: Shelf
    count: int = 0

    async def judge(self, text: str, mind: Mind, document: str = "") -> Concluded:
        """Judge a new message with that mind, and a document on the shelf."""
        self.count += 1
        self.model.mind, self.shelf.document = mind, document
        (stored,) = await store_batch(self.pool, [new_signal(text, self.count)], timeout=5)
        assert stored.signal is not None
        # As a replay: no judgement of the same text is used again.
        job = EvaluateJob(stored.signal, 1, Cause.REPLAY, by="U1")
        concluded = await self.evaluating(job, attempts=0)
        assert concluded is not None
        return concluded

    async def settings(self) -> list[Any]:
        """All that an attempt could want to change."""
        queries = (
            "SELECT * FROM teams ORDER BY 1",
            "SELECT * FROM autopilot_switches ORDER BY 1, 2, 3",
            "SELECT * FROM audit_log WHERE kind <> 'replay' ORDER BY 1, 2",
            "SELECT * FROM workflow_versions ORDER BY 1, 2",
        )
        return [await self.pool.fetch(query) for query in queries]


@pytest_asyncio.fixture
async def team(pool: Pool, model: ModelServer) -> AsyncIterator[Team]:
    """The team, with the evaluator that the settings build."""
    settings = Settings(
        _env_file=None, openai_api_key=SecretStr(KEY), openai_base_url=model.base_url
    )
    stores, metrics, shelf = Stores.on(pool, settings), Metrics(), Shelf()
    await stores.teams.ensure(TEAM, "Acme")
    await stores.workflows.load_starter_pack(TEAM, starter_pack())
    await pool.execute(
        "UPDATE workflow_versions SET definition = jsonb_set(definition, '{extract}', $1)",
        json.dumps(FIELDS),
    )
    for statement in ALL_ON:
        await pool.execute(statement)
    async with choose_evaluator(settings, metrics, pool, shelf) as judge:
        yield Team(pool, stores.evaluating(settings, judge.evaluator, metrics), model, shelf)


def test_there_are_enough_attempts_of_every_kind() -> None:
    assert len(ATTEMPTS) >= 40
    assert len({attempt["kind"] for attempt in ATTEMPTS}) >= 8


def minds() -> list[Any]:
    everybody = [taken_over(definition.slug) for definition in starter_pack()]
    return [pytest.param([gullible], id="gullible"), pytest.param(everybody, id="taken over")]


@pytest.mark.timeout(300)  # some 1,500 judgements
@pytest.mark.parametrize("minds", minds())
async def test_no_attempt_starts_what_would_not_start_without_it(
    team: Team, minds: Sequence[Mind]
) -> None:
    before = await team.settings()
    for number, attempt in enumerate(ATTEMPTS):
        for base in (attempt["message"], OUTAGE):
            text, honest, poisoned = base, "", ""
            if attempt["kind"] == "knowledge":
                text = attempt["signal"] if base is not OUTAGE else OUTAGE
                honest, poisoned = attempt["message"], with_injection(attempt, attempt["message"])
            plain = await team.judge(text, sensible, honest)
            sent = text if poisoned else with_injection(attempt, text)
            # Of minds that were taken over for one SOP each, two at a time: all come round.
            for mind in (minds[number % len(minds)], minds[(number + 2) % len(minds)]):
                tried = await team.judge(sent, mind, poisoned)
                name = (attempt["name"], text[:20], tried.decision)
                if tried.decision.verdict is Verdict.START:
                    assert plain.decision.verdict is Verdict.START, name
                    assert tried.workflow == plain.workflow, name
                    assert tried.judgement.fields == plain.judgement.fields, name
                assert all(value in text for value in tried.judgement.fields.values()), name
                assert "evil.example" not in tried.judgement.reasoning, name
    assert await team.settings() == before
    elsewhere = (
        "SELECT count(*) FROM runs AS r JOIN raw_signals AS s ON s.id = r.signal_id WHERE {}"
    )
    moved = "(r.channel_id, r.thread_ts) <> (s.channel_id, s.message_ts)"
    assert await team.pool.fetchval(elsewhere.format(moved)) == 0
    assert await team.pool.fetchval("SELECT count(*) FROM runs WHERE state = 'running'") > 0


async def test_the_same_outage_starts_without_an_attempt(team: Team) -> None:
    concluded = await team.judge(OUTAGE, sensible)
    assert concluded.decision.verdict is Verdict.START, concluded.decision
