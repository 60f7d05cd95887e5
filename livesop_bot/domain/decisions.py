"""The decision gate: from an evaluation, the switches and the limits to start, propose or skip.

Pure, and fails closed: what is unknown is off, and every outcome carries its reason.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import TypeGuard

from livesop_bot.domain.workflows import Step, StepId, StepMode, Workflow


class Verdict(StrEnum):
    """What is to happen."""

    START = "start"
    PROPOSE = "propose"
    SKIP = "skip"


class Reason(StrEnum):
    """Why it is to happen; stored with every evaluation."""

    STARTED = "started"
    PROPOSED = "proposed"
    AUTOPILOT_OFF = "autopilot_off"
    LOW_CONFIDENCE = "low_confidence"
    NO_MATCH = "no_match"
    OTHER_CHANNEL = "other_channel"
    PAUSED = "paused"
    DUPLICATE_RUN = "duplicate_run"
    STAND_IN = "stand_in"
    CAUTION = "caution"
    RATE_LIMITED = "rate_limited"
    BY_HAND = "by_hand"
    DRY_RUN = "dry_run"
    TIMED_OUT = "timed_out"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict, its reason, and one sentence that says it to people."""

    verdict: Verdict
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The confidence (0..1) from which a workflow is proposed, and from which it may start.

    `starts`: how many runs of a team may start by themselves within STARTS_IN.
    """

    propose: float
    auto: float
    starts: int = 30


STARTS_IN = timedelta(minutes=10)


class Scope(StrEnum):
    """Where an Auto-Pilot switch sits. Its subject: the team's id, a slug, a channel's id, or
    `slug/step`."""

    TEAM = "team"
    WORKFLOW = "workflow"
    CHANNEL = "channel"
    STEP = "step"


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """Where Auto-Pilot is allowed. `None` is unknown, which counts as off.

    A channel is on unless someone switched it off; a team, a workflow and a step are off until
    someone switches them on. `paused`: the workflow is paused or archived: it matches nothing, and
    does nothing by itself.
    """

    team: bool | None = None
    workflow: bool | None = None
    channel: bool | None = None
    steps: Mapping[StepId, bool] = field(default_factory=dict)
    paused: bool = False


def autopilot_obstacle(workflow: Workflow, switches: Switches) -> str | None:
    """The widest level at which Auto-Pilot is off for the workflow, as people read it, or None.

    A workflow with acting steps needs at least one that may run by itself; one without has
    nothing that a step's switch could stop.
    """
    if wider := _off_above_steps(switches):
        return wider
    acting = workflow.definition.acting_steps
    if acting and not any(
        step.mode is StepMode.AUTO and switches.steps.get(step.id) is True for step in acting
    ):
        return "Auto-Pilot is off for every step of this SOP that acts"
    return None


def step_obstacle(step: Step, switches: Switches) -> str | None:
    """Why one acting step may not run by itself, or None: it may."""
    if step.mode is not StepMode.AUTO:
        return "Auto-Pilot is off for this step"
    return step_switched_off(step.id, switches)


def step_switched_off(step: StepId, switches: Switches) -> str | None:
    """The widest level at which Auto-Pilot is off for a step that is automatic, or None."""
    if wider := _off_above_steps(switches):
        return wider
    if switches.steps.get(step) is not True:
        return "Auto-Pilot is off for this step"
    return None


def _off_above_steps(switches: Switches) -> str | None:
    if switches.team is not True:
        return "Auto-Pilot is off for this team"
    if switches.channel is not True:
        return "Auto-Pilot is off in this channel"
    if switches.workflow is not True:
        return "Auto-Pilot is off for this SOP"
    if switches.paused is not False:
        return "This SOP is paused"
    return None


def decide(
    *,
    workflow: Workflow | None,
    confidence: float,
    channel: str,
    switches: Switches,
    limits: Limits,
    already_running: bool,
    dry_run: bool,
    stand_in: str = "",
    caution: str = "",
    started_lately: int = 0,
) -> Decision:
    """Decide what follows from an evaluation that succeeded.

    `stand_in`: why the local evaluator judged in place of the model; `caution`: why nothing may
    start on this judgement. Either is empty where it does not apply. `started_lately`: runs of the
    team that started by themselves within STARTS_IN.

    The workflow's own limits count where it has some. A confidence or a limit outside 0..1 is
    unknown, and nothing is proposed or started on it. So is a flag that is neither true nor false,
    which counts as the one that stops.
    """
    if workflow is None:
        return Decision(Verdict.SKIP, Reason.NO_MATCH, "No SOP fits this message.")
    allowed = workflow.definition.trigger.channels
    if allowed and channel not in allowed:
        return Decision(
            Verdict.SKIP, Reason.OTHER_CHANNEL, f"{workflow.title} does not watch this channel."
        )
    if switches.paused is not False:
        return Decision(Verdict.SKIP, Reason.PAUSED, f"{workflow.title} is paused.")
    limits = limits_of(workflow, limits)
    if not _reaches(confidence, limits.propose):
        return Decision(
            Verdict.SKIP,
            Reason.LOW_CONFIDENCE,
            f"{workflow.title} fits with {percent(confidence)}, below the "
            f"{percent(limits.propose)} from which an SOP is proposed.",
        )
    if already_running is not False:
        return Decision(
            Verdict.SKIP, Reason.DUPLICATE_RUN, f"{workflow.title} is already open in this thread."
        )
    decision = _start_or_propose(
        workflow, confidence, switches, limits, stand_in, caution, started_lately
    )
    if dry_run is not False:
        return Decision(
            Verdict.SKIP,
            Reason.DRY_RUN,
            f"Dry run; otherwise: {decision.verdict}. {decision.detail}",
        )
    return decision


def _start_or_propose(
    workflow: Workflow,
    confidence: float,
    switches: Switches,
    limits: Limits,
    stand_in: str,
    caution: str,
    started_lately: int,
) -> Decision:
    if not _reaches(confidence, limits.auto):
        return Decision(
            Verdict.PROPOSE,
            Reason.PROPOSED,
            f"Sure enough to propose ({percent(confidence)}), not to start by itself "
            f"(from {percent(limits.auto)}).",
        )
    if obstacle := autopilot_obstacle(workflow, switches):
        return Decision(
            Verdict.PROPOSE, Reason.AUTOPILOT_OFF, f"Proposed, not started: {obstacle}."
        )
    if caution:
        return Decision(Verdict.PROPOSE, Reason.CAUTION, f"Proposed, not started: {caution}.")
    if stand_in and workflow.definition.trigger.trust_local is not True:
        return Decision(
            Verdict.PROPOSE,
            Reason.STAND_IN,
            f"Proposed, not started: {stand_in}, and this SOP does not start on the local "
            "evaluator's word.",
        )
    if not started_lately < limits.starts:
        return Decision(
            Verdict.PROPOSE,
            Reason.RATE_LIMITED,
            f"Proposed, not started: Auto-Pilot has started {limits.starts} SOPs within "
            f"{STARTS_IN // timedelta(minutes=1)} minutes, which is its limit.",
        )
    return Decision(
        Verdict.START,
        Reason.STARTED,
        f"Auto-Pilot is on and the match is sure ({percent(confidence)}).",
    )


def limits_of(workflow: Workflow, limits: Limits) -> Limits:
    """Give the limits that count for a workflow: its own where it has some, else the team's."""
    trigger = workflow.definition.trigger
    return replace(
        limits,
        propose=_own(trigger.propose_from, limits.propose),
        auto=_own(trigger.auto_from, limits.auto),
    )


def _own(percent: int | None, usual: float) -> float:
    if percent is None:
        return usual
    return percent / 100 if 1 <= percent <= 100 else math.nan  # which is unknown


def _reaches(confidence: object, limit: object) -> bool:
    return _known(confidence) and _known(limit) and confidence >= limit


def _known(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def percent(value: object) -> str:
    """Round down, so that what is below a limit never reads as if it had reached it."""
    return f"{math.floor(round(value * 1000, 6)) / 10:g}%" if _known(value) else "unknown"


def timed_out(seconds: float) -> Decision:
    """The decision for an evaluation that took longer than `seconds`."""
    return Decision(
        Verdict.SKIP,
        Reason.TIMED_OUT,
        f"The evaluation took longer than {seconds:g} s and was stopped. It can be replayed.",
    )


def started_by_hand() -> Decision:
    """The decision for a run that a person starts: no evaluator and no switch has a say in it."""
    return Decision(Verdict.START, Reason.BY_HAND, "A person started it.")


def failed(why: str) -> Decision:
    """The decision for an evaluation that could not be made; `why` is for people."""
    return Decision(
        Verdict.SKIP, Reason.FAILED, f"The evaluation failed: {why} It can be replayed."
    )
