"""What other thresholds would have started: counted by hand, and never more than the gate lets."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from livesop_bot.domain.decisions import Decision, Limits, Reason, Verdict
from livesop_bot.domain.evaluations import Cause, Evaluation, EvaluationId
from livesop_bot.domain.signals import ChannelId, SignalState, TeamId
from livesop_bot.domain.what_if import THRESHOLDS, Marked, PastMatches, at_threshold, what_if
from livesop_bot.domain.workflows import (
    ActionKind,
    Step,
    StepId,
    StepKind,
    StepMode,
    Trigger,
    Workflow,
    WorkflowDefinition,
    WorkflowId,
)
from tests.signals import a_stored_signal


def sop(*modes: StepMode, trust_local: bool = False, channels: tuple[str, ...] = ()) -> Workflow:
    """An SOP with an acting step of each mode."""
    steps = tuple(
        Step(
            id=StepId(f"s{number}"),
            title="x",
            kind=StepKind.ACTION,
            mode=mode,
            action=ActionKind.WEBHOOK,
        )
        for number, mode in enumerate(modes)
    )
    trigger = Trigger(
        description="", trust_local=trust_local, channels=tuple(map(ChannelId, channels))
    )
    return Workflow(
        id=WorkflowId(1),
        team=TeamId("T1"),
        version=1,
        definition=WorkflowDefinition(slug="a", title="A", trigger=trigger, steps=steps),
    )


def evaluation(workflow: Workflow, confidence: float | None) -> Evaluation:
    """What was made of a message."""
    noon = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
    signal = a_stored_signal(state=SignalState.EVALUATED)
    return Evaluation(
        id=EvaluationId(1),
        signal=signal,
        workflow=workflow,
        confidence=confidence,
        reasoning="",
        evidence="",
        evaluator="lexical",
        decision=Decision(Verdict.SKIP, Reason.NO_MATCH, ""),
        cause=Cause.SIGNAL,
        dry_run=False,
        latency_ms=1,
        created_at=noon,
    )


MATCH = PastMatches(
    workflow=sop(), reached=0.9, stand_in=False, caution=False, marked=Marked.NOT, count=1
)


def test_each_threshold_counts_what_reaches_it() -> None:
    rows = what_if(
        [
            replace(MATCH, reached=0.5, count=10),
            replace(MATCH, reached=0.5, marked=Marked.WRONG, count=3),
            replace(MATCH, reached=0.9, marked=Marked.RIGHT, count=4),
            replace(MATCH, reached=0.9, marked=Marked.WRONG, count=1),
            replace(MATCH, reached=0.99, count=2),
        ],
        (0.5, 0.9, 0.99),
    )
    assert [(r.started, r.right, r.wrong, r.unmarked) for r in rows] == [
        (20, 4, 4, 12),
        (7, 4, 1, 2),
        (2, 0, 0, 2),
    ]
    assert [row.wrong_share for row in rows] == [0.5, 0.2, None]


@pytest.mark.parametrize(
    ("workflow", "stand_in", "caution", "starts"),
    [
        (sop(), False, False, True),
        (sop(channels=("C1",)), False, False, True),
        (sop(StepMode.AUTO, StepMode.APPROVE), False, False, True),
        (sop(StepMode.APPROVE), False, False, False),
        (sop(), True, False, False),
        (sop(trust_local=True), True, False, True),
        (sop(), False, True, False),
    ],
)
def test_what_the_gate_never_starts_starts_at_no_threshold(
    workflow: Workflow, stand_in: bool, caution: bool, starts: bool
) -> None:
    match = replace(MATCH, workflow=workflow, stand_in=stand_in, caution=caution, reached=0.99)
    assert {row.started for row in what_if([match])} == {int(starts)}


def test_the_thresholds_ascend_from_one_half_to_nearly_sure() -> None:
    assert (THRESHOLDS[0], THRESHOLDS[-1]) == (0.5, 0.99)
    assert list(THRESHOLDS) == sorted(set(THRESHOLDS))


@pytest.mark.parametrize(
    ("confidence", "limits", "change", "verdict"),
    [
        (0.8, (0.5, 0.8), {}, Verdict.START),
        (0.8, (0.5, 0.81), {}, Verdict.PROPOSE),
        (0.8, (0.81, 0.9), {}, Verdict.SKIP),
        (0.8, (0.5, 0.8), {"caution": "it instructs"}, Verdict.PROPOSE),
        (0.8, (0.5, 0.8), {"stand_in": "the model was away"}, Verdict.PROPOSE),
        (None, (0, 0), {}, None),
        (0.8, (0, 0), {"workflow": None}, None),
    ],
)
def test_one_evaluation_at_other_thresholds(
    confidence: float | None, limits: tuple[float, float], change: dict[str, Any], verdict: object
) -> None:
    strict = sop(StepMode.AUTO)
    trigger = replace(strict.definition.trigger, auto_from=99, propose_from=98)
    strict = replace(strict, definition=replace(strict.definition, trigger=trigger))
    judged = evaluation(strict, confidence)
    propose, auto = limits
    found = at_threshold(replace(judged, **change), Limits(propose=propose, auto=auto))
    assert (found and found.verdict) == verdict
