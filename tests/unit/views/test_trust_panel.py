"""The Trust Panel in every state, with texts of any kind and length, within Slack's limits."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livesop_bot.domain.decisions import Decision, Limits, Reason, Switches, Verdict
from livesop_bot.domain.evaluations import Evaluation, Usage
from livesop_bot.domain.explanation import Explanation, Said
from livesop_bot.domain.knowledge import PastCase
from livesop_bot.domain.replays import NotReplayed, Outcome, Replayed
from livesop_bot.domain.runs import Run, RunId, RunState, StepRecord
from livesop_bot.domain.signals import ChannelId, MessageTs, Signal, SignalId, SignalState, UserId
from livesop_bot.domain.steps import StepState
from livesop_bot.domain.workflows import StepMode, Workflow
from livesop_bot.views.home.tabs import HomeState, HomeTab
from livesop_bot.views.lint import violations
from livesop_bot.views.trust_panel.decision import in_words
from livesop_bot.views.trust_panel.deeds import thread_link
from livesop_bot.views.trust_panel.more import asked, page
from livesop_bot.views.trust_panel.panel import full_page, history_page, trust_panel
from livesop_bot.views.trust_panel.state import News, Notice, Panel, PanelState, Part, Place
from livesop_bot.views.trust_panel.trouble import away
from livesop_bot.views.trust_panel.unknown import Unheard, not_there, unknown

LIMITS = Limits(propose=0.5, auto=0.9)
NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
STATE = PanelState(signal=SignalId(7))
Json = dict[str, Any]


@pytest.fixture
def panel(signal: Signal, evaluation: Evaluation, workflow: Workflow, run: Run) -> Panel:
    """What was proposed because Auto-Pilot is off, seen by somebody in its channel."""
    steps = (
        StepRecord(
            id=workflow.definition.steps[0].id, state=StepState.DONE, changed_by=UserId("U1")
        ),
        StepRecord(id=workflow.definition.steps[1].id, state=StepState.WAITING),
    )
    return Panel(
        state=STATE,
        explanation=Explanation(
            signal=signal,
            evaluation=evaluation,
            limits=LIMITS,
            run=replace(run, state=RunState.RUNNING, steps=steps),
            workflow=workflow,
            judged=1,
        ),
        may_read=True,
        sops=(workflow,),
    )


def said(view: Json) -> str:
    """All that it says, a line each; buttons in brackets."""
    lines = []
    for block in view["blocks"]:
        for part in (*block.get("elements", ()), block.get("text"), block.get("accessory")):
            if part is not None:
                text = part.get("text") or part.get("placeholder")
                lines.append(text if isinstance(text, str) else f"[{text['text']}]")
    return "\n".join(lines)


def explained(panel: Panel, **change: Any) -> str:
    """What the panel says after a change of what is known."""
    return said(trust_panel(replace(panel, explanation=replace(panel.explanation, **change))))


@pytest.mark.parametrize(
    ("confidence", "words"),
    [(1, "Very sure"), (0.9, "Very sure"), (0.89, "Sure"), (0.5, "Fairly sure"), (0.3, "Unsure")],
)
def test_a_confidence_reads_as_people_would_say_it(confidence: float, words: str) -> None:
    assert in_words(confidence) == words


def test_it_says_what_was_decided_and_why_first(panel: Panel) -> None:
    view = trust_panel(panel)
    assert view["blocks"][0]["text"]["text"] == "Very sure · 93%"
    assert view["blocks"][1]["text"]["text"] == (
        "▰▰▰▰▰▰▰▰▰▱  ·  *Tier-3 escalation*  ·  *Proposed to people*\n"
        "Proposed, not started: Auto-Pilot is off for this team."
    )
    assert PanelState.read(view["private_metadata"]) == STATE


@pytest.mark.parametrize(
    ("reason", "large"),
    [
        (Reason.NO_MATCH, "[No SOP fits · the nearest with 93%]"),
        (Reason.LOW_CONFIDENCE, "[Very sure · 93%]"),
        (Reason.TIMED_OUT, "[It took too long"),
        (Reason.FAILED, "[It could not be judged"),
    ],
)
def test_where_nothing_happened_it_says_why_not_and_what_to_do(
    panel: Panel, evaluation: Evaluation, reason: Reason, large: str
) -> None:
    decision = Decision(Verdict.SKIP, reason, "That is why.")
    text = explained(panel, evaluation=replace(evaluation, decision=decision), run=None)
    assert large.strip("[]") in text
    assert "*Nothing was done*" in text
    assert ("\nThat is why." in text) is (reason is not Reason.NO_MATCH)
    assert "*What was done*\nNothing" in text
    assert "[Replay]" in text
    assert ("[Judge it again for real]" in text) is (reason in (Reason.TIMED_OUT, Reason.FAILED))
    assert ("[👍 Right]" in text) is (reason not in (Reason.TIMED_OUT, Reason.FAILED))


@pytest.mark.parametrize(
    ("change", "words", "is_gone"),
    [
        ({"revision": 2}, "edited since; this is about its earlier text", False),
        ({"revision": 2, "state": SignalState.PENDING}, "is being judged again", False),
        ({"state": SignalState.DELETED, "text": ""}, "The message was deleted since", True),
    ],
)
def test_what_happened_to_the_message_since_is_said(
    panel: Panel, signal: Signal, change: Json, words: str, is_gone: bool
) -> None:
    text = explained(panel, signal=replace(signal, **change))
    assert words in text
    assert ("payments are down" in text) is not is_gone
    assert ("[Replay]" in text) is not is_gone
    assert ("[👍 Right]" in text) is not is_gone


def test_words_of_the_message_are_for_those_who_can_read_its_channel(panel: Panel) -> None:
    text = said(trust_panel(replace(panel, may_read=False)))
    assert "payments are down" not in text
    assert "It reads like the SOP's example" in text


def test_secrets_are_masked_as_they_were_for_the_judgement(panel: Panel, signal: Signal) -> None:
    text = explained(panel, signal=replace(signal, text="the key is AKIAIOSFODNN7EXAMPLE"))
    assert "AKIAIOSFODNN7EXAMPLE" not in text
    assert "Secrets in it were masked" in text


def test_its_texts_read_as_they_do_in_slack(
    panel: Panel, signal: Signal, evaluation: Evaluation
) -> None:
    written = "Smith &amp; Sons &lt;Leeds&gt;: <https://x.example|the order>, <!here>"
    case = PastCase(
        signal=SignalId(3),
        text=written,
        workflow_title="Refund",
        outcome="started",
        permalink=None,
        occurred_at=NOON,
    )
    shown = said(
        trust_panel(
            replace(
                panel,
                cases=[case],
                explanation=replace(
                    panel.explanation,
                    signal=replace(signal, text=written),
                    evaluation=replace(evaluation, evidence=written),
                ),
            )
        )
    )
    # Escaped once, for Slack to show: as the message itself is, and nobody is called.
    read = "Smith &amp; Sons &lt;Leeds&gt;: the order (https://x.example), @here"
    assert shown.count(read) == 3


def test_who_is_mentioned_in_the_message_is_named_and_not_called(
    panel: Panel, signal: Signal
) -> None:
    explanation = replace(panel.explanation, signal=replace(signal, text="<@U7>, have a look"))
    shown = said(trust_panel(replace(panel, explanation=explanation, names={"U7": "<@U8>"})))
    assert "> @&lt;@U8&gt;, have a look" in shown


def test_what_was_done_says_by_whom_and_leads_there(panel: Panel, run: Run) -> None:
    text = explained(panel, run=replace(run, post_ts=MessageTs("1772625601.000200")))
    assert "|Open it in its thread>" in text
    started = said(trust_panel(panel))
    assert "✅  Collect the facts" in started
    assert "🔵  Is it critical?  ·  waits for people" in started


def test_it_leads_to_the_message_in_slack_unless_that_is_gone(panel: Panel, signal: Signal) -> None:
    there = f"<{signal.permalink}|View in Slack>"
    assert there in said(trust_panel(panel))
    gone = replace(signal, state=SignalState.DELETED, text="")
    assert "View in Slack" not in explained(panel, signal=gone)
    assert "View in Slack" not in explained(panel, signal=replace(signal, permalink=None))


def test_its_buttons_do_not_sound_alike(panel: Panel) -> None:
    heard = [
        part.get("accessibility_label") or part["text"]["text"]
        for block in trust_panel(panel)["blocks"]
        for part in (*block.get("elements", ()), block.get("accessory") or {})
        if part.get("type") == "button"
    ]
    assert len(heard) > 5
    assert len(set(heard)) == len(heard)


def test_an_app_is_no_id(panel: Panel, signal: Signal) -> None:
    text = explained(panel, signal=replace(signal, author="B012AB3CD", author_is_bot=True))
    assert "an app in <#C012AB3CD>" in text
    assert "B012AB3CD" not in text


def test_what_was_done_leads_to_what_it_made_and_names_who_had_it_done(
    panel: Panel, run: Run
) -> None:
    step = run.workflow.definition.steps[0]
    record = StepRecord(
        id=step.id,
        state=StepState.DONE,
        detail="OPS-7 was opened",
        link="https://acme.atlassian.net/browse/OPS-7",
        changed_by=UserId("U1"),
        changed_at=run.evaluation.created_at,
    )
    text = explained(panel, run=replace(run, state=RunState.RUNNING, steps=(record,)))
    row = next(one for one in text.splitlines() if step.title in one)
    assert "<https://acme.atlassian.net/browse/OPS-7|OPS-7 was opened>  ·  by <@U1>" in row
    alone = replace(record, changed_by=None)
    text = explained(panel, run=replace(run, state=RunState.RUNNING, steps=(alone,)))
    assert "by LiveSOP" in text


def test_technical_details_say_who_judged_how_long_it_took_and_what_it_cost(
    panel: Panel, evaluation: Evaluation, workflow: Workflow
) -> None:
    usage = Usage(prompt_tokens=1_200, completion_tokens=34, cost_usd=0.0021)
    judged = replace(evaluation, evaluator="gpt-9", latency_ms=1_234.5, usage=usage)
    details = explained(panel, evaluation=judged).splitlines()[-2]
    assert "evaluator: gpt-9  ·  1,234 ms  ·  1,200 tokens in, 34 out" in details
    assert str(usage.cost) in details
    assert f"SOP version {workflow.version}  ·  evaluation {evaluation.id}" in details
    quick = replace(judged, latency_ms=3.25, usage=Usage())
    details = explained(panel, evaluation=quick).splitlines()[-2]
    assert "evaluator: gpt-9  ·  3.2 ms  ·  SOP version" in details
    assert "tokens" not in details


def test_what_did_not_come_out_as_wished_is_said(panel: Panel, run: Run) -> None:
    first = run.workflow.definition.steps[0].id
    done = StepRecord(id=first, state=StepState.DONE, detail="Opened OPS-1\nIt has no link back.")
    running = replace(run, state=RunState.RUNNING, steps=(done,))
    assert "⚠️ It has no link back." in explained(panel, run=running)


def test_the_address_of_its_answer_is_that_of_its_thread(run: Run) -> None:
    posted = replace(run, post_ts=MessageTs("1772625601.000200"))
    assert thread_link(posted) == (
        "https://acme.slack.com/archives/C012AB3CD/p1772625601000200"
        "?thread_ts=1772625600.000100&cid=C012AB3CD"
    )
    assert thread_link(run) is None


def test_switches_are_shown_as_they_stand(panel: Panel, workflow: Workflow) -> None:
    step = next(one for one in workflow.definition.steps if one.mode is StepMode.AUTO)
    on = Switches(team=True, workflow=True, channel=True, steps={step.id: True})
    text = explained(panel, switches=on)
    assert "The SOP as a whole: *on*\n[Switch off]" in text
    assert "Step: Tell the channel: *on*\n[Switch off]" in text
    assert "Never by itself: Open an incident" in text
    off = said(trust_panel(panel))
    assert "off for the whole team" in off
    assert "The SOP as a whole: *off*\n[Switch on]" in off
    assert "This SOP is paused" in explained(panel, switches=replace(on, paused=True))
    assert "*Tier-3 escalation* is archived" in explained(panel, workflow=None)


def test_other_thresholds_are_weighed_as_if_every_switch_was_on(
    panel: Panel, evaluation: Evaluation, workflow: Workflow
) -> None:
    text = said(trust_panel(panel))
    assert "a start threshold of 93% or lower (it is 90%): *started*" in text
    assert "a propose threshold above 93%: *left alone*" in text
    cautious = replace(evaluation, caution="it reads like an instruction")
    assert "never started at any: " in explained(panel, evaluation=cautious)
    own = replace(workflow.definition.trigger, auto_from=95)
    strict = replace(workflow, definition=replace(workflow.definition, trigger=own))
    text = explained(panel, evaluation=replace(evaluation, workflow=strict))
    assert "a start threshold of 93% or lower (it is 95%): *started*" in text
    nothing = replace(evaluation, workflow=None)
    assert "At other thresholds" not in explained(panel, evaluation=nothing)


def test_what_people_said_is_shown(panel: Panel, evaluation: Evaluation) -> None:
    word = Said(
        workflow="tier-3-escalation",
        fits=False,
        by=UserId("U2"),
        at=evaluation.created_at,
        revision=1,
    )
    assert "💬  *Tier-3 escalation* does not fit, says <@U2>" in explained(panel, said=(word,))


def test_more_sops_than_a_menu_holds_are_named_otherwise(panel: Panel, workflow: Workflow) -> None:
    many = tuple(
        replace(workflow, definition=replace(workflow.definition, slug=f"sop-{number}"))
        for number in range(1000)
    )
    view = trust_panel(replace(panel, sops=many))
    assert violations(view) == []
    assert "The first 99 SOPs are listed" in said(view)


def test_a_page_leads_on_and_back() -> None:
    rows = [f"{number} {'x' * 2000}" for number in range(20)]
    first, middle = page(Part.TEXT, rows, 0, ""), page(Part.TEXT, rows, 1, "")
    assert "[← Back]" not in said(first)
    assert "[← Back]\n[Next →]" in said(middle)
    assert "[Next →]" not in said(page(Part.TEXT, rows, 99, ""))
    assert "There is nothing to show." in said(page(Part.TEXT, [], 0, ""))
    (turns,) = [block for block in middle["blocks"] if block["type"] == "actions"]
    assert [asked(one["value"]) for one in turns["elements"]] == [(Part.TEXT, 0), (Part.TEXT, 2)]


def test_the_state_travels_with_the_view() -> None:
    for home in (None, HomeState(tab=HomeTab.WORKFLOWS, opened="incident")):
        state = PanelState(signal=SignalId(1), run=RunId(2), here=ChannelId("C1"), home=home)
        assert PanelState.read(state.metadata()) == state
        assert HomeState.find(state.metadata()) == home
    with pytest.raises(KeyError):
        PanelState.read("{}")


@pytest.mark.parametrize("view", [unknown([]), unknown(list(Unheard), "C1"), not_there()])
def test_what_is_not_known_is_within_slacks_limits(view: Json) -> None:
    assert violations(view) == []


@settings(
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_slack_takes_it_whatever_people_wrote(
    data: st.DataObject,
    signals: st.SearchStrategy[Signal],
    evaluations: st.SearchStrategy[Evaluation],
    workflows: st.SearchStrategy[Workflow],
    runs: st.SearchStrategy[Run],
    texts: st.SearchStrategy[str],
    mentions: Callable[[object], list[str]],
) -> None:
    evaluation = data.draw(st.none() | evaluations)
    words = st.builds(
        Said,
        workflow=st.none() | texts,
        fits=st.booleans(),
        by=st.just(UserId("<@U1>")),
        at=st.just(NOON),
    )
    past = st.builds(
        PastCase,
        text=texts,
        workflow_title=texts,
        outcome=texts,
        permalink=st.none() | texts,
        occurred_at=st.just(NOON),
    )
    explanation = Explanation(
        signal=replace(data.draw(signals), author="somebody"),
        evaluation=evaluation,
        limits=LIMITS,
        run=data.draw(st.none() | runs),
        workflow=data.draw(st.none() | workflows),
        switches=data.draw(st.builds(Switches)),
        said=tuple(data.draw(st.lists(words, max_size=8))),
        judged=data.draw(st.integers(0, 10**6)),
    )
    replayed: Replayed | NotReplayed | None = None
    if evaluation is not None:
        now = Outcome.of(data.draw(evaluations))
        replayed = Replayed(
            signal=explanation.signal, before=Outcome.of(evaluation), now=now, dry_run=True
        )
    panel = Panel(
        state=STATE,
        explanation=explanation,
        may_read=data.draw(st.booleans()),
        sops=data.draw(st.lists(workflows, max_size=2)) * data.draw(st.sampled_from([1, 500])),
        cases=data.draw(st.none() | st.lists(past, max_size=10)),
        news=News(
            is_replaying=data.draw(st.booleans()),
            replayed=replayed,
            notice=Notice(data.draw(st.sampled_from(Place)), "*Not confirmed*"),
        ),
    )
    shown = [trust_panel(panel), away(STATE, "*Not confirmed*")]
    shown += [full_page(panel, part, 0) for part in Part if part is not Part.HISTORY]
    if evaluation is not None:
        shown.append(history_page(panel, [evaluation] * 50, 0))
    for view in shown:
        assert violations(view) == []
        assert mentions(view) == []
