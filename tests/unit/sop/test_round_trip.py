"""Any document: what is written out reads back the same, and any text is read or refused."""

import string
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livesop_bot.domain.action_specs import SPECS, Field
from livesop_bot.domain.signals import ChannelId
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
from livesop_bot.errors import InvalidWorkflow
from livesop_bot.sop.document import dump, parse
from livesop_bot.sop.shapes import tidy


@cache
def texts(limit: int, *, lines: bool = False) -> st.SearchStrategy[str]:
    """Texts as documents keep them: tidied, printable, within the limit."""
    alphabet = st.one_of(
        st.characters(exclude_categories=("Cs", "Cc")),
        st.sampled_from("\n\t :-#'\"|>{}[]&*!%@`,?~\u2028\u0085 é日😂"),
    )
    words = st.one_of(
        st.text(alphabet, max_size=60), st.sampled_from(["yes", "null", "1.5", "2024-01-01", "="])
    )
    return (
        words.map(lambda text: tidy(text, lines=lines)[:limit])
        .map(lambda text: tidy(text, lines=lines))
        .filter(lambda text: bool(text) and not any(ord(c) < 32 and c not in "\n\t" for c in text))
    )


@cache
def contents(field: Field) -> st.SearchStrategy[str]:
    """What may stand in a field of an action."""
    if field.name in (
        known := {
            "channel": "dm: requester",
            "project": "OPS",
            "labels": "one, two",
            "issue": "OPS-12",
            "url": "https://example.com/hook",
            "idempotent": "yes",
        }
    ):
        return st.just(known[field.name])
    return texts(60, lines=True).filter(lambda text: "{{" not in text)


names = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=8)


@st.composite
def definitions(draw: st.DrawFn, slug: str) -> WorkflowDefinition:
    """Any SOP that holds together: later steps follow earlier ones, decisions have two ways on."""
    ids = draw(st.lists(names, min_size=3, max_size=7, unique=True))
    steps, edges = [], []
    for place, name in enumerate(ids):
        last = place >= len(ids) - 2
        kind = draw(st.sampled_from([k for k in StepKind if not last or k != StepKind.DECISION]))
        modes = [StepMode.MANUAL] if kind is StepKind.MANUAL else list(StepMode)
        fields: dict[str, Any] = {}
        if kind is StepKind.ACTION:
            fields["action"] = draw(st.sampled_from(ActionKind))
            fields["fields"] = {
                field.name: draw(contents(field))
                for field in SPECS[fields["action"]].fields
                if field.required or draw(st.booleans())
            }
            fields["undo_s"] = draw(st.sampled_from([None, 0, 3_600]))
            fields["cap"] = draw(st.sampled_from([None, 1, 100]))
            fields["saves_min"] = draw(st.sampled_from([0, 5, 480]))
        steps.append(
            Step(
                id=StepId(name),
                title=draw(texts(60)),
                kind=kind,
                mode=draw(st.sampled_from(modes)),
                instructions=draw(st.one_of(st.just(""), texts(60, lines=True))),
                approvers=draw(st.sampled_from([(), ("U012AB3CD", "S012AB3CD")])),
                **fields,
            )
        )
        if kind is StepKind.DECISION:
            labels = draw(st.lists(texts(60), min_size=2, max_size=2, unique_by=str.casefold))
            for target, label in zip(ids[place + 1 : place + 3], labels, strict=True):
                edges.append(Edge(source=StepId(name), target=StepId(target), label=label))
        elif place + 1 < len(ids):
            edges.append(Edge(source=StepId(name), target=StepId(ids[place + 1])))
    lists = st.lists(texts(60), max_size=3, unique=True).map(tuple)
    return WorkflowDefinition(
        slug=slug,
        title=draw(texts(60)),
        summary=draw(st.one_of(st.just(""), texts(60))),
        trigger=Trigger(
            description=draw(texts(60)),
            examples=draw(lists),
            keywords=draw(lists),
            channels=draw(st.sampled_from([(), (ChannelId("C1AB"),)])),
            trust_local=draw(st.booleans()),
        ),
        extract=draw(st.dictionaries(st.sampled_from(["amount", "who"]), texts(60))),
        steps=tuple(steps),
        edges=tuple(draw(st.permutations(edges))),
    )


several = st.lists(names, min_size=1, max_size=2, unique=True).flatmap(
    lambda slugs: st.tuples(*(definitions(slug) for slug in slugs))
)


@settings(max_examples=60)
@given(several)
def test_what_is_written_out_reads_back_the_same_and_is_written_the_same_again(
    sops: tuple[WorkflowDefinition, ...],
) -> None:
    written = dump(sops)
    assert parse(written, "sops.yaml") == sops
    assert dump(parse(written, "sops.yaml")) == written


@settings(max_examples=150)
@given(st.one_of(st.text(), st.text("ab:- \n[]{}#&*!|>'\"?,%@`\t~", max_size=80)))
def test_whatever_the_text_it_is_read_or_refused_with_its_line(text: str) -> None:
    with pytest.raises(InvalidWorkflow, match=r"^x\.yaml, line \d+, column \d+: "):
        parse(text, "x.yaml")
