"""What the words of `/livesop` show is text, whatever is in it, and within Slack's limits."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.domain.decisions import Decision, Limits, Reason, Scope, Verdict
from livesop_bot.domain.evaluations import Evaluation, Judgement
from livesop_bot.domain.figures import DayFigures, SopFigures
from livesop_bot.domain.knowledge import (
    Citation,
    Document,
    DocumentId,
    DocumentKind,
    Passage,
    Shelved,
)
from livesop_bot.domain.signals import ChannelId
from livesop_bot.domain.starts import NotStarted
from livesop_bot.domain.team_settings import Environment, TeamSettings
from livesop_bot.domain.workflows import Workflow, WorkflowId
from livesop_bot.views import autopilot, feed, knowledge_forms, sop_card, starts, stats, tried
from livesop_bot.views.answer import answer, introduction
from livesop_bot.views.home import knowledge, tabs
from livesop_bot.views.home.tabs import HomeState, HomeTab
from livesop_bot.views.lint import violations
from livesop_bot.views.opening import opening
from livesop_bot.views.settings_summary import settings_summary

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
ENVIRONMENT = Environment(limits=Limits(propose=0.5, auto=0.9), model="gpt")
Mentions = Callable[[object], list[str]]


def test_an_answer_names_the_sop_its_steps_and_the_source(workflow: Workflow) -> None:
    passage = Passage(
        id=1,  # type: ignore[arg-type]
        title="Escalations",
        text="Page the engineer on call.",
        source="file runbook.md",
        link="https://acme.slack.com/files/1",
    )
    shown = str(answer("how do we escalate?", workflow, [passage]).blocks)
    assert "*Tier-3 escalation*" in shown
    assert "1.  Collect the facts  ·  _by hand_" in shown
    assert "2.  Is it critical?  ·  _decide: yes / no_" in shown
    assert "*<https://acme.slack.com/files/1|Escalations>*\\n> Page the engineer on call." in shown
    assert "From the knowledge: file runbook.md" in shown
    assert "`/livesop start tier-3-escalation` starts it here" in shown
    open_there = str(answer("how?", workflow, [], is_open=True).blocks)
    assert "its steps are in this thread" in open_there
    assert "Collect the facts" not in open_there


def test_one_is_not_told_as_many(evaluation: Evaluation, workflow: Workflow) -> None:
    day = DayFigures(day=date(2026, 3, 4), signals=1, started=1, actions=1)
    own = TeamSettings(operators=("U1",), remind_after_hours=1, retention_days=1)
    told = (
        *(block["text"]["text"] for block in stats.stats([day], {}, [workflow]).blocks),
        settings_summary(own, ENVIRONMENT).blocks[0]["text"]["text"],
        feed.feed([evaluation]).text,
    )
    for said in (
        "*1* signal seen",
        "*1* SOP started",
        "*1* automated action",
        "1 operator, or",
        "after 1 hour\n",
        "after 1 day\n",
        "The latest 1 decision",
    ):
        assert said in "\n".join(told)


def test_reminders_that_are_off_are_never_sent() -> None:
    summary = str(settings_summary(TeamSettings(remind_after_hours=0), ENVIRONMENT).blocks)
    assert "Never reminds" in summary
    assert "0 hours" not in summary


def test_an_sop_that_is_paused_says_so_wherever_it_is_shown(workflow: Workflow) -> None:
    paused = replace(workflow, paused=True)
    for shown in (
        sop_card.sop(paused, ()),
        sop_card.sop_list([paused], ()),
        autopilot.overview(is_on=True, workflows=[paused], on=()),
    ):
        assert "⏸️ paused" in str(shown.blocks)


def test_slack_takes_the_introduction() -> None:
    assert violations(introduction().payload()) == []


def test_what_nobody_knows_is_said_with_what_to_do() -> None:
    assert answer("where is <!here>?", None, []).text == (
        "Neither the SOPs nor the knowledge have anything on `where is &lt;!here&gt;?`."
    )


@given(data=st.data())
def test_slack_takes_what_words_answer(
    workflows: st.SearchStrategy[Workflow],
    evaluations: st.SearchStrategy[Evaluation],
    passages: st.SearchStrategy[tuple[Passage, ...]],
    texts: st.SearchStrategy[str],
    mentions: Mentions,
    data: st.DataObject,
) -> None:
    workflow, text = data.draw(workflows), data.draw(texts)
    many = [workflow] * data.draw(st.sampled_from([0, 1, 7, 1000]))
    on = {(Scope.WORKFLOW, workflow.slug)}
    found = data.draw(passages)
    figures = SopFigures(matched=10**9, started=3, approved=2, dismissed=1)
    days = [DayFigures(day=date(2026, 3, 4), signals=10**12, saved_min=90)] * 90
    judgement = Judgement(
        workflow=None,
        confidence=data.draw(st.floats(0, 1)),
        reasoning=text,
        evaluator=text,
        evidence=text,
        citations=found,
        stand_in=text,
    )
    decision = Decision(Verdict.SKIP, Reason.NO_MATCH, text)
    own = TeamSettings(
        channels=(text,) * 30,
        operators=("U1",),
        retention_days=3,
        weekly_digest=True,
        digest_channel=text or "C1",
        daily_summary=True,
        time_zone=text,
    )
    answers = [
        sop_card.sop_list(many, on),
        sop_card.sop(workflow, on),
        feed.feed([data.draw(evaluations)] * 30),
        stats.stats(days, {WorkflowId(1): figures}, many[:30]),
        tried.tried(text, judgement, data.draw(st.none() | st.just(workflow)), decision),
        tried.failed(text),
        settings_summary(own, ENVIRONMENT),
        starts.which("show", many),
        starts.starting(workflow),
    ]
    for one in answers:
        assert violations(one.payload(), posted=False) == []
        assert mentions(one.payload()) == []
    said = answer(text, data.draw(st.none() | st.just(workflow)), found)
    assert violations(said.payload()) == []
    assert mentions(said.payload()) == []
    begun = opening(workflow, by="U1", about=text)
    assert violations(begun.payload()) == []
    assert mentions(begun.payload()) in ([], [begun.blocks[0]["text"]["text"]])  # who started it


@given(data=st.data())
def test_slack_takes_the_forms(
    workflows: st.SearchStrategy[Workflow],
    texts: st.SearchStrategy[str],
    mentions: Mentions,
    data: st.DataObject,
) -> None:
    text = data.draw(texts)
    workflow = data.draw(workflows.filter(lambda one: 0 < len(one.slug) <= 63))
    many = [
        Workflow(id=WorkflowId(n), team=workflow.team, version=1, definition=workflow.definition)
        for n in range(data.draw(st.sampled_from([0, 1, 1000])))
    ]
    document = a_document(text)
    metadata = HomeState(tab=HomeTab.KNOWLEDGE, filters={"words": "x" * 100}).write()
    views = [
        starts.picker(many, text, metadata),
        starts.started(workflow),
        *(starts.not_started(workflow, why) for why in NotStarted),
        starts.gone(),
        starts.unreadable(),
        starts.not_confirmed(),
        knowledge_forms.search_form(text, metadata),
        knowledge_forms.edit_form(document, text[:3000], metadata),
        knowledge_forms.edit_form(document, None, metadata),
        knowledge_forms.delete_form(document, 3, metadata),
        knowledge_forms.saved(document),
        knowledge_forms.deleted(document),
        knowledge_forms.not_yours("Edit a document"),
        knowledge_forms.gone("Edit a document"),
        knowledge_forms.not_confirmed("Edit a document"),
        knowledge_forms.refused("Edit a document", text),
    ]
    for view in views:
        assert violations(view) == []
        assert mentions(view) == []


def a_document(text: str) -> Document:
    """A document whose every text is `text`."""
    return Document(
        id=DocumentId(7),
        title=text,
        kind=DocumentKind.FILE,
        source=text,
        link=text,
        added_by=text,
        created_at=NOON,
        chunks=3,
        problem=text or None,
    )


@given(data=st.data())
def test_slack_takes_any_page_of_the_shelf(
    texts: st.SearchStrategy[str], mentions: Mentions, data: st.DataObject
) -> None:
    text = data.draw(texts)
    cited = Citation(at=NOON, channel=ChannelId(text), permalink=text)
    count = data.draw(st.sampled_from([0, 1, 10]))
    one = [
        Shelved(
            document=a_document(text),
            cited=data.draw(st.sampled_from([0, 1, 10**6])),
            latest=[cited] * 3,
            is_waiting=data.draw(st.booleans()),
        )
    ]
    documents = [
        Shelved(
            document=Document(
                **{
                    name: getattr(each.document, name)
                    for name in Document.__dataclass_fields__
                    if name != "id"
                },
                id=DocumentId(number),
            ),
            cited=each.cited,
            latest=each.latest,
            is_waiting=each.is_waiting,
        )
        for number, each in enumerate(one * count)
    ]
    shown = knowledge.Shelf(
        documents=documents,
        found=data.draw(st.sampled_from([count, 2000])),
        words=data.draw(st.sampled_from(["", text[:100]])),
        page=data.draw(st.sampled_from([0, 3, 199])),
        by_meaning=data.draw(st.booleans()),
    )
    view = tabs.home(HomeState(tab=HomeTab.KNOWLEDGE), knowledge.shelf(shown))
    assert violations(view) == []
    assert mentions(view) == []


def test_what_is_on_is_listed_before_what_may_be_cut(workflow: Workflow) -> None:
    many = [_named(workflow, f"sop-{number:02}") for number in range(40)]
    on = {(Scope.WORKFLOW, "sop-38"), (Scope.STEP, f"sop-39/{_acting(workflow)}")}
    rows = str(autopilot.overview(is_on=True, workflows=many, on=on).blocks[1]["text"]["text"])
    first, second, *_ = rows.splitlines()
    assert first.startswith("`sop-38`")
    assert second.startswith("`sop-39`")
    assert second.endswith(f": off, which holds back `{_acting(workflow)}`")
    assert "… and 25 more" in rows


def _acting(workflow: Workflow) -> str:
    return workflow.definition.acting_steps[0].id


def _named(workflow: Workflow, slug: str) -> Workflow:
    return replace(workflow, definition=replace(workflow.definition, slug=slug))
