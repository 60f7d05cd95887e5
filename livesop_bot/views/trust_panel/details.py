"""Technical details: who judged, by which version, how long it took and what it cost."""

from collections.abc import Iterator, Sequence

from livesop_bot.domain.evaluations import Cause, Evaluation
from livesop_bot.views.blocks import (
    Block,
    actions,
    button,
    context,
    date,
    line,
    percent,
)
from livesop_bot.views.ids import ActionId, BlockId
from livesop_bot.views.trust_panel.decision import short
from livesop_bot.views.trust_panel.state import Panel, Part


def detail_blocks(panel: Panel) -> Iterator[Block]:
    """Show what people need who report a problem or tune the evaluator."""
    signal, evaluation = panel.explanation.signal, panel.evaluation
    parts = [] if evaluation is None else list(_evaluated(evaluation))
    parts.append(f"signal {signal.id}, revision {signal.revision}, attempt {signal.attempt}")
    yield context("  ·  ".join(parts))
    buttons = [button(ActionId.WHY_REFRESH, "Refresh")]
    if (judged := panel.explanation.judged) > 1:
        buttons.append(
            button(ActionId.WHY_MORE, f"All {judged:,} evaluations", value=f"{Part.HISTORY}:0")
        )
    yield actions(BlockId.WHY_MORE, *buttons)


def history(evaluations: Sequence[Evaluation]) -> Iterator[str]:
    """A row for each evaluation, newest first."""
    for evaluation in evaluations:
        parts = [date(evaluation.created_at), short(evaluation)]
        if evaluation.workflow is not None:
            parts.append(f"*{line(evaluation.workflow.title, 100)}*")
        if evaluation.confidence is not None:
            parts.append(percent(evaluation.confidence))
        yield "  ·  ".join((*parts, *_evaluated(evaluation)))


def _evaluated(evaluation: Evaluation) -> Iterator[str]:
    yield f"evaluator: {line(evaluation.evaluator, 80)}"
    yield (
        f"{evaluation.latency_ms:,.0f} ms"
        if evaluation.latency_ms >= 10
        else (f"{evaluation.latency_ms:.1f} ms")
    )
    usage = evaluation.usage
    if usage.tokens:
        yield (
            f"{usage.prompt_tokens:,} tokens in, {usage.completion_tokens:,} out  ·  {usage.cost}"
        )
    if evaluation.workflow is not None:
        yield f"SOP version {evaluation.workflow.version}"
    yield f"evaluation {evaluation.id}{', a replay' if evaluation.cause is Cause.REPLAY else ''}"
    yield date(evaluation.created_at)
