"""How well and how fast the local evaluator judges: the intents of tests/data, on one thread."""

import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from bench.figures import percentile
from livesop_bot.domain.signals import (
    ChannelId,
    MessageTs,
    Signal,
    SignalId,
    SignalState,
    Source,
    TeamId,
)
from livesop_bot.domain.workflows import Trigger, Workflow, WorkflowDefinition, WorkflowId
from livesop_bot.evaluation import scoring
from livesop_bot.evaluation.evaluator import BlockingEvaluator, Question
from livesop_bot.evaluation.lexical_evaluator import LexicalEvaluator
from livesop_bot.evaluation.scoring import Case
from livesop_bot.evaluation.semantic_evaluator import SemanticEvaluator

DATA = Path(__file__).parent.parent / "tests" / "data" / "intents"
_MOMENT = datetime(2026, 1, 5, tzinfo=UTC)
_PRECISION = 0.98


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence, and the intent that it belongs to, if any."""

    text: str
    intent: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """The figures of an evaluator; both thresholds were chosen on other messages."""

    accuracy: float
    auroc: float
    out_of_scope_f1: float
    recall: float
    calibration_error: float


def lines(part: str) -> list[Line]:
    """Read `train`, `val` or `test`."""
    content = (DATA / f"{part}.jsonl").read_text(encoding="utf-8")
    return [Line(**json.loads(line)) for line in content.splitlines()]


def workflows(train: Sequence[Line]) -> list[Workflow]:
    """One workflow for each intent, of which nothing is known but its example phrases."""
    examples: dict[str, list[str]] = {}
    for line in train:
        if line.intent is not None:
            examples.setdefault(line.intent, []).append(line.text)
    return [
        Workflow(
            id=WorkflowId(number),
            team=TeamId("T1"),
            version=1,
            definition=WorkflowDefinition(
                slug=intent,
                title=intent,
                trigger=Trigger(description="", examples=tuple(texts)),
                steps=(),
            ),
        )
        for number, (intent, texts) in enumerate(examples.items(), start=1)
    ]


def question(text: str, found: Sequence[Workflow]) -> Question:
    """Put a message as a question."""
    signal = Signal(
        id=SignalId(1),
        team=TeamId("T1"),
        source=Source.IMPORT,
        external_id="1",
        channel=ChannelId("C1"),
        message_ts=MessageTs("1700000000.000100"),
        thread_ts=None,
        author="U1",
        author_is_bot=False,
        text=text,
        permalink=None,
        occurred_at=_MOMENT,
        received_at=_MOMENT,
        stored_at=_MOMENT,
        state=SignalState.PENDING,
        revision=1,
        attempt=1,
    )
    return Question(signal=signal, workflows=found)


def judged(
    evaluator: BlockingEvaluator, found: Sequence[Workflow], messages: Sequence[Line]
) -> list[Case[str]]:
    """Have each message judged."""
    slugs = {workflow.id: workflow.slug for workflow in found}
    cases = []
    for line in messages:
        judgement = evaluator.evaluate(question(line.text, found))
        cases.append(
            Case(
                expected=line.intent,
                judged=slugs[judgement.workflow] if judgement.workflow else None,
                nearest=slugs[judgement.nearest] if judgement.nearest else None,
                confidence=judgement.confidence,
            )
        )
    return cases


def quality(chosen_on: Sequence[Case[str]], cases: Sequence[Case[str]]) -> Quality:
    """Choose the thresholds on the ones, and take the figures of the others."""
    below = scoring.best_threshold(chosen_on, lambda one: scoring.out_of_scope(chosen_on, one).f1)
    sure = scoring.threshold_at_precision(chosen_on, _PRECISION)
    return Quality(
        accuracy=scoring.accuracy(cases),
        auroc=scoring.auroc(cases),
        out_of_scope_f1=scoring.out_of_scope(cases, below).f1,
        recall=0.0 if sure is None else scoring.named(cases, sure).recall,
        calibration_error=scoring.calibration_error(cases),
    )


def main() -> None:
    """Measure and print."""
    found, val, test = workflows(lines("train")), lines("val"), lines("test")
    rows: dict[str, list[float]] = {}
    for evaluator in (LexicalEvaluator(), SemanticEvaluator()):
        evaluator.evaluate(question(test[0].text, found))  # builds its index
        took = []
        for line in test:
            began = time.perf_counter()
            evaluator.evaluate(question(line.text, found))
            took.append(time.perf_counter() - began)
        figures = quality(judged(evaluator, found, val), judged(evaluator, found, test))
        rows[evaluator.name] = [
            figures.accuracy * 100,
            figures.auroc * 100,
            figures.out_of_scope_f1 * 100,
            figures.recall * 100,
            figures.calibration_error * 100,
            len(took) / sum(took),
            percentile(took, 0.5) * 1000,
            psutil.Process(os.getpid()).memory_info().rss / 1e6,
        ]
    goals = ["≥ 90", "≥ 97.5", "≥ 84", "≥ 60", "≤ 5", "≥ 150", "≤ 15", "≤ 350"]
    names = [
        "accuracy, nearest of 75 (%)",
        "out of scope: AUROC (%)",
        "out of scope: F1 (%)",
        "recall where precision is 98 % (%)",
        "calibration error (%)",
        "messages judged (1/s, one core)",
        "one message p50 (ms)",
        "resident memory, this process (MB)",
    ]
    print(f"{'':38}" + "".join(f"{name:>16}" for name in rows) + "  goal")
    for n, (name, goal) in enumerate(zip(names, goals, strict=True)):
        print(f"{name:38}" + "".join(f"{row[n]:>16,.1f}" for row in rows.values()) + f"  {goal}")


if __name__ == "__main__":
    main()
