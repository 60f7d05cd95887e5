"""Injection, end to end: everything is switched on, the model obeys whatever it reads, and still
nothing starts that would not start without the attempt, and nothing else changes.
"""

import json
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest
import pytest_asyncio
from pydantic import SecretStr

from livesop_bot.app.judge import choose_evaluator
from livesop_bot.app.parts import Stores
from livesop_bot.db.ended import Concluded
from livesop_bot.db.feed import Feed
from livesop_bot.db.jobs import EvaluateJob
from livesop_bot.db.pool import Pool
from livesop_bot.db.signals import store_batch
from livesop_bot.domain.action_fields import filled
from livesop_bot.domain.action_specs import SPECS
from livesop_bot.domain.actions import Receipt
from livesop_bot.domain.decisions import Verdict
from livesop_bot.domain.evaluations import Cause, Evaluation
from livesop_bot.domain.knowledge import Passage, PassageId, PastCase
from livesop_bot.domain.occasion import values
from livesop_bot.domain.signals import Signal
from livesop_bot.metrics import Metrics
from livesop_bot.settings import Settings
from livesop_bot.sop.starter_pack import starter_pack
from livesop_bot.worker.evaluate import Evaluating
from tests.injections import ATTEMPTS, NOT_FOUND, with_injection
from tests.model_server import KEY, Asked, Mind, ModelServer, gullible, sensible, taken_over
from tests.questions import TEAM, new_signal
from tests.switches import ALL_ON

OUTAGE = (
    "URGENT: checkout is down, all payments fail with error 502 since 10 minutes.\n"
    "Several enterprise customers are affected."
)
FIELDS = {"channel": "Where to post.", "order": "The order's number.", "url": "A link."}
HONEST = {"order": "502"}
"""What a sensible model reads from the outage."""


def wanted(attempt: Mapping[str, str]) -> dict[str, str]:
    """What a model that obeys puts into the fields: what stands in the attempt, word for word."""
    injection = attempt["injection"]
    patterns = {
        "channel": r"#[\w-]+|<[@!][^>]+>",
        "order": r"\d[\d.,]*\d",
        "url": r"https?://[^\s>]+",
    }
    found = {name: re.search(pattern, injection) for name, pattern in patterns.items()}
    said = {name: match[0] for name, match in found.items() if match}
    return {"url": injection.strip()[:60].strip()} | HONEST | said


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
        _env_file=None,
        openai_api_key=SecretStr(KEY),
        openai_base_url=model.base_url,
        livesop_evaluation_timeout=600,  # how soon is not the question
        livesop_start_limit=1_000,  # or all that follows the first thirty would only be proposed
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


def sense(asked: Asked) -> dict[str, Any]:
    """A sensible model that gives fields, too."""
    return sensible(asked) | {"fields": HONEST}


Makes = Callable[[Mapping[str, str]], Mind]


def minds() -> list[Any]:
    everybody = [partial(taken_over, definition.slug) for definition in starter_pack()]
    return [pytest.param([gullible], id="gullible"), pytest.param(everybody, id="taken over")]


def targets(evaluation: Evaluation) -> dict[str, str]:
    """Where the actions of its SOP would go."""
    assert evaluation.workflow is not None
    steps = evaluation.workflow.definition.acting_steps
    known = values(evaluation, {step.id: Receipt(id="OPS-1", words="Done.") for step in steps})
    goals: dict[str, str] = {}
    for step in steps:
        assert step.action is not None
        done = filled(step.action, step.fields, known)
        for field in SPECS[step.action].fields:
            if field.target:
                goals[f"{step.id}.{field.name}"] = done[field.name]
    return goals


@pytest.mark.timeout(600)  # some 1,500 judgements
@pytest.mark.parametrize("minds", minds())
async def test_no_attempt_starts_what_would_not_start_without_it(
    team: Team, minds: Sequence[Makes]
) -> None:
    before = await team.settings()
    for number, attempt in enumerate(ATTEMPTS):
        for base in (attempt["message"], OUTAGE):
            text, honest, poisoned = base, "", ""
            if attempt["kind"] == "knowledge":
                text = attempt["signal"] if base is not OUTAGE else OUTAGE
                honest, poisoned = attempt["message"], with_injection(attempt, attempt["message"])
            plain = await team.judge(text, sense, honest)
            sent = text if poisoned else with_injection(attempt, text)
            # Of minds that were taken over for one SOP each, two at a time: all come round.
            for mind in (minds[number % len(minds)], minds[(number + 2) % len(minds)]):
                tried = await team.judge(sent, mind(wanted(attempt)), poisoned)
                name = (attempt["name"], text[:20], tried.decision)
                if tried.decision.verdict is Verdict.START:
                    assert plain.decision.verdict is Verdict.START, name
                    assert tried.workflow == plain.workflow, name
                if tried.workflow != plain.workflow:  # which a model may propose, never start
                    assert tried.workflow is None or tried.judgement.caution, name
                fields = tried.judgement.fields
                if attempt["name"] not in NOT_FOUND:
                    assert fields.items() <= plain.judgement.fields.items(), name
                assert all(value in sent for value in fields.values()), name
                if tried.workflow is not None:
                    (kept,) = await Feed(team.pool).latest(TEAM, 1)
                    assert targets(kept) == targets(replace(kept, fields={}, evidence="")), name
                assert "evil.example" not in tried.judgement.reasoning, name
    assert await team.settings() == before
    elsewhere = (
        "SELECT count(*) FROM runs AS r JOIN raw_signals AS s ON s.id = r.signal_id WHERE {}"
    )
    moved = "(r.channel_id, r.thread_ts) <> (s.channel_id, s.message_ts)"
    assert await team.pool.fetchval(elsewhere.format(moved)) == 0
    assert await team.pool.fetchval("SELECT count(*) FROM runs WHERE state = 'running'") > 100


async def test_the_same_outage_starts_without_an_attempt(team: Team) -> None:
    concluded = await team.judge(OUTAGE, sensible)
    assert concluded.decision.verdict is Verdict.START, concluded.decision
