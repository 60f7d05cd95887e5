"""The decision gate: from an evaluation, the switches and the limits to start, propose or skip.

Pure, and fails closed: what is unknown is off, and every outcome carries its reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from livesop_bot.domain.workflows import StepId, StepMode, Workflow


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
    DUPLICATE_RUN = "duplicate_run"
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
    """The confidence (0..1) from which a workflow is proposed, and from which it may start."""

    propose: float
    auto: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """Where Auto-Pilot is allowed. `None` is unknown, which counts as off.

    A channel is on unless someone switched it off; a team, a workflow and a step are off until
    someone switches them on.
    """

    team: bool | None = None
    workflow: bool | None = None
    channel: bool | None = None
    steps: Mapping[StepId, bool] = field(default_factory=dict)


def autopilot_obstacle(workflow: Workflow, switches: Switches) -> str | None:
    """The widest level at which Auto-Pilot is off for the workflow, as people read it, or None.

    A workflow with acting steps needs at least one that may run by itself; one without has
    nothing that a step's switch could stop.
    """
    if switches.team is not True:
        return "Auto-Pilot is off for this team"
    if switches.channel is not True:
        return "Auto-Pilot is off in this channel"
    if switches.workflow is not True:
        return "Auto-Pilot is off for this SOP"
    acting = workflow.definition.acting_steps
    if acting and not any(
        step.mode is StepMode.AUTO and switches.steps.get(step.id) is True for step in acting
    ):
        return "Auto-Pilot is off for every step of this SOP that acts"
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
) -> Decision:
    """Decide what follows from an evaluation that succeeded."""
    if workflow is None:
        return Decision(Verdict.SKIP, Reason.NO_MATCH, "No SOP fits this message.")
    allowed = workflow.definition.trigger.channels
    if allowed and channel not in allowed:
        return Decision(
            Verdict.SKIP, Reason.OTHER_CHANNEL, f"{workflow.title} does not watch this channel."
        )
    # `not >=` rather than `<`: a confidence or limit that is NaN must not pass.
    if not confidence >= limits.propose:
        return Decision(
            Verdict.SKIP,
            Reason.LOW_CONFIDENCE,
            f"{workflow.title} fits with {confidence:.0%}, below the {limits.propose:.0%} "
            "from which an SOP is proposed.",
        )
    if already_running:
        return Decision(
            Verdict.SKIP, Reason.DUPLICATE_RUN, f"{workflow.title} is already open in this thread."
        )
    decision = _start_or_propose(workflow, confidence, switches, limits)
    if dry_run:
        return Decision(
            Verdict.SKIP, Reason.DRY_RUN, f"Dry run; otherwise: {decision.verdict}. {decision.detail}"
        )
    return decision


def _start_or_propose(
    workflow: Workflow, confidence: float, switches: Switches, limits: Limits
) -> Decision:
    if not confidence >= limits.auto:
        return Decision(
            Verdict.PROPOSE,
            Reason.PROPOSED,
            f"Sure enough to propose ({confidence:.0%}), not to start by itself "
            f"(from {limits.auto:.0%}).",
        )
    if obstacle := autopilot_obstacle(workflow, switches):
        return Decision(Verdict.PROPOSE, Reason.AUTOPILOT_OFF, f"Proposed, not started: {obstacle}.")
    return Decision(
        Verdict.START, Reason.STARTED, f"Auto-Pilot is on and the match is sure ({confidence:.0%})."
    )


def timed_out(seconds: float) -> Decision:
    """The decision for an evaluation that took longer than `seconds`."""
    return Decision(
        Verdict.SKIP,
        Reason.TIMED_OUT,
        f"The evaluation took longer than {seconds:g} s and was stopped. It can be replayed.",
    )


def failed(why: str) -> Decision:
    """The decision for an evaluation that could not be made; `why` is for people."""
    return Decision(Verdict.SKIP, Reason.FAILED, f"The evaluation failed: {why} It can be replayed.")
