"""Evaluations as rows give them, and take them."""

import json
from dataclasses import asdict, replace

import asyncpg

from livesop_bot.db.signals import signal_from_row
from livesop_bot.db.stored_definition import definition_from_json
from livesop_bot.domain.decisions import Decision, Reason, Verdict
from livesop_bot.domain.evaluations import Cause, Evaluation, EvaluationId, Judgement, Usage
from livesop_bot.domain.knowledge import Passage
from livesop_bot.domain.signals import Signal, TeamId
from livesop_bot.domain.workflows import Workflow, WorkflowId


def evaluation_from_row(row: asyncpg.Record) -> Evaluation:
    """Build an Evaluation from a row with its signal and SOP, as feed.sql and runs.sql give it."""
    return Evaluation(
        id=EvaluationId(row["evaluation_id"]),
        signal=replace(signal_from_row(row), revision=row["evaluated_revision"]),
        workflow=_workflow(row),
        confidence=row["confidence"],
        reasoning=row["reasoning"],
        evidence=row["evidence"],
        evaluator=row["evaluator"],
        decision=Decision(Verdict(row["verdict"]), Reason(row["reason"]), row["detail"]),
        cause=Cause(row["cause"]),
        dry_run=row["dry_run"],
        latency_ms=row["latency_ms"],
        created_at=row["evaluated_at"],
        fields=json.loads(row["fields"]),
        citations=tuple(Passage(**passage) for passage in json.loads(row["citations"])),
        usage=Usage(
            prompt_tokens=row["prompt_tokens"],
            completion_tokens=row["completion_tokens"],
            cost_usd=row["cost_usd"],
        ),
        stand_in=row["stand_in"],
        caution=row["caution"],
    )


def evaluation_to_row(
    signal: Signal,
    judgement: Judgement,
    workflow: Workflow | None,
    decision: Decision,
    *,
    cause: Cause,
    confidence: float | None,
    dry_run: bool = False,
    latency_ms: float = 0.0,
) -> tuple[object, ...]:
    """Give what a new row takes, as insert_evaluation and conclude_skips have it: revision, cause,
    dry run, … cost. `confidence`: None where nothing was judged."""
    return (
        signal.revision,
        cause,
        dry_run,
        workflow and workflow.id,
        workflow and workflow.version,
        confidence,
        judgement.reasoning,
        judgement.evidence,
        judgement.evaluator,
        decision.verdict,
        decision.reason,
        decision.detail,
        latency_ms,
        json.dumps(dict(judgement.fields)),
        json.dumps([asdict(passage) for passage in judgement.citations]),
        judgement.stand_in,
        judgement.caution,
        judgement.usage.prompt_tokens,
        judgement.usage.completion_tokens,
        judgement.usage.cost_usd,
    )


def _workflow(row: asyncpg.Record) -> Workflow | None:
    if row["workflow_id"] is None:
        return None
    return Workflow(
        id=WorkflowId(row["workflow_id"]),
        team=TeamId(row["team_id"]),
        version=row["workflow_version"],
        definition=definition_from_json(json.loads(row["definition"])),
    )
