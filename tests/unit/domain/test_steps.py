"""Steps: what opens when, what can be pressed, and that every way comes to an end."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.domain.steps import (
    FINAL,
    NotOffered,
    Opened,
    Press,
    Progress,
    StepState,
    choices,
    is_over,
    offers,
    open_steps,
    opened,
    pressed,
)
from livesop_bot.domain.workflows import (
    ActionKind,
    Edge,
    Step,
    StepId,
    StepKind,
    StepMode,
    Trigger,
    WorkflowDefinition,
)

DONE, SKIPPED, BYPASSED = (
    Progress(state=state) for state in (StepState.DONE, StepState.SKIPPED, StepState.BYPASSED)
)


def a_step(name: str, kind: StepKind = StepKind.MANUAL, mode: StepMode = StepMode.MANUAL) -> Step:
    action = ActionKind.SLACK_MESSAGE if kind is StepKind.ACTION else None
    return Step(id=StepId(name), title=name, kind=kind, mode=mode, action=action)


def an_sop(steps: str, *edges: str) -> WorkflowDefinition:
    """An SOP of steps named by one letter each (capitals: decisions); edges as `ab` or `Ab:yes`."""
    return WorkflowDefinition(
        slug="sop",
        title="SOP",
        trigger=Trigger(description="Something."),
        steps=tuple(
            a_step(name, StepKind.DECISION if name.isupper() else StepKind.MANUAL) for name in steps
        ),
        edges=tuple(
            Edge(source=StepId(way[0]), target=StepId(way[1]), label=label)
            for way, _, label in (edge.partition(":") for edge in edges)
        ),
    )


CHAIN = an_sop("abc", "ab", "bc")
FORK = an_sop("abcd", "ab", "ac", "bd", "cd")
CHOICE = an_sop("Abcd", "Ab:yes", "Ac:no", "bd", "cd")
LONG_WAY = an_sop("Abcd", "Ab:yes", "bc", "cd", "Ad:no")


@pytest.mark.parametrize(
    ("sop", "before", "ready", "bypassed"),
    [
        pytest.param(CHAIN, {}, "a", "", id="it begins with the first step"),
        pytest.param(CHAIN, {"a": Progress(state=StepState.WAITING)}, "", "", id="an open one"),
        pytest.param(CHAIN, {"a": DONE}, "b", "", id="one after the other"),
        pytest.param(CHAIN, {"a": SKIPPED}, "b", "", id="a skipped step leads on"),
        pytest.param(CHAIN, {"a": Progress(state=StepState.FAILED)}, "", "", id="a failed one not"),
        pytest.param(CHAIN, {"a": Progress(state=StepState.UNKNOWN)}, "", "", id="nor an unknown"),
        pytest.param(FORK, {"a": DONE}, "bc", "", id="side by side"),
        pytest.param(FORK, {"a": DONE, "b": DONE, "c": Progress(state=StepState.TRYING)}, "", "",
                     id="where they meet waits for both"),
        pytest.param(FORK, {"a": DONE, "b": DONE, "c": SKIPPED}, "d", "", id="and opens then"),
        pytest.param(CHOICE, {"A": Progress(state=StepState.DONE, chosen="yes")}, "b", "c",
                     id="the way not taken is bypassed"),
        pytest.param(
            CHOICE,
            {"A": Progress(state=StepState.DONE, chosen="yes"), "b": DONE, "c": BYPASSED},
            "d", "", id="a bypassed branch holds nothing up",
        ),
        pytest.param(LONG_WAY, {"A": Progress(state=StepState.DONE, chosen="no")}, "d", "bc",
                     id="a bypass goes on behind it"),
    ],
)  # fmt: skip
def test_what_opens_next(
    sop: WorkflowDefinition, before: dict[str, Progress], ready: str, bypassed: str
) -> None:
    found = opened(sop, {StepId(name): progress for name, progress in before.items()})
    assert found == Opened(ready=tuple(map(StepId, ready)), bypassed=tuple(map(StepId, bypassed)))


@pytest.mark.parametrize(
    ("kind", "mode", "state", "expected"),
    [
        (StepKind.MANUAL, StepMode.MANUAL, StepState.WAITING, (Press.DONE, Press.SKIP)),
        (StepKind.ACTION, StepMode.MANUAL, StepState.WAITING, (Press.DONE, Press.SKIP)),
        (StepKind.ACTION, StepMode.APPROVE, StepState.WAITING, (Press.APPROVE, Press.SKIP)),
        (StepKind.ACTION, StepMode.AUTO, StepState.WAITING, (Press.APPROVE, Press.SKIP)),
        (StepKind.DECISION, StepMode.MANUAL, StepState.WAITING, (Press.CHOOSE,)),
        (StepKind.ACTION, StepMode.AUTO, StepState.PLANNED, (Press.HOLD,)),
        (StepKind.ACTION, StepMode.AUTO, StepState.FAILED, (Press.RETRY, Press.SKIP)),
        (StepKind.ACTION, StepMode.AUTO, StepState.UNKNOWN, (Press.MARK_DONE, Press.RETRY)),
        (StepKind.ACTION, StepMode.AUTO, StepState.TRYING, ()),
        (StepKind.MANUAL, StepMode.MANUAL, StepState.BLOCKED, ()),
        (StepKind.MANUAL, StepMode.MANUAL, StepState.DONE, ()),
    ],
)
def test_people_are_offered_what_can_be_done_now(
    kind: StepKind, mode: StepMode, state: StepState, expected: tuple[Press, ...]
) -> None:
    assert offers(a_step("a", kind, mode), state) == expected


@given(
    st.sampled_from(StepKind),
    st.sampled_from(StepMode),
    st.sampled_from(StepState),
    st.sampled_from(Press),
)
def test_what_is_not_offered_is_refused(
    kind: StepKind, mode: StepMode, state: StepState, press: Press
) -> None:
    step = a_step("a", kind, mode)
    if press in offers(step, state):
        assert pressed(step, state, press) is not state
    else:
        with pytest.raises(NotOffered):
            pressed(step, state, press)


def test_a_decision_offers_each_answer_once() -> None:
    sop = an_sop("Abcd", "Ab:yes", "Ac:yes", "Ad:no")
    assert choices(sop.steps[0], sop) == ("yes", "no")


@given(st.data())
def test_every_way_through_comes_to_an_end(data: st.DataObject) -> None:
    """Whatever is chosen in whatever order, no step is left that could never open."""
    sop = data.draw(st.sampled_from([CHAIN, FORK, CHOICE, LONG_WAY]))
    progress: dict[StepId, Progress] = {}
    for _ in range(len(sop.steps) + 1):
        found = opened(sop, progress)
        progress |= dict.fromkeys(found.bypassed, BYPASSED)
        progress |= {step: Progress(state=StepState.WAITING) for step in found.ready}
        waiting = list(open_steps(sop, progress))
        if not waiting:
            break
        step = data.draw(st.sampled_from(waiting))
        press = data.draw(st.sampled_from(offers(step, StepState.WAITING)))
        chosen = data.draw(st.sampled_from(choices(step, sop))) if press is Press.CHOOSE else ""
        state = pressed(step, StepState.WAITING, press)
        progress[step.id] = Progress(state=state, chosen=chosen)
    assert is_over(sop, progress)
    assert all(each.state in FINAL for each in progress.values())


@pytest.mark.parametrize("kind", ActionKind)
def test_people_can_take_back_all_but_a_webhook_unless_the_step_says_otherwise(
    kind: ActionKind,
) -> None:
    step = replace(a_step("tell", StepKind.ACTION, StepMode.AUTO), action=kind)
    assert step.undo.total_seconds() == (0 if kind is ActionKind.WEBHOOK else 20)
    assert replace(step, undo_s=7).undo.total_seconds() == 7
    assert replace(step, undo_s=0).undo.total_seconds() == 0
