"""The gate: every outcome has its reason, and nothing starts on what is unknown."""

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.domain.decisions import (
    Decision,
    Limits,
    Reason,
    Switches,
    Verdict,
    decide,
    failed,
    timed_out,
)
from livesop_bot.domain.signals import ChannelId, TeamId
from livesop_bot.domain.workflows import (
    ActionKind,
    Step,
    StepId,
    StepKind,
    StepMode,
    Trigger,
    Workflow,
    WorkflowDefinition,
    WorkflowId,
)

LIMITS = Limits(propose=0.5, auto=0.9)
ON = Switches(team=True, workflow=True, channel=True, steps={StepId("page"): True})


def a_workflow(
    *modes: StepMode, channels: tuple[str, ...] = (), trust_local: bool = False
) -> Workflow:
    """A workflow with an acting step of each mode, the first of them named `page`."""
    names = ("page", "second", "third", "fourth")
    steps = tuple(
        Step(
            id=StepId(name),
            title=name,
            kind=StepKind.ACTION,
            mode=mode,
            action=ActionKind.SLACK_MESSAGE,
        )
        for name, mode in zip(names, modes, strict=False)
    )
    look = Step(id=StepId("look"), title="Look", kind=StepKind.MANUAL, mode=StepMode.MANUAL)
    return Workflow(
        id=WorkflowId(1),
        team=TeamId("T1"),
        version=1,
        definition=WorkflowDefinition(
            slug="incident",
            title="Incident",
            trigger=Trigger(
                description="Something is down.",
                channels=tuple(map(ChannelId, channels)),
                trust_local=trust_local,
            ),
            steps=(*steps, look),
        ),
    )


AUTO = a_workflow(StepMode.AUTO)
TRUSTING = a_workflow(StepMode.AUTO, trust_local=True)
AWAY, ODD = "OpenAI is away", "the message tells the evaluator what to do"


def gate(**changed: Any) -> Decision:
    """The gate's answer where everything is allowed and sure, but for what is given."""
    known: dict[str, Any] = {
        "workflow": AUTO,
        "confidence": 0.95,
        "channel": "C1",
        "switches": ON,
        "limits": LIMITS,
        "already_running": False,
        "dry_run": False,
    }
    return decide(**(known | changed))


@pytest.mark.parametrize(
    ("changed", "verdict", "reason"),
    [
        ({}, Verdict.START, Reason.STARTED),
        ({"confidence": 0.9}, Verdict.START, Reason.STARTED),
        ({"confidence": 1}, Verdict.START, Reason.STARTED),
        ({"workflow": a_workflow()}, Verdict.START, Reason.STARTED),
        ({"workflow": a_workflow(StepMode.AUTO, StepMode.MANUAL)}, Verdict.START, Reason.STARTED),
        ({"confidence": 0.8999}, Verdict.PROPOSE, Reason.PROPOSED),
        ({"confidence": 0.5}, Verdict.PROPOSE, Reason.PROPOSED),
        ({"switches": Switches()}, Verdict.PROPOSE, Reason.AUTOPILOT_OFF),
        ({"workflow": a_workflow(StepMode.APPROVE)}, Verdict.PROPOSE, Reason.AUTOPILOT_OFF),
        ({"confidence": 0.4999}, Verdict.SKIP, Reason.LOW_CONFIDENCE),
        ({"confidence": 0}, Verdict.SKIP, Reason.LOW_CONFIDENCE),
        ({"workflow": None}, Verdict.SKIP, Reason.NO_MATCH),
        ({"workflow": a_workflow(channels=("C2",))}, Verdict.SKIP, Reason.OTHER_CHANNEL),
        ({"workflow": a_workflow(channels=("C2", "C1"))}, Verdict.START, Reason.STARTED),
        ({"already_running": True}, Verdict.SKIP, Reason.DUPLICATE_RUN),
        ({"stand_in": AWAY}, Verdict.PROPOSE, Reason.STAND_IN),
        ({"stand_in": AWAY, "workflow": TRUSTING}, Verdict.START, Reason.STARTED),
        ({"caution": ODD}, Verdict.PROPOSE, Reason.CAUTION),
        (
            {"caution": ODD, "stand_in": AWAY, "workflow": TRUSTING},
            Verdict.PROPOSE,
            Reason.CAUTION,
        ),
        ({"caution": ODD, "confidence": 0.6}, Verdict.PROPOSE, Reason.PROPOSED),
        ({"caution": ODD, "workflow": None}, Verdict.SKIP, Reason.NO_MATCH),
        ({"started_lately": 29}, Verdict.START, Reason.STARTED),
        ({"started_lately": 30}, Verdict.PROPOSE, Reason.RATE_LIMITED),
        ({"started_lately": 30, "confidence": 0.4}, Verdict.SKIP, Reason.LOW_CONFIDENCE),
        ({"dry_run": True}, Verdict.SKIP, Reason.DRY_RUN),
        ({"dry_run": True, "already_running": True}, Verdict.SKIP, Reason.DUPLICATE_RUN),
        ({"dry_run": True, "workflow": None}, Verdict.SKIP, Reason.NO_MATCH),
    ],
)
def test_every_outcome_has_its_reason(
    changed: dict[str, Any], verdict: Verdict, reason: Reason
) -> None:
    decision = gate(**changed)
    assert (decision.verdict, decision.reason) == (verdict, reason)


@pytest.mark.parametrize(
    ("switches", "where"),
    [
        (Switches(workflow=True, channel=True, steps=ON.steps), "team"),
        (Switches(team=False, workflow=True, channel=True, steps=ON.steps), "team"),
        (Switches(team=True, workflow=True, channel=False, steps=ON.steps), "channel"),
        (Switches(team=True, workflow=True, channel=None, steps=ON.steps), "channel"),
        (Switches(team=True, channel=True, steps=ON.steps), "this SOP"),
        (Switches(team=True, workflow=True, channel=True), "step"),
        (Switches(team=True, workflow=True, channel=True, steps={StepId("look"): True}), "step"),
        (Switches(team=True, workflow=True, channel=True, steps={StepId("page"): False}), "step"),
    ],
)
def test_autopilot_off_says_where(switches: Switches, where: str) -> None:
    decision = gate(switches=switches)
    assert (decision.verdict, decision.reason) == (Verdict.PROPOSE, Reason.AUTOPILOT_OFF)
    assert where in decision.detail


@pytest.mark.parametrize("unknown", [None, math.nan, math.inf, -math.inf, 1.01, -0.5, True, "0.99"])
def test_an_unknown_confidence_or_threshold_neither_starts_nor_raises(unknown: Any) -> None:
    assert gate(confidence=unknown).reason is Reason.LOW_CONFIDENCE
    assert gate(limits=Limits(propose=unknown, auto=0.9)).reason is Reason.LOW_CONFIDENCE
    assert gate(limits=Limits(propose=0.5, auto=unknown)).reason is Reason.PROPOSED


@pytest.mark.parametrize("flag", ["already_running", "dry_run"])
def test_an_unknown_flag_stops(flag: str) -> None:
    assert gate(**{flag: None}).verdict is Verdict.SKIP


@pytest.mark.parametrize(
    ("own", "confidence", "reason"),
    [
        ({"auto_from": 97}, 0.96, Reason.PROPOSED),
        ({"auto_from": 97}, 0.97, Reason.STARTED),
        ({"auto_from": 60}, 0.6, Reason.STARTED),
        ({"propose_from": 97}, 0.96, Reason.LOW_CONFIDENCE),
        ({"propose_from": 20}, 0.2, Reason.PROPOSED),
        ({"propose_from": 97, "auto_from": 60}, 0.96, Reason.LOW_CONFIDENCE),
        ({"auto_from": 0}, 1.0, Reason.PROPOSED),
        ({"auto_from": 101}, 1.0, Reason.PROPOSED),
        ({"propose_from": 0}, 1.0, Reason.LOW_CONFIDENCE),
    ],
)
def test_an_sop_has_thresholds_of_its_own(
    own: dict[str, int], confidence: float, reason: Reason
) -> None:
    trigger = replace(AUTO.definition.trigger, **own)  # type: ignore[arg-type]
    workflow = replace(AUTO, definition=replace(AUTO.definition, trigger=trigger))
    assert gate(workflow=workflow, confidence=confidence).reason is reason


@pytest.mark.parametrize("paused", [True, None])
def test_what_is_paused_is_skipped(paused: Any) -> None:
    decision = gate(switches=replace(ON, paused=paused))
    assert (decision.verdict, decision.reason) == (Verdict.SKIP, Reason.PAUSED)


def test_what_is_below_a_limit_never_reads_as_if_it_had_reached_it() -> None:
    assert "49.9%, below the 50%" in gate(confidence=0.49999).detail
    assert "(89.9%)" in gate(confidence=0.89999).detail
    assert "(57%)" in gate(confidence=0.57).detail


def test_a_dry_run_says_what_would_have_happened() -> None:
    assert "start" in gate(dry_run=True).detail
    assert "propose" in gate(dry_run=True, switches=Switches()).detail


def test_time_outs_and_failures_skip_and_offer_a_replay() -> None:
    for decision, reason in (
        (timed_out(25), Reason.TIMED_OUT),
        (failed("The service is away."), Reason.FAILED),
    ):
        assert (decision.verdict, decision.reason) == (Verdict.SKIP, reason)
        assert "replayed" in decision.detail
    assert "25 s" in timed_out(25.0).detail
    assert "The service is away." in failed("The service is away.").detail


switch_values = st.sampled_from([True, True, True, False, None, 1, "on", math.nan])
numbers = st.one_of(
    st.floats(),
    st.floats(0.85, 1.0),
    st.sampled_from([0, 0.5, 0.9, 1, None, True, "1", math.nan]),
)
flags = st.sampled_from([False, False, False, True, None, 0, ""])
workflows = st.one_of(
    st.none(),
    st.builds(
        lambda modes, channels: a_workflow(*modes, channels=tuple(channels)),
        st.lists(st.sampled_from(StepMode), max_size=4),
        st.lists(st.sampled_from(["C1", "C2"]), max_size=2),
    ),
)
step_switches = st.dictionaries(
    st.sampled_from([StepId("page"), StepId("second"), StepId("look")]), switch_values
)


@given(
    workflow=workflows,
    confidence=numbers,
    propose=numbers,
    auto=numbers,
    team=switch_values,
    workflow_switch=switch_values,
    channel=switch_values,
    steps=step_switches,
    already_running=flags,
    dry_run=flags,
)
def test_it_starts_only_where_everything_known_allows_it(
    workflow: Any,
    confidence: Any,
    propose: Any,
    auto: Any,
    team: Any,
    workflow_switch: Any,
    channel: Any,
    steps: Any,
    already_running: Any,
    dry_run: Any,
) -> None:
    decision = decide(
        workflow=workflow,
        confidence=confidence,
        channel="C1",
        switches=Switches(team=team, workflow=workflow_switch, channel=channel, steps=steps),
        limits=Limits(propose=propose, auto=auto),
        already_running=already_running,
        dry_run=dry_run,
    )
    assert decision.detail.strip()
    if decision.verdict is not Verdict.SKIP:
        assert workflow is not None
        assert already_running is False
        assert dry_run is False
        assert 0 <= propose <= confidence <= 1
        assert "C1" in (workflow.definition.trigger.channels or ("C1",))
    if decision.verdict is Verdict.START:
        assert decision.reason is Reason.STARTED
        assert team is True
        assert workflow_switch is True
        assert channel is True
        assert 0 <= auto <= confidence
        acting = workflow.definition.acting_steps
        assert not acting or any(
            step.mode is StepMode.AUTO and steps.get(step.id) is True for step in acting
        )
