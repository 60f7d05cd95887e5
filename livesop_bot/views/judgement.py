"""What an evaluation says, in two lines: the SOP and how sure it is, and what was decided."""

from livesop_bot.domain.decisions import Reason
from livesop_bot.domain.evaluations import Evaluation
from livesop_bot.domain.workflows import Workflow
from livesop_bot.views.blocks import bar, line, percent

_EVALUATORS = {"local-lexical": "words alone", "local-semantic": "the local model"}


def evaluator(name: str) -> str:
    """An evaluator as people know it; a model of a service goes by its own name."""
    return _EVALUATORS.get(name) or line(name, 80)


def verdict_line(evaluation: Evaluation) -> str:
    """Name the SOP and how sure the evaluator was; for no SOP the figure is the nearest one's."""
    return judged_line(evaluation.workflow, evaluation.confidence)


def judged_line(workflow: Workflow | None, confidence: float | None) -> str:
    """The same of a judgement; `confidence` is None where nothing was judged."""
    if workflow is None:
        return f"*No SOP*  ·  nearest {percent(confidence)}" if confidence else "*No SOP*"
    title = f"*{line(workflow.title, 200)}*"
    if confidence is None:
        return title
    return f"{title}  ·  {percent(confidence)}  {bar(confidence)}"


def detail_line(evaluation: Evaluation) -> str:
    """Say what was decided; nothing where the evaluator's reasoning says as much: no SOP fits."""
    if evaluation.decision.reason is Reason.NO_MATCH and evaluation.reasoning.strip():
        return ""
    return line(evaluation.decision.detail, 500)
