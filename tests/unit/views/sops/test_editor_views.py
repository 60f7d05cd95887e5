"""The editor's views: whatever an SOP holds, Slack takes them, and nothing in it can mention."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livesop_bot.domain.action_specs import SPECS
from livesop_bot.domain.actions import ActionRequest
from livesop_bot.domain.changes import Change, ChangeKind, Replaced, changes
from livesop_bot.domain.comparison import Comparison, Hit
from livesop_bot.domain.decisions import Decision, Reason, Verdict
from livesop_bot.domain.drafts import Draft
from livesop_bot.domain.evaluations import Judgement
from livesop_bot.domain.history import VersionLine
from livesop_bot.domain.signals import ChannelId, Signal, SignalId, UserId
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
from livesop_bot.sop.checking import check
from livesop_bot.sop.starter_pack import starter_pack
from livesop_bot.views.blocks import View
from livesop_bot.views.home.tabs import HomeState, HomeTab
from livesop_bot.views.inputs import answers, block_id
from livesop_bot.views.lint import violations
from livesop_bot.views.sops import forms, history, publishing, sample, step_form, ways_form
from livesop_bot.views.sops.editing import Editing
from livesop_bot.views.sops.editor import discarded, editor

EXTREME = settings(max_examples=25)
NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
ME = UserId("U1")
INCIDENT = next(sop for sop in starter_pack() if sop.slug == "incident")
EDITING = Editing(
    slug="incident",
    base=3,
    revision=4,
    home=HomeState(tab=HomeTab.WORKFLOWS, page="2", opened="incident", filters={"words": "x"}),
)
_odd = st.sampled_from(["", " ", "<!channel>", "<@U1>", "&", "`", "*", "\n", "é", "🙂", "שלום"])
_text = st.builds(
    lambda part, times: part * times,
    st.one_of(_odd, st.text(max_size=6), st.just("x" * 90)),
    st.sampled_from([0, 1, 2, 40, 3000]),
)
_ids = st.integers(0, 49).map(lambda n: StepId(f"step-{n}"))


def _step(number: int, title: str, text: str, action: ActionKind | None, kind: StepKind) -> Step:
    return Step(
        id=StepId(f"step-{number}"),
        title=title[:150],
        kind=StepKind.ACTION if action else kind,
        mode=StepMode.AUTO if action else StepMode.MANUAL,
        action=action,
        fields={field.name: text[: 3000 if field.lines else 255] for field in SPECS[action].fields}
        if action
        else {},
        instructions=text[:3000],
        approvers=tuple(f"{'US'[n % 2]}{n}" for n in range(50)),
        undo_s=3600 if action else None,
        cap=100 if action else None,
        saves_min=480 if action else 0,
    )


@st.composite
def sops(draw: st.DrawFn) -> WorkflowDefinition:
    """SOPs at the edge of what the grammar takes, and some beyond it."""
    text, title = draw(_text), draw(_text)
    action = draw(st.none() | st.sampled_from(ActionKind))
    kind = draw(st.sampled_from([StepKind.MANUAL, StepKind.DECISION]))
    count = draw(st.sampled_from([0, 1, 2, 50]))
    steps = tuple(_step(number, title, text, action, kind) for number in range(count))
    edges = () if draw(st.booleans()) else INCIDENT.edges
    lines = tuple(f"{text[:480]} {n}" for n in range(50))
    return WorkflowDefinition(
        slug="incident",
        title=title[:100],
        summary=text[:500],
        trigger=Trigger(
            description=text[:1000],
            examples=lines,
            keywords=lines,
            channels=tuple(ChannelId(f"C{n}") for n in range(100)),
            auto_from=99,
        ),
        extract={f"f{n}": text[:300] for n in range(20)},
        steps=steps,
        edges=edges,
    )


def fine(view: View, mentions: Callable[[object], list[str]]) -> None:
    """Slack takes the view, and it notifies nobody but those that it names itself."""
    assert violations(view) == []
    loud = [text for text in mentions(view["blocks"]) if "<!" in text or "<@U1>" in text]
    assert not [text for text in loud if "<!channel" in text or "<!here" in text]


@given(sop=sops(), flaws=st.lists(_text, max_size=60), note=_text)
@settings(EXTREME)
def test_the_editor_is_one_that_slack_takes(
    sop: WorkflowDefinition,
    flaws: list[str],
    note: str,
    mentions: Callable[[object], list[str]],
) -> None:
    draft = Draft(definition=sop, base=1, revision=2, changed_by=ME, changed_at=NOON)
    fine(editor(draft, EDITING, me=ME, flaws=flaws, newest=5), mentions)
    fine(editor(replace(draft, revision=0), EDITING, me=UserId("U2")), mentions)
    fine(forms.new_form(EDITING), mentions)
    fine(forms.about_form(sop, EDITING), mentions)
    fine(forms.trigger_form(sop, EDITING), mentions)
    fine(forms.extract_form(sop, EDITING), mentions)
    fine(step_form.step_form(sop, step_form.new_step(), EDITING), mentions)
    for step in sop.steps[:2]:
        fine(step_form.step_form(sop, step, EDITING.at(step.id)), mentions)
        fine(ways_form.ways_form(sop, step, EDITING.at(step.id)), mentions)
        request = ActionRequest(kind=ActionKind.WEBHOOK, words=note, preview=note, body={})
        fine(step_form.preview(step, request, EDITING), mentions)
        fine(step_form.preview(step, note, EDITING), mentions)


@given(sop=sops(), text=_text, numbers=st.integers(0, 300))
@settings(EXTREME)
def test_publishing_and_history_are_ones_that_slack_takes(
    sop: WorkflowDefinition,
    text: str,
    numbers: int,
    signal: Signal,
    mentions: Callable[[object], list[str]],
) -> None:
    told = changes(INCIDENT, sop) + (Change(ChangeKind.ADDED, text, (text,) * 90),) * numbers
    hits = (Hit(replace(signal, text=text), 0.8, text),) * numbers
    found = Comparison(starts=hits, stops=hits, same=3, looked_at=numbers, given=200)
    view = publishing.review(
        sop.title,
        told,
        EDITING,
        lost=[text] * numbers,
        sends=[
            (text, ActionRequest(kind=ActionKind.WEBHOOK, words=text, preview=text, body={})),
            (text, text),
        ]
        * numbers,
        found=found,
        readable={SignalId(7)},
        flaws=[text] * numbers,
    )
    fine(view, mentions)
    lines = [
        VersionLine(version=n + 1, title=text, created_by=text, created_at=NOON)
        for n in range(numbers)
    ]
    fine(history.history(sop.title, lines, numbers, numbers, EDITING), mentions)
    fine(history.compared(1, 3, told, told, EDITING), mentions)
    fine(history.document(sop.title, text * numbers or "x"), mentions)
    judged = Judgement(workflow=None, confidence=0.3, reasoning=text, evaluator=text)
    decision = Decision(Verdict.SKIP, Reason.NO_MATCH, text)
    fine(sample.tested(text, replace(judged, evidence=text), None, decision, ""), mentions)


def test_channels_and_people_that_changed_are_shown_by_name() -> None:
    channels = Replaced((), ("C1", "C2"), none="every channel")
    approvers = Replaced(("U1", "S1"), tuple(f"U{n}" for n in range(9)), none="", what="approvers")
    changed = [Change(ChangeKind.CHANGED, "x", (channels, approvers))]
    text = str(publishing.review("x", changed, EDITING)["blocks"])
    assert "every channel → <#C1>, <#C2>" in text
    assert "approvers: <@U1>, <!subteam^S1> → <@U0>" in text
    assert "<@U7> and 1 more" in text


def test_who_may_not_publish_is_told_whom_to_ask() -> None:
    view = publishing.review("x", [Change(ChangeKind.ADDED, "x")], EDITING, admins=("U1", "U2"))
    assert "Only admins publish. The draft is kept. Please ask <@U1> or <@U2>." in str(view)
    assert view.get("submit") is None


def test_user_groups_that_decide_are_named_in_the_form() -> None:
    step = replace(INCIDENT.steps[0], approvers=("U1", "S1"))
    form = step_form.step_form(INCIDENT, step, EDITING.at(step.id))
    assert "These user groups stay: <!subteam^S1>" in str(form)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (publishing.Looking.ON, "looking at what would be different"),
        (publishing.Looking.FAILED, "could not be found out"),
        (Comparison(), "there are none yet"),
        (Comparison(given=200), "the time was up before one was looked at"),
        (Comparison(given=1, looked_at=1), "The latest 1 message*: nothing would be different"),
        (Comparison(given=200, looked_at=7), "The latest 7 messages* (of 200; then the time was"),
    ],
)
def test_what_was_not_compared_is_not_told_as_compared(
    found: publishing.Found, told: str, mentions: Callable[[object], list[str]]
) -> None:
    changed = (Change(ChangeKind.ADDED, "x"),)
    view = publishing.review("x", changed, EDITING, found=found)
    fine(view, mentions)
    said = str(view["blocks"])
    assert told in said
    assert ("there are none yet" in said) == (found == Comparison())


def test_the_largest_draft_there_can_be_is_shown(mentions: Callable[[object], list[str]]) -> None:
    """Fifty steps of emoji, each leading to six others: every step is there with its menu."""
    text = "🙂" * 3000
    steps = tuple(_step(n, text, text, None, StepKind.DECISION) for n in range(50))
    edges = tuple(
        Edge(source=one.id, target=steps[(n + way) % 50].id, label=f"{way}{text[:59]}")
        for n, one in enumerate(steps)
        for way in range(1, 7)
    )
    sop = replace(INCIDENT, title=text[:100], summary=text[:500], steps=steps, edges=edges)
    view = editor(Draft(definition=sop, base=1), EDITING, me=ME, flaws=[text] * 60)
    fine(view, mentions)
    menus = [b for b in view["blocks"] if b.get("accessory", {}).get("type") == "overflow"]
    assert len(menus) == 50


def test_small_views_are_ones_that_slack_takes(mentions: Callable[[object], list[str]]) -> None:
    for view in (
        sample.form(EDITING),
        sample.testing("x", EDITING),
        sample.not_tested("x"),
        discarded(),
        publishing.refused("x"),
    ):
        fine(view, mentions)


def test_where_somebody_is_travels_with_the_modal() -> None:
    assert Editing.read(EDITING.write()) == EDITING
    assert HomeState.read(EDITING.write()) == EDITING.home
    assert len(EDITING.write()) < 3000
    with pytest.raises((KeyError, ValueError, TypeError)):
        Editing.read("{}")


def filled(view: View, **typed: Any) -> dict[str, Any]:
    """What comes back of a form where only this was typed, and the rest left as it was."""
    values: dict[str, Any] = {}
    for block in view["blocks"]:
        if block["type"] != "input":
            continue
        element = block["element"]
        kind = element["type"]
        state: dict[str, Any] = {"type": kind}
        match kind:
            case "static_select":
                state["selected_option"] = element.get("initial_option")
            case "checkboxes" | "multi_static_select":
                state["selected_options"] = element.get("initial_options", [])
            case "multi_users_select":
                state["selected_users"] = element.get("initial_users", [])
            case "multi_conversations_select":
                state["selected_conversations"] = element.get("initial_conversations", [])
            case _:
                state["value"] = element.get("initial_value")
        values[block["block_id"]] = {element["action_id"]: state}
    found = dict(answers({"state": {"values": values}}))
    assert not typed.keys() - found.keys(), "only what the form asks for can be filled in"
    return found | typed


@pytest.mark.parametrize("sop", starter_pack(), ids=lambda sop: sop.slug)
def test_a_form_that_is_sent_as_it_is_changes_nothing(sop: WorkflowDefinition) -> None:
    assert forms.about(sop, filled(forms.about_form(sop, EDITING))) == sop
    assert forms.trigger(sop, filled(forms.trigger_form(sop, EDITING))) == sop
    assert forms.extract(sop, filled(forms.extract_form(sop, EDITING))) == (sop, {})
    for step in sop.steps:
        form = step_form.step_form(sop, step, EDITING.at(step.id))
        assert step_form.filled_step(step, filled(form)) == step
        ways = ways_form.filled_ways(
            sop, step, filled(ways_form.ways_form(sop, step, EDITING.at(step.id)))
        )
        assert set(ways) == {(e.target, e.label) for e in sop.edges if e.source == step.id}


@given(sop=sops())
@settings(EXTREME)
def test_what_a_form_has_no_room_for_stays(sop: WorkflowDefinition) -> None:
    """Fifty long examples do not fit into a field: those that it does not show are kept."""
    tidy = replace(
        sop,
        trigger=replace(
            sop.trigger,
            description="x",
            examples=tuple(f"{n} {'y' * 400}" for n in range(50)),
            keywords=("a",),
        ),
    )
    sent = filled(forms.trigger_form(tidy, EDITING))
    assert len(sent["examples"]) <= 3000
    assert forms.trigger(tidy, sent).trigger.examples == tidy.trigger.examples


def test_another_action_takes_its_own_fields() -> None:
    step = INCIDENT.acting_steps[0]
    form = step_form.step_form(INCIDENT, step, EDITING.at(step.id))
    other = step_form.filled_step(step, filled(form) | {"does": "webhook"})
    assert (other.action, other.fields) == (ActionKind.WEBHOOK, {"text": step.fields["text"]})
    by_hand = step_form.filled_step(step, filled(form) | {"does": "manual"})
    assert (by_hand.kind, by_hand.mode, by_hand.fields) == (StepKind.MANUAL, StepMode.MANUAL, {})


def test_flaws_stand_at_their_fields() -> None:
    step = INCIDENT.acting_steps[0]
    place = INCIDENT.steps.index(step)
    wrong = replace(step, title="x" * 151, fields={"text": "{{ message.txt }}", "channel": "#"})
    sop = replace(INCIDENT, steps=tuple(wrong if s.id == step.id else s for s in INCIDENT.steps))
    found = {p.place[2:]: p.message for p in check(sop) if p.place[:2] == ("steps", place)}
    assert set(step_form.step_errors(found)) == {"title", "with text", "with channel"}
    assert block_id("with text") == "sop_field:with text"


def test_what_is_found_needs_a_name_and_a_meaning() -> None:
    _, errors = forms.extract(INCIDENT, {"extract": "order: its number\nno meaning"})
    assert errors["extract"].startswith("line 2: expected a name")


def test_before_publishing_one_sees_what_new_and_changed_actions_would_send() -> None:
    post = ActionRequest(kind=ActionKind.SLACK_MESSAGE, words="Post in #x", preview="Hi", body={})
    sends: list[publishing.Sent] = [
        ("Tell them", post),
        ("Open it", "There is no Jira."),
        *[("More", post)] * 3,
    ]
    changed = [Change(ChangeKind.ADDED, "x", ())]
    shown = str(publishing.review("x", changed, EDITING, sends=sends)["blocks"])
    assert r"*Tell them*  _Post in #x_\n> Hi" in shown
    assert "*Open it*  ⚠️ There is no Jira." in shown
    assert "… and 1 more action: " in shown
    assert "would send" not in str(publishing.review("x", changed, EDITING)["blocks"])
