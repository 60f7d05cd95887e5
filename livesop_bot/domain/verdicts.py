"""Verdicts: what people say of judgements, and what evaluators may learn from it."""

from dataclasses import dataclass

from livesop_bot.domain.decisions import Reason
from livesop_bot.domain.evaluations import Evaluation, EvaluationId
from livesop_bot.domain.signals import ChannelId, Signal, SignalId, TeamId, UserId
from livesop_bot.domain.workflows import Workflow, WorkflowId

_NOTHING_NAMED = frozenset({Reason.NO_MATCH, Reason.LOW_CONFIDENCE})
_NOT_JUDGED = frozenset({Reason.TIMED_OUT, Reason.FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVerdict:
    """A person's word on a signal as it read at `revision`: the workflow fits it, or does not.

    Without a workflow it is about all of them: one fits that was not named, or none does.
    `evaluation` is the one that it answers.
    """

    team: TeamId
    signal: SignalId
    revision: int
    workflow: WorkflowId | None
    fits: bool
    evaluation: EvaluationId | None
    by: UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A verdict, as evaluators learn from it. Without a workflow: none fits such a message.

    The text is masked.
    """

    text: str
    workflow: WorkflowId | None
    fits: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A message of which people said what it calls for: masked text, and slugs.

    `expected` is what it calls for (None: nothing). Where nobody said so, `is_answered` is false,
    and `refused` is all there is: what it does not call for. `name` is for people: where it is
    from. `channel` is None where that is not known.
    """

    name: str
    text: str
    expected: str | None
    is_answered: bool = True
    refused: frozenset[str] = frozenset()
    channel: ChannelId | None = None


def on_judgement(evaluation: Evaluation | None, *, right: bool, by: UserId) -> NewVerdict | None:
    """Make the verdict that an evaluation is right, or wrong; None where nothing was judged.

    An evaluation from which nothing followed for want of a match said that nothing fits, also
    where it names the nearest workflow.
    """
    if evaluation is None or evaluation.decision.reason in _NOT_JUDGED:
        return None
    silent = evaluation.decision.reason in _NOTHING_NAMED
    named = None if silent else evaluation.workflow
    return NewVerdict(
        team=evaluation.signal.team,
        signal=evaluation.signal.id,
        revision=evaluation.signal.revision,
        workflow=None if named is None else named.id,
        fits=right if named else not right,
        evaluation=evaluation.id,
        by=by,
    )


def on_message(
    signal: Signal, workflow: Workflow | None, *, answers: Evaluation | None, by: UserId
) -> NewVerdict:
    """Make the verdict that a message, as it now reads, calls for that workflow, or for none."""
    return NewVerdict(
        team=signal.team,
        signal=signal.id,
        revision=signal.revision,
        workflow=None if workflow is None else workflow.id,
        fits=workflow is not None,
        evaluation=None if answers is None else answers.id,
        by=by,
    )
