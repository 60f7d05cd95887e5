"""The answers to `/livesop verdict` say what was kept, and promise no more than that."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.domain.decisions import Reason
from livesop_bot.domain.evaluations import Evaluation
from livesop_bot.domain.signals import Signal, SignalState, UserId
from livesop_bot.domain.verdicts import on_judgement, on_message
from livesop_bot.domain.workflows import Workflow
from livesop_bot.views import verdicts
from livesop_bot.views.lint import violations

ADA = UserId("UADA")


@pytest.mark.parametrize(
    ("reason", "right", "said"),
    [
        (Reason.STARTED, True, "*Tier-3 escalation* fits this message."),
        (Reason.AUTOPILOT_OFF, False, "*Tier-3 escalation* does not fit this message."),
        (Reason.DUPLICATE_RUN, True, "*Tier-3 escalation* fits this message."),
        (Reason.NO_MATCH, True, "No SOP fits this message."),
        (Reason.LOW_CONFIDENCE, True, "No SOP fits this message."),
        (Reason.LOW_CONFIDENCE, False, "Some SOP fits this message."),
    ],
)
def test_right_and_wrong_mean_what_people_saw(
    evaluation: Evaluation, reason: Reason, right: bool, said: str
) -> None:
    judged = replace(evaluation, decision=replace(evaluation.decision, reason=reason))
    verdict = on_judgement(judged, right=right, by=ADA)
    assert verdict is not None
    shown = verdicts.kept(verdict, judged.workflow, is_outdated=False)
    assert shown.text == f"Kept, with your name: {said}"


@pytest.mark.parametrize("reason", [Reason.TIMED_OUT, Reason.FAILED])
def test_what_failed_is_neither_right_nor_wrong(evaluation: Evaluation, reason: Reason) -> None:
    failed = replace(evaluation, decision=replace(evaluation.decision, reason=reason))
    assert on_judgement(failed, right=True, by=ADA) is None


def test_a_verdict_on_an_earlier_text_is_not_said_to_teach(
    signal: Signal, workflow: Workflow
) -> None:
    verdict = on_message(signal, workflow, answers=None, by=ADA)
    for is_outdated in (False, True):
        shown = str(verdicts.kept(verdict, workflow, is_outdated=is_outdated).blocks)
        assert ("messages like this one by it" in shown) is not is_outdated
        assert ("learns nothing" in shown) is is_outdated


@given(data=st.data())
def test_slack_takes_any_answer(
    workflows: st.SearchStrategy[Workflow],
    signals: st.SearchStrategy[Signal],
    texts: st.SearchStrategy[str],
    mentions: Callable[[object], list[str]],
    data: st.DataObject,
) -> None:
    workflow, signal, text = data.draw(workflows), data.draw(signals), data.draw(texts)
    many = [workflow] * data.draw(st.sampled_from([0, 1, 200]))
    fitting = on_message(signal, workflow, answers=None, by=ADA)
    answers = [
        verdicts.usage(),
        verdicts.unknown_answer(text, many),
        verdicts.deleted(),
        *(verdicts.not_judged(replace(signal, state=state)) for state in SignalState),
        *(
            verdicts.kept(fitting, workflow, is_outdated=is_outdated)
            for is_outdated in (False, True)
        ),
        verdicts.kept(on_message(signal, None, answers=None, by=ADA), None, is_outdated=False),
    ]
    for answer in answers:
        assert violations(answer.payload()) == []
        assert mentions(answer.payload()) == []
