"""What people are told of a replay, in Slack and at a terminal."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.domain.decisions import Decision, Reason, Verdict
from livesop_bot.domain.evaluations import Evaluation, Usage
from livesop_bot.domain.replays import NotReplayed, Outcome, Replayed
from livesop_bot.domain.runs import RunId
from livesop_bot.domain.signals import Signal, SignalId
from livesop_bot.domain.workflows import Workflow
from livesop_bot.views.blocks import Block
from livesop_bot.views.lint import violations
from livesop_bot.views.replay import replayed_blocks, replayed_lines, replayed_message

STARTED = Decision(Verdict.START, Reason.STARTED, "Auto-Pilot is on.")


@pytest.fixture
def same(evaluation: Evaluation) -> Replayed:
    """A dry run that comes to what is stored."""
    outcome = Outcome.of(evaluation)
    return Replayed(signal=evaluation.signal, before=outcome, now=outcome, dry_run=True)


@pytest.fixture
def other(same: Replayed) -> Replayed:
    """One that comes to something else in every respect but the SOP."""
    assert same.before is not None
    assert same.before.workflow is not None
    now = replace(
        same.now,
        workflow=replace(same.before.workflow, version=4),
        confidence=0.988,
        decision=STARTED,
        fields={"order": "4711 <!channel>"},
    )
    return replace(same, now=now)


def _text(blocks: list[Block]) -> str:
    parts = [part for block in blocks for part in block.get("elements", [block.get("text")])]
    return "\n".join(part["text"] for part in parts)


def test_where_nothing_differs_it_says_so(same: Replayed) -> None:
    assert replayed_lines(same) == [
        "Tier-3 escalation (93%, lexical)",
        "It reads like the SOP's example of a payment outage.",
        "→ propose: Proposed, not started: Auto-Pilot is off for this team.",
        "Nothing would differ from what is stored.",
        "This was a dry run: nothing was done. With --run it is.",
    ]
    text = _text(replayed_blocks(same, in_channel=True))
    assert "*Nothing would differ from what is stored.*" in text
    assert "A dry run: nothing was done." in text


def test_what_differs_has_a_line_each(other: Replayed) -> None:
    differs = [
        "What would differ from what is stored:",
        "  Version: 3 → 4",
        "  Confidence: 93% → 98.8%",
        "  Decision: proposed, for Auto-Pilot is off → started",
        "  Field order: nothing → 4711 @channel",
    ]
    lines = replayed_lines(other)
    assert lines[3:8] == differs
    text = _text(replayed_blocks(other, in_channel=True))
    assert "*Field order:*  nothing → 4711 @channel" in text


def test_elsewhere_the_words_of_the_message_are_not_shown(other: Replayed) -> None:
    text = _text(replayed_blocks(other, in_channel=False))
    assert "*Field order:*  differs" in text
    assert "4711" not in text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"before": None}, "It was never judged before."),
        ({"dry_run": False}, "Nothing differs from what was stored before."),
        ({"edited": True}, "The message was edited since it was judged."),
        (
            {"run": RunId(3), "dry_run": False},
            "Its message goes to the thread as soon as LiveSOP runs.",
        ),
    ],
)
def test_what_else_is_the_case_is_said(same: Replayed, change: dict[str, Any], said: str) -> None:
    assert said in replayed_lines(replace(same, **change))


def test_what_is_open_is_no_difference_and_said(same: Replayed) -> None:
    open_still = Decision(Verdict.SKIP, Reason.DUPLICATE_RUN, "It is open already.")
    lines = replayed_lines(replace(same, now=replace(same.now, decision=open_still)))
    assert "Nothing would differ from what is stored." in lines
    assert "Its SOP is open in the thread, so no other is opened." in lines


def test_a_model_is_told_with_what_it_cost(same: Replayed) -> None:
    usage = Usage(prompt_tokens=900, completion_tokens=100, cost_usd=0.002)
    now = replace(same.now, usage=usage, stand_in="OpenAI is away")
    lines = replayed_lines(replace(same, now=now))
    assert "1,000 tokens, $0.002000 by list price." in lines
    assert "The local evaluator stood in: OpenAI is away." in lines


@pytest.mark.parametrize("why", NotReplayed)
def test_why_there_was_none_is_said(why: NotReplayed) -> None:
    told = replayed_message(why, SignalId(7), in_channel=True)
    assert "ignal 7" in told.text
    assert violations(told.payload()) == []


@given(data=st.data())
def test_every_view_of_a_replay_is_one_that_slack_takes(
    data: st.DataObject,
    signal: Signal,
    texts: st.SearchStrategy[str],
    workflows: st.SearchStrategy[Workflow],
) -> None:
    outcomes = st.builds(
        Outcome,
        workflow=st.none() | workflows,
        confidence=st.none() | st.floats(0, 1),
        decision=st.builds(
            Decision, st.sampled_from(Verdict), st.sampled_from(Reason), detail=texts
        ),
        reasoning=texts,
        evaluator=texts,
        fields=st.dictionaries(texts, texts, max_size=40),
        stand_in=texts,
        usage=st.just(Usage()),
    )
    replayed = Replayed(
        signal=signal,
        before=data.draw(st.none() | outcomes),
        now=data.draw(outcomes),
        dry_run=data.draw(st.booleans()),
        edited=data.draw(st.booleans()),
    )
    in_channel = data.draw(st.booleans())
    told = replayed_message(replayed, signal.id, in_channel=in_channel)
    assert violations(told.payload()) == []
    assert "<!channel>" not in str(told.payload())
    assert replayed_lines(replayed)
