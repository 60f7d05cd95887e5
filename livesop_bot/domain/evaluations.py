"""Evaluations: attempts to say which workflow a signal calls for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType, assert_never

from livesop_bot.domain.decisions import Decision, Reason, Verdict
from livesop_bot.domain.knowledge import Passage
from livesop_bot.domain.signals import Signal, SignalId
from livesop_bot.domain.workflows import Workflow, WorkflowId

EvaluationId = NewType("EvaluationId", int)


class Outcome(StrEnum):
    """What came of an evaluation; `held`: an SOP fits, and yet nothing was done."""

    STARTED = "started"
    PROPOSED = "proposed"
    HELD = "held"
    NO_SOP = "no_sop"
    UNJUDGED = "unjudged"


class Cause(StrEnum):
    """Why an evaluation was made; `manual`: a person started an SOP, and nothing was judged."""

    SIGNAL = "signal"
    REPLAY = "replay"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a judgement cost: tokens of the model, and US dollars by its list price.

    `cost_usd` is 0 also for models whose price is not known; `cost` tells that from nothing.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0

    @property
    def tokens(self) -> int:
        """All tokens, in and out."""
        return self.prompt_tokens + self.completion_tokens

    @property
    def cost(self) -> str:
        """What it cost, for people."""
        if self.tokens and not self.cost_usd:
            return "at a price that is not known here"
        return f"${self.cost_usd:.6f} by list price"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What an evaluator says. It can only name a workflow that it was given, or none.

    `confidence` is 0..1, also for no match (then: of the nearest workflow). `reasoning` is short
    and for people; it never quotes the message. `evidence` and the values of `fields` (what the
    workflow wants extracted) are verbatim spans of the message. `citations` are the passages of
    knowledge that it rests on.

    `ranking` are the workflows that came into question, best first, each with 0..1: what a local
    evaluator makes of them before a model is asked.

    `stand_in` says why the local evaluator judged in place of the model, and `caution` why this
    may be proposed but never start by itself; empty where there is nothing to say.
    """

    workflow: WorkflowId | None
    confidence: float
    reasoning: str
    evaluator: str
    evidence: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    citations: tuple[Passage, ...] = ()
    usage: Usage = Usage()  # frozen
    stand_in: str = ""
    caution: str = ""
    ranking: tuple[tuple[WorkflowId, float], ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.confidence <= 1:
            raise ValueError(f"confidence must be within 0..1, not {self.confidence}")

    @property
    def nearest(self) -> WorkflowId | None:
        """The workflow that comes closest, also where that is not close enough to name it."""
        return self.ranking[0][0] if self.ranking else self.workflow


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """A finished evaluation, as people see it: the decision, what it rests on, and its signal."""

    id: EvaluationId
    signal: Signal
    workflow: Workflow | None
    confidence: float | None
    reasoning: str
    evidence: str
    evaluator: str
    decision: Decision
    cause: Cause
    dry_run: bool
    latency_ms: float
    created_at: datetime
    fields: Mapping[str, str] = field(default_factory=dict)
    citations: tuple[Passage, ...] = ()
    usage: Usage = Usage()
    stand_in: str = ""
    caution: str = ""

    @property
    def outcome(self) -> Outcome:
        """What came of it; the database finds evaluations by the same."""
        match self.decision.verdict:
            case Verdict.START:
                return Outcome.STARTED
            case Verdict.PROPOSE:
                return Outcome.PROPOSED
            case Verdict.SKIP if self.decision.reason in (Reason.TIMED_OUT, Reason.FAILED):
                return Outcome.UNJUDGED
            case Verdict.SKIP:
                return Outcome.NO_SOP if self.workflow is None else Outcome.HELD
            case _:
                assert_never(self.decision.verdict)


@dataclass(frozen=True, slots=True)
class Attempt:
    """The right to conclude one evaluation of a signal, once.

    `token` is the signal's attempt counter when work began. Whoever concludes (a time-out too),
    edits or deletes counts it up, and what was begun under an older token can write nothing.
    """

    signal_id: SignalId
    token: int
