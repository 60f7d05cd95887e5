"""The thread message says which SOP, how sure, what is to be done, by whom, and why."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.domain.actions import ActionRequest
from livesop_bot.domain.decisions import Decision, Reason, Verdict
from livesop_bot.domain.knowledge import Passage, PassageId
from livesop_bot.domain.runs import Run, RunState, StepRecord
from livesop_bot.domain.signals import SignalState, UserId
from livesop_bot.domain.steps import StepState
from livesop_bot.domain.workflows import ActionKind, Edge, StepId
from livesop_bot.views.lint import violations
from livesop_bot.views.thread import run_message

ADA = UserId("U0ADA00001")
ISSUE = ActionRequest(
    kind=ActionKind.JIRA_ISSUE,
    words="Open a Task in OPS",
    preview="Payments are down\n\nSince: 10:00 <!channel>",
    body={},
)
POST = ActionRequest(
    kind=ActionKind.SLACK_MESSAGE, words="Post in #general", preview="Payments are down", body={}
)
REQUESTS: Mapping[StepId, ActionRequest | str] = {StepId("page"): ISSUE, StepId("tell"): POST}


def _running(run: Run, **records: StepRecord | StepState) -> Run:
    """Started by Auto-Pilot; steps by their names, the others blocked."""
    decision = Decision(
        Verdict.START, Reason.STARTED, "Auto-Pilot is on and the match is sure (93%)."
    )
    steps = []
    for step in run.workflow.definition.steps:
        match records.get(step.id, StepState.BLOCKED):
            case StepRecord() as record:
                steps.append(record)
            case StepState() as state:
                steps.append(StepRecord(id=step.id, state=state))
    return replace(
        run,
        state=RunState.RUNNING,
        evaluation=replace(run.evaluation, decision=decision),
        steps=tuple(steps),
    )


def _record(step: str, state: StepState, **more: Any) -> StepRecord:
    return StepRecord(id=StepId(step), state=state, **more)


def _texts(run: Run, requests: Mapping[StepId, ActionRequest | str] = REQUESTS) -> list[str]:
    """What is read, a text each; a row of buttons as one."""
    found: list[str] = []
    for block in run_message(run, requests).blocks:
        parts = block.get("elements") or [block["text"]]
        if block["type"] == "actions":
            found.append(" ".join(f"[{one['text']['text']}]" for one in parts))
        else:
            found += [one["text"] for one in parts]
    return found


def test_a_proposed_run_says_that_nothing_was_done_and_why(run: Run) -> None:
    assert _texts(run) == [
        "Tier-3 escalation · 93%",
        "*Proposed.*  Nothing has been done. Does it fit?",
        (
            "*Why:* It reads like the SOP's example of a payment outage. "
            "Proposed, not started: Auto-Pilot is off for this team."
        ),
        (
            "▫️  Collect the facts  ·  _by hand_\n"
            "▫️  Is it critical?  ·  _decide: yes / no_\n"
            "▫️  Open an incident  ·  _Open a Task in OPS, after approval_\n"
            "▫️  Tell the channel  ·  _Post in #general, automatic_"
        ),
        "[Start] [Not this] [Why?]",
    ]
    assert run_message(run).text == "Tier-3 escalation (93%): proposed, nothing has been done"


def test_the_knowledge_it_rests_on_is_named_once(run: Run) -> None:
    passages = tuple(
        Passage(id=PassageId(at), title=title, text="…", source="a note")
        for at, title in enumerate(("Runbook", "Runbook", "<b> & co"))
    )
    cited = replace(run, evaluation=replace(run.evaluation, citations=passages))
    assert "Based on: Runbook, &lt;b&gt; &amp; co" in _texts(cited)


def test_a_running_one_says_how_far_it_is_and_whose_turn_it_is(run: Run) -> None:
    now = _running(
        run,
        facts=_record("facts", StepState.DONE, changed_by=ADA),
        critical=StepState.WAITING,
    )
    assert _texts(now)[1] == "▰▰▱▱▱▱▱▱▱▱  *1 of 4 steps*  ·  started by Auto-Pilot"
    assert _texts(now)[3:] == [
        f"✅  Collect the facts  ·  <@{ADA}>",
        "🔵  *Is it critical?*",
        "[yes] [no]",
        (
            "▫️  Open an incident  ·  _Open a Task in OPS, after approval_\n"
            "▫️  Tell the channel  ·  _Post in #general, automatic_"
        ),
        "[Why?] [Not this] [Cancel run]",
    ]
    assert run_message(now).text == "Tier-3 escalation (93%): 1 of 4 steps; now: Is it critical?"


def test_what_is_to_be_approved_is_read_before_it_is_sent(run: Run) -> None:
    waiting = _record("page", StepState.WAITING, detail="Auto-Pilot is off for this team.")
    texts = _texts(_running(run, page=waiting))
    place = texts.index("[Approve] [Skip]")
    assert texts[place - 1] == (
        "🔵  *Open an incident*\n"
        "Auto-Pilot is off for this team.\n"
        "_Open a Task in OPS:_\n"
        "> Payments are down\n"
        "> Since: 10:00 &lt;!channel&gt;"
    )


@pytest.mark.parametrize(
    ("approvers", "who"),
    [
        (("U1",), "<@U1>"),
        (("U1", "U2", "S1"), "<@U1>, <@U2> and the members of 1 user group"),
        (tuple(f"U{n}" for n in range(7)), "<@U0>, <@U1>, <@U2>, <@U3>, <@U4> and 2 other people"),
    ],
)
def test_who_alone_may_press_is_named(run: Run, approvers: tuple[str, ...], who: str) -> None:
    steps = tuple(replace(one, approvers=approvers) for one in run.workflow.definition.steps)
    only = replace(run.workflow, definition=replace(run.workflow.definition, steps=steps))
    shown = _texts(_running(replace(run, workflow=only), page=StepState.WAITING))
    assert f"🔒  Only {who} may press here." in "\n".join(shown)


def test_what_cannot_be_filled_in_is_said_before_it_is_approved(run: Run) -> None:
    texts = _texts(
        _running(run, page=StepState.WAITING), {StepId("page"): "JIRA_PROJECT is not set."}
    )
    assert "⚠️  JIRA_PROJECT is not set." in "\n".join(texts)


def test_people_are_shown_by_name_in_what_will_be_sent(run: Run) -> None:
    signal = replace(run.evaluation.signal, author="U0GRACE001")
    run = replace(run, evaluation=replace(run.evaluation, signal=signal))
    post = replace(POST, preview="Reported by U0GRACE001.")
    texts = _texts(_running(run, tell=StepState.WAITING), {StepId("tell"): post})
    assert "> Reported by <@U0GRACE001>." in "\n".join(texts)


def test_auto_pilot_says_until_when_it_can_be_stopped(run: Run) -> None:
    due = datetime(2026, 3, 4, 12, 0, 20, tzinfo=UTC)
    texts = _texts(_running(run, tell=_record("tell", StepState.PLANNED, due_at=due)))
    place = texts.index("[Cancel]")
    assert texts[place - 1].splitlines()[1].strip() == (
        f"Will be done at *<!date^{int(due.timestamp())}^{{time_secs}}|12:00:20 UTC>*"
    )
    assert "> Payments are down" in texts[place - 1]


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (
            _record(
                "page",
                StepState.DONE,
                detail="Opened OPS-1",
                link="https://jira.example/OPS-1",
                changed_by=ADA,
            ),
            f"✅  Open an incident  ·  <https://jira.example/OPS-1|Opened OPS-1>  ·  <@{ADA}>",
        ),
        (
            _record(
                "page",
                StepState.DONE,
                detail="Opened OPS-1\nIt has no link back: <403>.",
                link="https://jira.example/OPS-1",
            ),
            (
                "✅  Open an incident  ·  <https://jira.example/OPS-1|Opened OPS-1>"
                "  ·  ⚠️ It has no link back: &lt;403&gt;."
            ),
        ),
        (
            _record("page", StepState.SKIPPED, changed_by=ADA),
            f"⏭️  Open an incident  ·  skipped  ·  <@{ADA}>",
        ),
        (_record("page", StepState.BYPASSED), "➖  _not needed: Open an incident_"),
        (_record("page", StepState.CANCELLED), "✖️  Open an incident  ·  cancelled"),
        (
            _record("page", StepState.TRYING),
            "⏳  Open an incident  ·  _Open a Task in OPS: under way …_",
        ),
        (
            _record("page", StepState.FAILED, detail="Jira said no (403)."),
            "*Failed.*  Jira said no (403).",
        ),
        (
            _record("page", StepState.UNKNOWN, detail="Jira did not answer."),
            "*May have happened.*  Jira did not answer. Please look there, then say what you saw.",
        ),
    ],
)
def test_what_became_of_a_step_is_said(run: Run, record: StepRecord, said: str) -> None:
    assert said in "\n".join(_texts(_running(run, page=record)))


@pytest.mark.parametrize(
    ("step", "state", "buttons"),
    [
        ("facts", StepState.WAITING, "[Done] [Skip]"),
        ("critical", StepState.WAITING, "[yes] [no]"),
        ("page", StepState.WAITING, "[Approve] [Skip]"),
        ("tell", StepState.PLANNED, "[Cancel]"),
        ("page", StepState.FAILED, "[Retry] [Skip]"),
        ("page", StepState.UNKNOWN, "[Mark done] [Retry]"),
        ("page", StepState.TRYING, None),
        ("page", StepState.DONE, None),
    ],
)
def test_only_what_can_be_done_now_can_be_pressed(
    run: Run, step: str, state: StepState, buttons: str | None
) -> None:
    rows = [text for text in _texts(_running(run, **{step: state})) if text.startswith("[")]
    assert rows == [*([buttons] if buttons else []), "[Why?] [Not this] [Cancel run]"]


def test_the_buttons_of_steps_that_wait_together_do_not_sound_alike(run: Run) -> None:
    waiting = {step.id: StepState.WAITING for step in run.workflow.definition.steps}
    message = run_message(_running(run, **waiting))
    rows = [b["elements"] for b in message.blocks if b.get("block_id", "").startswith("step:")]
    heard = [button["accessibility_label"] for row in rows for button in row]
    assert len(rows) > 1
    assert len(set(heard)) == len(heard)


def test_what_a_person_started_is_cancelled_but_not_called_wrong(run: Run) -> None:
    started = replace(_running(run, facts=StepState.DONE), started_by=ADA)
    assert _texts(started)[-1] == "[Why?] [Cancel run]"


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (RunState.DONE, "▰▰▰▰▰▰▰▰▰▰  *Done*  ·  started by Auto-Pilot"),
        (RunState.CANCELLED, f"✖️  *Cancelled* by <@{ADA}>.  Nothing more will be done."),
        (
            RunState.DISMISSED,
            f"✖️  *Not this one,* says <@{ADA}>.  What is done stays done; LiveSOP remembers it.",
        ),
        (RunState.EXPIRED, "✖️  *Expired.*  Nobody took it up.  Nothing more will be done."),
    ],
)
def test_an_ended_run_says_how_and_has_nothing_to_press_but_why(
    run: Run, state: RunState, said: str
) -> None:
    ended = replace(_running(run, facts=StepState.DONE), state=state, ended_by=ADA)
    texts = _texts(ended)
    assert texts[1] == said
    assert not any(text.startswith("*Why:*") for text in texts)
    assert [text for text in texts if text.startswith("[")] == ["[Why?]"]


def test_a_basis_that_changed_is_said(run: Run) -> None:
    assert "the message was edited after" in "\n".join(_texts(replace(run, edited_since=True)))
    signal = replace(run.evaluation.signal, state=SignalState.DELETED)
    gone = replace(run, evaluation=replace(run.evaluation, signal=signal))
    assert "the message was deleted" in "\n".join(_texts(gone))


def test_the_open_step_of_a_long_sop_is_not_drowned(run: Run) -> None:
    facts = run.workflow.definition.steps[0]
    steps = tuple(replace(facts, id=StepId(f"s{n}"), title=f"Step {n}") for n in range(50))
    definition = replace(run.workflow.definition, steps=steps, edges=())
    states = [StepState.DONE] * 20 + [StepState.BYPASSED] * 5 + [StepState.WAITING]
    states += [StepState.BLOCKED] * 24
    records = tuple(
        StepRecord(id=step.id, state=state) for step, state in zip(steps, states, strict=True)
    )
    long = replace(_running(run), steps=records)
    texts = _texts(replace(long, workflow=replace(run.workflow, definition=definition)))
    over, now, buttons, ahead = texts[3:7]
    assert over.splitlines()[0] == "✅  _12 earlier steps_"
    assert len(over.splitlines()) == 10
    assert now.startswith("🔵  *Step 25*")
    assert buttons == "[Done] [Skip]"
    assert ahead.splitlines()[-1] == "▫️  _… and 16 more steps_"


@pytest.mark.parametrize(
    ("waiting", "said"), [(12, None), (13, "of 1 more step:"), (50, "of 38 more steps:")]
)
def test_it_says_that_more_can_be_pressed_than_there_is_room_for(
    run: Run, waiting: int, said: str | None
) -> None:
    facts = run.workflow.definition.steps[0]
    steps = tuple(replace(facts, id=StepId(f"s{n}"), title=f"Step {n}") for n in range(waiting))
    definition = replace(run.workflow.definition, steps=steps, edges=())
    records = tuple(StepRecord(id=step.id, state=StepState.WAITING) for step in steps)
    full = replace(_running(run), steps=records)
    texts = _texts(replace(full, workflow=replace(run.workflow, definition=definition)))
    assert texts.count("[Done] [Skip]") == 12
    told = [text for text in texts if text.startswith("⚠️  No room")]
    assert bool(told) == (said is not None)
    assert (said or "") in "".join(told)


def test_a_decision_names_the_answers_that_have_no_button(run: Run) -> None:
    definition = run.workflow.definition
    edges = tuple(
        Edge(source=StepId("critical"), target=StepId("page"), label=f"way {n}") for n in range(27)
    )
    wide = replace(run.workflow, definition=replace(definition, edges=edges))
    texts = _texts(replace(_running(run, critical=StepState.WAITING), workflow=wide))
    place = next(n for n, text in enumerate(texts) if text.startswith("[way 0]"))
    assert texts[place].endswith("[way 24]")
    assert "2 more answers: way 25, way 26. Split the decision" in texts[place - 1]


@pytest.mark.parametrize("waiting", [1, 3, 12, 50])
def test_slack_takes_the_longest_run_with_buttons_for_what_waits(run: Run, waiting: int) -> None:
    """All blocks together have a limit, too: steps that wait together share it."""
    facts = replace(run.workflow.definition.steps[0], instructions="\n".join(["how " * 99] * 30))
    steps = tuple(replace(facts, id=StepId(f"s{n}"), title="t" * 150) for n in range(50))
    request = replace(POST, words="w" * 300, preview="\n".join(["p" * 900] * 30))
    apart = 50 // waiting
    records = tuple(
        StepRecord(
            id=step.id,
            state=StepState.DONE if number % apart else StepState.WAITING,
            detail="d" * 500,
            link=f"https://acme.example/{'x' * 60}",
        )
        for number, step in enumerate(steps)
    )
    definition = replace(run.workflow.definition, steps=steps, edges=())
    long = replace(_running(run), steps=records)
    long = replace(long, workflow=replace(run.workflow, definition=definition))
    sent = {step.id: request for step in steps}
    assert violations(run_message(long, sent).payload()) == []
    assert "[Done] [Skip]" in _texts(long, sent)


@given(data=st.data())
def test_slack_takes_any_run(
    runs: st.SearchStrategy[Run],
    requests: st.SearchStrategy[ActionRequest | str],
    mentions: Callable[[object], list[str]],
    data: st.DataObject,
) -> None:
    run, request = data.draw(runs), data.draw(requests)
    sent = {step.id: request for step in run.workflow.definition.steps}
    shown = run_message(run, sent).payload()
    assert violations(shown) == []
    assert mentions(shown) == []
