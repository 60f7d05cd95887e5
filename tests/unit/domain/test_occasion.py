"""What templates see of the occasion: in plain words, and only what is known."""

from datetime import UTC, datetime
from typing import Any

from livesop_bot.domain.actions import Receipt
from livesop_bot.domain.decisions import Decision, Reason, Verdict
from livesop_bot.domain.evaluations import Cause, Evaluation, EvaluationId
from livesop_bot.domain.occasion import THREAD, names, sample_values, values
from livesop_bot.domain.signals import (
    ChannelId,
    MessageTs,
    Signal,
    SignalId,
    SignalState,
    Source,
    TeamId,
)
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

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
SOP = WorkflowDefinition(
    slug="refund",
    title="Refund",
    trigger=Trigger(description="Money back.", examples=("Please refund order 1",)),
    steps=(
        Step(
            id=StepId("ticket"),
            title="File it",
            kind=StepKind.ACTION,
            mode=StepMode.APPROVE,
            action=ActionKind.JIRA_ISSUE,
            fields={"summary": "x"},
        ),
    ),
    extract={"order": "The order."},
)


def evaluation(text: str, source: Source = Source.SLACK, **fields: str) -> Evaluation:
    return Evaluation(
        id=EvaluationId(1),
        signal=Signal(
            id=SignalId(1),
            team=TeamId("T1"),
            source=source,
            external_id="C1:1.2",
            channel=ChannelId("C1"),
            message_ts=MessageTs("1.2"),
            thread_ts=MessageTs("1.1"),
            author="U1",
            author_is_bot=False,
            text=text,
            permalink=None,
            occurred_at=NOON,
            received_at=NOON,
            stored_at=NOON,
            state=SignalState.EVALUATED,
            revision=1,
            attempt=1,
        ),
        workflow=Workflow(id=WorkflowId(1), team=TeamId("T1"), version=3, definition=SOP),
        confidence=0.9349,
        reasoning="It names a refund.",
        evidence="",
        evaluator="local",
        decision=Decision(Verdict.PROPOSE, Reason.PROPOSED, ""),
        cause=Cause.SIGNAL,
        dry_run=False,
        latency_ms=1,
        created_at=NOON,
        fields=fields,
    )


def test_only_what_is_known_has_a_value() -> None:
    results = {StepId("ticket"): Receipt(id="OPS-1", words="Opened", link=None)}
    assert values(evaluation("Order 4711", order="4711"), results) == {
        "message.text": "Order 4711",
        "message.author": "U1",
        "message.channel": "C1",
        "message.time": "2026-03-04 12:00 UTC",
        THREAD: "1.1",
        "evaluation.confidence": "93.4%",
        "evaluation.reasoning": "It names a refund.",
        "sop.title": "Refund",
        "sop.slug": "refund",
        "sop.version": "3",
        "extract.order": "4711",
        "steps.ticket.id": "OPS-1",
    }


def test_slacks_text_is_put_in_as_people_read_it() -> None:
    known = values(evaluation("<#C1|support>: a &lt; b, {{ sop.title }}"), {})
    assert known["message.text"] == "#support: a < b, {{ sop.title }}"


def test_other_sources_are_taken_to_the_letter() -> None:
    known = values(evaluation("&amp; <@U1>", Source.IMPORT), {})
    assert known["message.text"] == "&amp; <@U1>"


def test_samples_stand_for_every_name() -> None:
    every: Any = set(names(SOP.extract, [StepId("ticket")]))
    assert every <= set(sample_values(SOP))
