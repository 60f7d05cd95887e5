"""What would have happened to this message at other thresholds."""

from collections.abc import Iterator

from livesop_bot.domain.decisions import Limits, Verdict, limits_of, percent
from livesop_bot.domain.evaluations import Evaluation
from livesop_bot.domain.what_if import at_threshold
from livesop_bot.views.blocks import Block, line, section
from livesop_bot.views.trust_panel.state import Panel


def threshold_blocks(panel: Panel) -> Iterator[Block]:
    """Say from which thresholds on it would have been started, proposed, or left alone."""
    if panel.evaluation is None:
        return
    workflow, now = panel.evaluation.workflow, panel.explanation.limits
    rows = list(_rows(panel.evaluation, now if workflow is None else limits_of(workflow, now)))
    if rows:
        head = "*At other thresholds*  As if every switch had been on."
        yield section("\n".join((head, *(f"•  {row}" for row in rows))))


def _rows(evaluation: Evaluation, now: Limits) -> Iterator[str]:
    sure = evaluation.confidence
    lowest = at_threshold(evaluation, Limits(propose=0, auto=0))
    if sure is None or lowest is None:
        return
    reached = percent(sure)
    if lowest.verdict is Verdict.SKIP:
        yield f"*left alone* at any: {line(lowest.detail, 300)}"
        return
    if lowest.verdict is Verdict.START:
        yield f"a start threshold of {reached} or lower (it is {percent(now.auto)}): *started*"
    else:
        yield f"never started at any: {line(lowest.detail, 300)}"
    yield f"a propose threshold of {reached} or lower (it is {percent(now.propose)}): *proposed*"
    yield f"a propose threshold above {reached}: *left alone*"
