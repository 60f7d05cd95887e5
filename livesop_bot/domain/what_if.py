"""What if: what other thresholds would have started, from judgements of the past.

As if every switch had been on. All else that the gate asks counts as it did then.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from livesop_bot.domain.decisions import Decision, Limits, Reason, Switches, Verdict, decide
from livesop_bot.domain.evaluations import Evaluation
from livesop_bot.domain.workflows import Workflow

THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.97, 0.99)


class Marked(StrEnum):
    """What people said of a match."""

    RIGHT = "right"
    WRONG = "wrong"
    NOT = "not"


@dataclass(frozen=True, slots=True, kw_only=True)
class PastMatches:
    """Past matches that are alike in all that counts here, and how many they are.

    `reached` is the highest of the thresholds asked for that their confidence reaches.
    """

    workflow: Workflow
    reached: float
    stand_in: bool
    caution: bool
    marked: Marked
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """What would have started from a threshold on, and what people said of it."""

    threshold: float
    started: int
    right: int
    wrong: int

    @property
    def unmarked(self) -> int:
        """How many of them have no verdict."""
        return self.started - self.right - self.wrong

    @property
    def wrong_share(self) -> float | None:
        """The wrong ones' share of those with a verdict, 0..1."""
        said = self.right + self.wrong
        return self.wrong / said if said else None


def what_if(
    matches: Iterable[PastMatches], thresholds: Sequence[float] = THRESHOLDS
) -> tuple[WhatIf, ...]:
    """Say for each threshold what would have started."""
    able = [match for match in matches if _could_start(match)]
    rows = []
    for threshold in thresholds:
        started = [match for match in able if match.reached >= threshold]
        rows.append(
            WhatIf(
                threshold=threshold,
                started=_count(started),
                right=_count(each for each in started if each.marked is Marked.RIGHT),
                wrong=_count(each for each in started if each.marked is Marked.WRONG),
            )
        )
    return tuple(rows)


def at_threshold(evaluation: Evaluation, limits: Limits) -> Decision | None:
    """Decide on one evaluation with other limits, be they its SOP's own or the team's; None where
    it named no SOP to decide on."""
    workflow, confidence = evaluation.workflow, evaluation.confidence
    if workflow is None or confidence is None:
        return None
    trigger = replace(workflow.definition.trigger, propose_from=None, auto_from=None)
    return decide(
        workflow=replace(workflow, definition=replace(workflow.definition, trigger=trigger)),
        confidence=confidence,
        channel=evaluation.signal.channel,
        switches=_all_on(workflow),
        limits=limits,
        already_running=evaluation.decision.reason is Reason.DUPLICATE_RUN,
        dry_run=False,
        stand_in=evaluation.stand_in,
        caution=evaluation.caution,
    )


def _all_on(workflow: Workflow) -> Switches:
    steps = {step.id: True for step in workflow.definition.acting_steps}
    return Switches(team=True, workflow=True, channel=True, steps=steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """What another threshold would have changed: so many starts more, or fewer where negative, and
    how many of those people called wrong."""

    threshold: float
    starts: int
    wrong: int


def around(today: float) -> tuple[float, ...]:
    """The thresholds to compare with today's, which is among them: three below, one above."""
    below = [one for one in THRESHOLDS if one < today][-3:]
    above = [one for one in THRESHOLDS if one > today][:1]
    return (*below, today, *above)


def shifts(rows: Sequence[WhatIf], today: float) -> tuple[Shift, ...]:
    """Say what each other threshold would have changed; nothing where today's is not among them."""
    now = next((row for row in rows if row.threshold == today), None)
    if now is None:
        return ()
    return tuple(
        Shift(
            threshold=row.threshold,
            starts=row.started - now.started,
            wrong=abs(row.wrong - now.wrong),
        )
        for row in rows
        if row is not now
    )


def _could_start(match: PastMatches) -> bool:
    """Whether the gate would let it, if it was sure enough and everything was switched on."""
    decision = decide(
        workflow=match.workflow,
        confidence=1,
        channel=next(iter(match.workflow.definition.trigger.channels), ""),
        switches=_all_on(match.workflow),
        limits=Limits(propose=0, auto=0),
        already_running=False,
        dry_run=False,
        stand_in="a stand-in judged" if match.stand_in else "",
        caution="there was a caution" if match.caution else "",
    )
    return decision.verdict is Verdict.START


def _count(matches: Iterable[PastMatches]) -> int:
    return sum(match.count for match in matches)
