"""The thread message says which SOP, how sure, what to do and why; and nothing it does not do."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livesop_bot.domain.decisions import Decision, Reason, Verdict
from livesop_bot.domain.knowledge import Passage, PassageId
from livesop_bot.domain.runs import Run, RunState
from livesop_bot.views.lint import violations
from livesop_bot.views.thread import run_message


def _started(run: Run) -> Run:
    decision = Decision(
        Verdict.START, Reason.STARTED, "Auto-Pilot is on and the match is sure (93%)."
    )
    return replace(
        run, state=RunState.RUNNING, evaluation=replace(run.evaluation, decision=decision)
    )


def _texts(run: Run) -> list[str]:
    found = []
    for block in run_message(run).blocks:
        found += [part["text"] for part in block.get("elements", [block.get("text")])]
    return found


def test_a_proposed_run_says_that_nothing_was_done_and_why(run: Run) -> None:
    assert _texts(run) == [
        "Tier-3 escalation · 93%",
        (
            "*Proposed.* Nothing has been done. "
            "If it fits, work through the steps by hand; if not, leave it."
        ),
        (
            "*Why:* It reads like the SOP's example of a payment outage. "
            "Proposed, not started: Auto-Pilot is off for this team."
        ),
        "☐  *Collect the facts*",
        "_by hand_  ·  Who is affected, since when, and what they see.",
        "☐  *Is it critical?*",
        "_decide: yes / no_",
        "☐  *Open an incident*",
        "_after approval_",
        "☐  *Tell the channel*",
        "_automatic_",
    ]
    assert run_message(run).text == "Proposed, nothing has been done: Tier-3 escalation (93%)"


def test_the_knowledge_it_rests_on_is_named_once(run: Run) -> None:
    passages = tuple(
        Passage(id=PassageId(at), title=title, text="…", source="a note")
        for at, title in enumerate(("Runbook", "Runbook", "<b> & co"))
    )
    cited = replace(run, evaluation=replace(run.evaluation, citations=passages))
    assert "Based on: Runbook, &lt;b&gt; &amp; co" in _texts(cited)


def test_a_started_run_says_that_people_carry_out_the_steps(run: Run) -> None:
    said = "*Started.* LiveSOP cannot carry out steps itself yet: please do each by hand."
    assert _texts(_started(run))[1] == said
    assert run_message(_started(run)).text == "Started: Tier-3 escalation (93%)"


@pytest.mark.parametrize("state", RunState)
def test_there_is_nothing_to_press(run: Run, state: RunState) -> None:
    kinds = {block["type"] for block in run_message(replace(run, state=state)).blocks}
    assert kinds == {"header", "section", "context"}


def test_steps_beyond_the_limit_are_counted_not_hidden(run: Run) -> None:
    definition = run.workflow.definition
    long = replace(definition, steps=definition.steps * 6)
    texts = _texts(replace(run, workflow=replace(run.workflow, definition=long)))
    assert sum(text.count("☐") for text in texts) == 20
    assert "… and 4 more steps." in texts


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_slack_takes_any_run(
    runs: st.SearchStrategy[Run], mentions: Callable[[object], list[str]], data: st.DataObject
) -> None:
    shown = run_message(data.draw(runs)).payload()
    assert violations(shown) == []
    assert mentions(shown) == []
