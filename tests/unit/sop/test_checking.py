"""Checking: a definition that was put together by hand meets the rules of documents."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.domain.workflows import Edge, StepId, Trigger, WorkflowDefinition
from livesop_bot.errors import InvalidWorkflow
from livesop_bot.sop.checking import check, within
from livesop_bot.sop.document import dump, parse
from livesop_bot.sop.starter_pack import starter_pack

PACK = starter_pack()
INCIDENT = next(sop for sop in PACK if sop.slug == "incident")


@pytest.mark.parametrize("sop", PACK, ids=lambda sop: sop.slug)
def test_what_is_published_is_right(sop: WorkflowDefinition) -> None:
    assert check(sop) == ()


def test_what_is_missing_has_its_place() -> None:
    empty = WorkflowDefinition(slug="s", title="", trigger=Trigger(description=""), steps=())
    found = {problem.place: problem.message for problem in check(empty)}
    assert found == {
        ("title",): "title is missing",
        ("trigger",): "trigger is missing",
        ("steps",): "steps is missing",
    }


def test_a_template_is_checked_at_its_field() -> None:
    acting = INCIDENT.acting_steps[0]
    place = INCIDENT.steps.index(acting)
    wrong = replace(acting, fields={**acting.fields, "text": "{{ message.txt }}"})
    sop = replace(INCIDENT, steps=tuple(wrong if s.id == acting.id else s for s in INCIDENT.steps))
    found = within(check(sop), "steps", place)
    assert found == {("with", "text"): "there is no {{ message.txt }}; did you mean message.text?"}


def test_circles_and_dead_ends_are_found() -> None:
    first, last = INCIDENT.steps[0].id, INCIDENT.steps[-1].id
    circle = replace(INCIDENT, edges=(*INCIDENT.edges, Edge(source=last, target=first)))
    assert any("circle" in problem.message for problem in check(circle))
    lone = replace(INCIDENT, edges=())
    assert any("cannot be reached" in problem.message for problem in check(lone))


def test_a_start_below_the_proposal_is_refused() -> None:
    trigger = replace(INCIDENT.trigger, propose_from=80, auto_from=70)
    (problem,) = check(replace(INCIDENT, trigger=trigger))
    assert problem.field == "trigger, auto_from"


@given(
    st.sampled_from(PACK),
    st.text(max_size=2000),
    st.none() | st.integers(-5, 200),
    st.lists(st.text(max_size=600), max_size=3),
)
def test_the_words_are_those_of_a_document(
    sop: WorkflowDefinition, text: str, percent: int | None, examples: list[str]
) -> None:
    """Whatever passes is read back from a document; whatever does not is refused there, too."""
    trigger = replace(sop.trigger, auto_from=percent, examples=tuple(examples))
    edited = replace(sop, summary=text, trigger=trigger)
    if check(edited):
        with pytest.raises(InvalidWorkflow):
            parse(dump([edited]), "x")
    else:
        (read,) = parse(dump([edited]), "x")
        assert read.trigger.auto_from == percent


def test_more_than_anyone_reads_is_not_told() -> None:
    steps = tuple(replace(INCIDENT.steps[0], id=StepId("")) for _ in range(100))
    assert len(check(replace(INCIDENT, steps=steps, edges=()))) <= 50
