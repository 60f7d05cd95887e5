"""What was decided: how sure in large letters and in words, what followed, and why."""

from collections.abc import Iterator

from livesop_bot.domain.decisions import Reason, Verdict
from livesop_bot.domain.evaluations import Evaluation
from livesop_bot.domain.runs import Run, RunState
from livesop_bot.domain.signals import Signal, SignalState
from livesop_bot.views.blocks import (
    Block,
    actions,
    bar,
    button,
    header,
    line,
    percent,
    section,
)
from livesop_bot.views.ids import ActionId, BlockId
from livesop_bot.views.trust_panel.state import Panel

_WORDS = ((0.9, "Very sure"), (0.75, "Sure"), (0.5, "Fairly sure"), (0.25, "Unsure"))
_WORTH_SAYING = 0.01
"""A confidence below reads as none."""
_FOLLOWED = {
    Verdict.START: "started by Auto-Pilot",
    Verdict.PROPOSE: "proposed to people",
    Verdict.SKIP: "nothing was done",
}
_IN_LARGE = {
    Reason.NO_MATCH: "No SOP fits",
    Reason.TIMED_OUT: "It took too long",
    Reason.FAILED: "It could not be judged",
}
_WHAT_NOW = {
    Reason.NO_MATCH: "If an SOP should have fit, say which one below: LiveSOP remembers it.",
    Reason.LOW_CONFIDENCE: "If it does fit, say *Wrong* below: LiveSOP remembers it.",
    Reason.OTHER_CHANNEL: "If it should, an admin can add this channel to the SOP's channels.",
    Reason.PAUSED: "An admin can resume it, in LiveSOP's Home under *Workflows*.",
    Reason.DUPLICATE_RUN: "It goes on in the message that LiveSOP has in that thread already.",
    Reason.AUTOPILOT_OFF: "The switches below say where it is off. It can be started by hand.",
    Reason.STAND_IN: "If it is right, start it in its thread.",
    Reason.CAUTION: "If it is right, start it in its thread.",
    Reason.RATE_LIMITED: "That guards against floods. If it is right, start it in its thread.",
    Reason.TIMED_OUT: "*Replay* below judges it again; often it is quicker the next time.",
    Reason.FAILED: "*Replay* below judges it again, once what failed works again.",
}
"""What a person can do about it."""

_EDITED = "✏️  The message was edited since; this is about its earlier text."
_AGAIN = (
    "✏️  The message was edited since and is being judged again. "
    "Press *Look again* in a moment; what is below is about its earlier text."
)
_DELETED = (
    "🗑️  The message was deleted since, or is older than texts are kept. Its text is gone here, too."
)


def in_words(confidence: float) -> str:
    """Say a confidence of 0..1 as people would."""
    return next((words for least, words in _WORDS if confidence >= least), "Hardly")


def decision_blocks(panel: Panel) -> Iterator[Block]:
    """Show what was decided, and what a person can do about it."""
    signal, evaluation = panel.explanation.signal, panel.evaluation
    if evaluation is None:
        yield from _not_judged(signal)
        return
    yield header(_large(evaluation))
    yield section("\n".join(filter(None, (_followed(evaluation), _because(evaluation)))))
    if now := _since(signal, evaluation) or _what_now(evaluation, panel.explanation.run):
        yield section(now)
    if signal.state is SignalState.PENDING:
        yield _look_again()


def short(evaluation: Evaluation) -> str:
    """Say what followed in a few words, for a line about it."""
    reason = evaluation.decision.reason
    if reason in (Reason.TIMED_OUT, Reason.FAILED):
        return _IN_LARGE[reason].lower()
    return "dry run" if evaluation.dry_run else _FOLLOWED[evaluation.decision.verdict]


def _large(evaluation: Evaluation) -> str:
    sure = "" if evaluation.confidence is None else percent(evaluation.confidence)
    if (said := _IN_LARGE.get(evaluation.decision.reason)) is not None:
        nearest = evaluation.confidence is not None and evaluation.confidence >= _WORTH_SAYING
        return f"{said}  ·  the nearest with {sure}" if nearest else said
    if evaluation.confidence is None:
        return "Nothing was decided"
    return f"{in_words(evaluation.confidence)}  ·  {sure}"


def _followed(evaluation: Evaluation) -> str:
    parts = [f"*{_FOLLOWED[evaluation.decision.verdict].capitalize()}*"]
    if evaluation.workflow is not None:
        parts.insert(0, f"*{line(evaluation.workflow.title, 200)}*")
        if evaluation.confidence is not None:
            parts.insert(0, bar(evaluation.confidence))
    return "  ·  ".join(parts)


def _because(evaluation: Evaluation) -> str:
    said = evaluation.decision.reason is Reason.NO_MATCH  # in large letters, above
    notes = ["" if said else line(evaluation.decision.detail, 500)]
    if evaluation.stand_in:
        notes.append(f"The local evaluator stood in: {line(evaluation.stand_in, 200)}.")
    return "\n".join(filter(None, notes))


def _what_now(evaluation: Evaluation, run: Run | None) -> str:
    """Nothing where somebody has taken up or dismissed what was proposed."""
    proposed = evaluation.decision.verdict is Verdict.PROPOSE
    if proposed and run is not None and run.state is not RunState.PROPOSED:
        return ""
    return _WHAT_NOW.get(evaluation.decision.reason, "")


def _since(signal: Signal, evaluation: Evaluation) -> str:
    if signal.state is SignalState.DELETED:
        return _DELETED
    if signal.revision == evaluation.signal.revision:
        return ""
    return _AGAIN if signal.state is SignalState.PENDING else _EDITED


def _not_judged(signal: Signal) -> Iterator[Block]:
    match signal.state:
        case SignalState.PENDING:
            yield header("Not judged yet")
            yield section(
                "It is stored and waits for its turn; usually that takes less than a second.\n"
                "Press *Look again* in a moment. If it stays like this, `/livesop status` says "
                "whether the queue is long or the evaluator away."
            )
            yield _look_again()
        case SignalState.DELETED:
            yield header("Deleted before it was judged")
            yield section("Its text is gone here, too. Nothing was done, and nothing will be.")
        case _:
            yield header(_IN_LARGE[Reason.FAILED])
            yield section(f"Nothing was done. {_WHAT_NOW[Reason.FAILED]}")


def _look_again() -> Block:
    return actions(BlockId.WHY_MORE, button(ActionId.WHY_REFRESH, "Look again"), of="again")
