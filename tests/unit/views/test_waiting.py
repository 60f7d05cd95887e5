"""What waits for people, listed: buttons for those who may, and never more than Slack takes."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.domain.actions import ActionRequest
from livesop_bot.domain.runs import Run, RunId, RunState, StepRecord
from livesop_bot.domain.steps import StepState
from livesop_bot.domain.workflows import StepId
from livesop_bot.views.lint import violations
from livesop_bot.views.waiting import MOST, waiting


def _ids(view: dict[str, Any]) -> list[str]:
    rows = [block["elements"] for block in view["blocks"] if block["type"] == "actions"]
    return [element["action_id"] for row in rows for element in row]


def _show(*runs: Run, may_press: bool = True, **more: Any) -> dict[str, Any]:
    arguments = {"more": 0, "hidden": 0, "may_press": may_press} | more
    return waiting([(run, {}) for run in runs], **arguments)


def test_a_proposal_can_be_started_or_dismissed(run: Run) -> None:
    assert _ids(_show(run)) == ["run_start", "run_dismiss"]


def test_buttons_of_one_kind_do_not_sound_alike(run: Run) -> None:
    signal = replace(run.evaluation.signal, text="payments are down, too")
    other = replace(run, id=RunId(2), evaluation=replace(run.evaluation, signal=signal))
    rows = [b["elements"] for b in _show(run, other)["blocks"] if b["type"] == "actions"]
    heard = [button["accessibility_label"] for row in rows for button in row]
    assert len(set(heard)) == len(heard) == 4
    assert all(len(label) <= 75 for label in heard)


def test_a_message_reads_as_it_does_in_slack(run: Run) -> None:
    signal = replace(run.evaluation.signal, text="Smith &amp; Sons: <https://x.example|the order>")
    view = _show(replace(run, evaluation=replace(run.evaluation, signal=signal)))
    assert "> Smith &amp; Sons: the order (https://x.example)" in str(view)
    assert "for Smith & Sons: the order" in str(view)


def test_steps_that_wait_have_their_buttons(run: Run) -> None:
    first, *rest = run.workflow.definition.steps
    records = (
        StepRecord(id=first.id, state=StepState.DONE),
        *(StepRecord(id=step.id, state=StepState.WAITING) for step in rest),
    )
    shown = _ids(_show(replace(run, state=RunState.RUNNING, steps=records)))
    assert shown
    assert "run_start" not in shown


@pytest.mark.parametrize(("count", "said"), [(4, None), (6, "2 more steps to press in its thread")])
def test_steps_without_room_are_counted(run: Run, count: int, said: str | None) -> None:
    look = run.workflow.definition.steps[0]
    steps = tuple(replace(look, id=StepId(f"s{n}"), title=f"Step {n}") for n in range(count))
    workflow = replace(
        run.workflow, definition=replace(run.workflow.definition, steps=steps, edges=())
    )
    records = tuple(StepRecord(id=step.id, state=StepState.WAITING) for step in steps)
    view = _show(replace(run, state=RunState.RUNNING, steps=records, workflow=workflow))
    assert _ids(view).count("step_done") == 4
    assert ("more step" in str(view)) == (said is not None)
    assert (said or "") in str(view)


def test_who_may_not_press_sees_no_buttons(run: Run) -> None:
    view = _show(run, may_press=False)
    assert _ids(view) == []
    assert "takes an operator" in str(view)


def test_what_is_not_shown_is_said(run: Run) -> None:
    view = _show(more=3, hidden=1_234, note="*Too late.*")
    for said in ("Nothing here waits", "3 more wait;", "1,234 wait in channels", "Too late"):
        assert said in str(view)
    alone = str(_show(more=1, hidden=1))
    assert "1 more waits;" in alone
    assert "1 waits in channels" in alone
    assert "1 more waits in channels" in str(_show(run, hidden=1))


@given(data=st.data())
def test_slack_takes_any_list(
    runs: st.SearchStrategy[Run],
    requests: st.SearchStrategy[ActionRequest | str],
    mentions: Callable[[object], list[str]],
    data: st.DataObject,
) -> None:
    found = data.draw(st.lists(runs, max_size=3)) * 4
    request = data.draw(requests)
    view = waiting(
        [
            (
                replace(run, id=RunId(number)),
                {step.id: request for step in run.workflow.definition.acting_steps},
            )
            for number, run in enumerate(found)
        ],
        more=data.draw(st.integers(0, 10**9)),
        hidden=0,
        may_press=True,
    )
    assert violations(view) == []
    assert mentions(view) == []
    assert len(view["blocks"]) <= 100


@pytest.mark.parametrize("number", [MOST, MOST + 5])
def test_no_more_than_fit_are_shown(run: Run, number: int) -> None:
    view = _show(*(replace(run, id=RunId(n)) for n in range(number)))
    assert _ids(view).count("run_start") == MOST
