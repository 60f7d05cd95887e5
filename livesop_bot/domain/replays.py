"""Replays: a stored message judged once more, beside what it came to before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from livesop_bot.domain.decisions import Decision, Reason, Verdict, percent
from livesop_bot.domain.evaluations import Evaluation, Usage
from livesop_bot.domain.runs import RunId
from livesop_bot.domain.signals import ChannelId, Signal, SignalId, TeamId
from livesop_bot.domain.workflows import Workflow, watching


class Version(StrEnum):
    """Which version of the SOP that was named before is asked about; others are the newest."""

    SAME = "same"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayRequest:
    """What a person asks for; `by`: a Slack user's id, or who else. A dry run only says."""

    team: TeamId
    signal: SignalId
    by: str
    version: Version = Version.NEWEST
    dry_run: bool = True


class Unkept(StrEnum):
    """Why the same version could not be asked about again, and the SOPs of now were."""

    UNNAMED = "unnamed"
    ARCHIVED = "archived"
    PAUSED = "paused"
    ELSEWHERE = "elsewhere"
    """Its newest version does not watch the channel."""


class NotReplayed(StrEnum):
    """Why nothing was judged, or nothing was stored of it."""

    UNKNOWN = "unknown"
    DELETED = "deleted"
    OVERTAKEN = "overtaken"
    """Somebody else replayed it, or edited it, meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an evaluation came to; a dry run's decision is the one that it would have come to."""

    workflow: Workflow | None
    confidence: float | None
    decision: Decision
    reasoning: str
    evaluator: str
    fields: Mapping[str, str]
    stand_in: str
    usage: Usage

    @classmethod
    def of(cls, evaluation: Evaluation) -> Self:
        """What a stored evaluation came to."""
        return cls(**{name: getattr(evaluation, name) for name in cls.__dataclass_fields__})


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What came of a replay. `before` is None where the message was never judged.

    `run` is the one that it opened. `edited`: the message reads otherwise than it did `before`.
    `version` was asked for; `unkept`: why it was not the same one after all.
    """

    signal: Signal
    before: Outcome | None
    now: Outcome
    dry_run: bool
    edited: bool = False
    run: RunId | None = None
    version: Version = Version.NEWEST
    unkept: Unkept | None = None

    @property
    def differences(self) -> "tuple[Aspect, ...]":
        """What differs; empty: nothing, or there was nothing to compare with."""
        return () if self.before is None else differences(self.before, self.now)


class Aspect(StrEnum):
    """In what two outcomes can differ."""

    SOP = "sop"
    VERSION = "version"
    CONFIDENCE = "confidence"
    DECISION = "decision"
    FIELDS = "fields"


def unkept(
    named: Workflow | None, current: Iterable[Workflow], channel: ChannelId
) -> Unkept | None:
    """Say why the SOP that was named is none that is asked about in its channel; None: it is."""
    newest = None if named is None else next((one for one in current if one.id == named.id), None)
    if named is None:
        return Unkept.UNNAMED
    if newest is None:
        return Unkept.ARCHIVED
    if newest.paused:
        return Unkept.PAUSED
    return None if watching([newest], channel) else Unkept.ELSEWHERE


def differences(before: Outcome, now: Outcome) -> tuple[Aspect, ...]:
    """Say in what two outcomes differ, in the order in which people read it."""
    return tuple(
        aspect
        for aspect, differs in (
            (Aspect.SOP, _sop(before) != _sop(now)),
            (Aspect.VERSION, _sop(before) == _sop(now) and _version(before) != _version(now)),
            (Aspect.CONFIDENCE, sureness(before) != sureness(now)),
            (Aspect.DECISION, _decides_otherwise(before, now)),
            (Aspect.FIELDS, bool(changed_fields(before, now))),
        )
        if differs
    )


def changed_fields(before: Outcome, now: Outcome) -> tuple[str, ...]:
    """Name the fields that were taken from the message otherwise, or from one of them only."""
    names = {*before.fields, *now.fields}
    return tuple(sorted(one for one in names if before.fields.get(one) != now.fields.get(one)))


def sureness(outcome: Outcome) -> str:
    """A confidence as people read it, which is all that can differ; empty: nothing was judged."""
    return "" if outcome.confidence is None else percent(outcome.confidence)


def is_open_still(before: Outcome, now: Outcome) -> bool:
    """Whether a replay opens nothing only because what came of it before is open still."""
    return (
        now.decision.reason is Reason.DUPLICATE_RUN
        and before.decision.verdict is not Verdict.SKIP
        and _sop(before) == _sop(now)
    )


def _decides_otherwise(before: Outcome, now: Outcome) -> bool:
    one, two = before.decision, now.decision
    return (one.verdict, one.reason) != (two.verdict, two.reason) and not is_open_still(before, now)


def _sop(outcome: Outcome) -> int | None:
    return None if outcome.workflow is None else outcome.workflow.id


def _version(outcome: Outcome) -> int | None:
    return None if outcome.workflow is None else outcome.workflow.version
