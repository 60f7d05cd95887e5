"""The occasion of an action, as its templates see it: message, evaluation, SOP, earlier steps."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from livesop_bot.domain.actions import Receipt
from livesop_bot.domain.decisions import percent
from livesop_bot.domain.evaluations import Evaluation
from livesop_bot.domain.message_text import as_read
from livesop_bot.domain.signals import Source
from livesop_bot.domain.workflows import StepId, WorkflowDefinition

_NAMES = (
    "message.text",
    "message.author",
    "message.channel",
    "message.permalink",
    "message.time",
    "evaluation.confidence",
    "evaluation.reasoning",
    "evaluation.evidence",
    "sop.title",
    "sop.slug",
    "sop.version",
)
THREAD = "message.thread"
"""The ts of the message's thread: a value for those who answer there, and no name in templates."""


def names(extract: Iterable[str], steps: Iterable[StepId]) -> tuple[str, ...]:
    """The names that a template may use; `steps` are the acting steps that come before."""
    results = (f"steps.{step}.{part}" for step in steps for part in ("id", "link"))
    return (*_NAMES, *(f"extract.{name}" for name in extract), *results)


def is_own(name: str) -> bool:
    """Whether a value is the SOP's own, so that no message has a say in it."""
    return name.startswith(("sop.", "steps."))


def values(evaluation: Evaluation, results: Mapping[StepId, Receipt]) -> dict[str, str]:
    """What the names stand for; what is not known is left out. The evaluation has a workflow."""
    signal, workflow = evaluation.signal, evaluation.workflow
    assert workflow is not None, "a run has a workflow"
    plain = as_read if signal.source is Source.SLACK else str
    known = {
        "message.text": plain(signal.text),
        "message.author": signal.author,
        "message.channel": signal.channel,
        "message.permalink": signal.permalink or "",
        "message.time": _moment(signal.occurred_at),
        THREAD: signal.thread_root,
        "evaluation.confidence": percent(evaluation.confidence),
        "evaluation.reasoning": evaluation.reasoning,
        "evaluation.evidence": plain(evaluation.evidence),
        "sop.title": workflow.title,
        "sop.slug": workflow.slug,
        "sop.version": str(workflow.version),
    }
    known |= {f"extract.{name}": plain(value) for name, value in evaluation.fields.items()}
    for step, receipt in results.items():
        known |= {f"steps.{step}.id": receipt.id, f"steps.{step}.link": receipt.link or ""}
    return {name: value for name, value in known.items() if value}


def sample_values(sop: WorkflowDefinition) -> dict[str, str]:
    """Values to show people what an action would send, before there is any message."""
    example = sop.trigger.examples[0] if sop.trigger.examples else "What somebody wrote."
    known = {
        "message.text": example,
        "message.author": "U012AB3CD",
        "message.channel": "C012AB3CD",
        "message.permalink": "https://example.slack.com/archives/C012AB3CD/p1767225600000100",
        "message.time": "2026-01-01 00:00 UTC",
        THREAD: "1767225600.000100",
        "evaluation.confidence": "93%",
        "evaluation.reasoning": "Why this SOP fits.",
        "evaluation.evidence": example,
        "sop.title": sop.title,
        "sop.slug": sop.slug,
        "sop.version": "1",
    }
    known |= {f"extract.{name}": f"[{name}]" for name in sop.extract}
    for step in sop.acting_steps:
        known |= {f"steps.{step.id}.id": "OPS-1"}
        known |= {f"steps.{step.id}.link": "https://example.atlassian.net/browse/OPS-1"}
    return known


def _moment(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
