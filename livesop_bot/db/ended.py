"""The end of an evaluation: what was judged, on its way into the database, and what came of it."""

from dataclasses import dataclass

from livesop_bot.db.evaluation_rows import evaluation_to_row
from livesop_bot.db.jobs import EvaluateJob
from livesop_bot.domain.audit import AuditEntry, AuditKind, signal_subject
from livesop_bot.domain.decisions import Decision, Limits, Reason, Switches, decide
from livesop_bot.domain.evaluations import Attempt, EvaluationId, Judgement
from livesop_bot.domain.runs import RunId
from livesop_bot.domain.signals import Signal, SignalState
from livesop_bot.domain.workflows import Workflow

_SIGNAL_STATES = {Reason.TIMED_OUT: SignalState.TIMED_OUT, Reason.FAILED: SignalState.FAILED}


@dataclass(frozen=True, slots=True)
class Concluded:
    """What came of an evaluation; `run` where one was opened.

    `would`: the decision that would have been taken, had it been no dry run.
    """

    evaluation: EvaluationId
    judgement: Judgement
    workflow: Workflow | None
    decision: Decision
    would: Decision
    run: RunId | None

    @property
    def confidence(self) -> float | None:
        """None where nothing was judged."""
        return confidence_of(self.judgement, self.would)


@dataclass(frozen=True, slots=True)
class Ended:
    """An attempt that came to its end, on the way into the database."""

    job: EvaluateJob
    signal: Signal
    attempt: Attempt
    judgement: Judgement
    workflow: Workflow | None
    latency_ms: float

    def row(self, decision: Decision) -> tuple[object, ...]:
        """What stands of it in its evaluation's row."""
        return evaluation_to_row(
            self.signal,
            self.judgement,
            self.workflow,
            decision,
            cause=self.job.cause,
            confidence=confidence_of(self.judgement, decision),
            dry_run=self.job.dry_run,
            latency_ms=self.latency_ms,
        )

    def columns(self, decision: Decision) -> tuple[object, ...]:
        """What conclude_skips takes of it, in order."""
        token, state = self.attempt.token, signal_state(decision)
        return self.signal.id, token, state, *self.row(decision)


def confidence_of(judgement: Judgement, decision: Decision) -> float | None:
    """Give what is stored: nothing where nothing was judged."""
    return None if decision.reason in _SIGNAL_STATES else judgement.confidence


def signal_state(decision: Decision) -> SignalState:
    """What becomes of the signal."""
    return _SIGNAL_STATES.get(decision.reason, SignalState.EVALUATED)


def gate(
    ended: Ended,
    switches: Switches,
    limits: Limits,
    *,
    running: bool,
    started_lately: int = 0,
    dry_run: bool = False,
) -> Decision:
    """Put it before the decision gate."""
    return decide(
        workflow=ended.workflow,
        confidence=ended.judgement.confidence,
        channel=ended.signal.channel,
        switches=switches,
        limits=limits,
        already_running=running,
        dry_run=dry_run,
        stand_in=ended.judgement.stand_in,
        caution=ended.judgement.caution,
        started_lately=started_lately,
    )


def replayed(
    ended: Ended, decision: Decision, evaluation: EvaluationId, run: int | None
) -> AuditEntry:
    """What stands in the audit log of a replay."""
    job, signal, workflow = ended.job, ended.signal, ended.workflow
    return AuditEntry(
        actor=job.by,
        kind=AuditKind.REPLAY,
        subject=signal_subject(signal.id),
        before={"state": signal.state},
        after={
            "state": signal.state if job.dry_run else signal_state(decision),
            "dry_run": job.dry_run,
            "evaluation": evaluation,
            "workflow": None if workflow is None else workflow.slug,
            "version": None if workflow is None else workflow.version,
            "verdict": decision.verdict,
            "reason": decision.reason,
            "run": run,
        },
    )
