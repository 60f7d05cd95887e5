"""Labelled files: what is read from them, and how mistakes are told."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livesop_bot.domain.signals import TeamId
from livesop_bot.evaluation.labelled_file import InvalidLabels, read_labelled, sops_of_examples


def read(tmp_path: Path, name: str, text: str, *slugs: str) -> list[tuple[str, str, str | None]]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    found = read_labelled(path, slugs or None)
    return [(case.name, case.text, case.expected) for case in found]


def test_json_lines(tmp_path: Path) -> None:
    text = (
        '{"text": "it is down", "sop": "incident"}\n\n'
        '{"text": "my card\u2028is lost", "intent": "Card_Lost", "more": 1}\r\n'
        '{"text": "lunch?", "intent": null}\n{"text": "hm", "sop": ""}'
    )
    assert read(tmp_path, "x.jsonl", text) == [
        ("line 1", "it is down", "incident"),
        ("line 3", "my card\u2028is lost", "card-lost"),
        ("line 4", "lunch?", None),
        ("line 5", "hm", None),
    ]


def test_csv_also_from_a_spreadsheet(tmp_path: Path) -> None:
    text = '\ufeffText,SOP,note\r\n"it is\r\ndown",incident,x\r\nlunch?,,\r\n'
    assert read(tmp_path, "x.csv", text) == [
        ("line 3", "it is\ndown", "incident"),
        ("line 4", "lunch?", None),
    ]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("x.jsonl", '{"text": "a", "sop": "a"}\n{"text"', "x.jsonl, line 2: is not JSON"),
        ("x.jsonl", "[1]", "line 1: expected an object"),
        ("x.jsonl", '"text"', "line 1: expected an object"),
        ("x.jsonl", '{"sop": "a"}', "line 1: text is missing"),
        ("x.jsonl", '{"text": " ", "sop": "a"}', "line 1: text is missing"),
        ("x.jsonl", '{"text": "a"}', "line 1: expected one label, sop or intent; found none"),
        ("x.jsonl", '{"text": "a", "sop": "a", "intent": "b"}', "found sop and intent"),
        ("x.jsonl", '{"text": "a", "sop": 7}', "sop: expected the slug of an SOP or nothing"),
        ("x.jsonl", '{"text": "a", "sop": "b"}', "there is no SOP 'b'; there are: a, c"),
        ("x.jsonl", "\n", "x.jsonl: there is nothing in it"),
        ("x.csv", "", "line 1: expected the columns text and sop or intent, found none"),
        ("x.csv", "text,label\na,b\n", "found text, label"),
        ("x.csv", "text,sop\na\n", "line 2: expected 2 columns"),
        ("x.csv", "text,sop\na,a,a\n", "line 2: expected 2 columns"),
        ("x.csv", 'text,sop\n"a,a\n', "is not CSV"),
        ("x.csv", 'text,"sop', "is not CSV"),
        ("x.jsonl", "[" * 100_000, "line 1: is not JSON"),
    ],
)
def test_mistakes_are_named_with_their_line(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    with pytest.raises(InvalidLabels) as caught:
        read(tmp_path, name, text, "a", "c")
    assert said in str(caught.value)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["x.csv", "x.jsonl"]),
    start=st.sampled_from(["", "text,sop\n", '{"text": "a", "sop": ']),
    rest=st.text() | st.text(alphabet='",\\\n\r{}[]:ab\x00'),
)
def test_any_text_is_read_or_refused(tmp_path: Path, name: str, start: str, rest: str) -> None:
    path = tmp_path / name
    path.write_text(start + rest, encoding="utf-8", newline="")
    with suppress(InvalidLabels):
        assert all(case.text.strip() for case in read_labelled(path))


def test_many_mistakes_are_told_in_part(tmp_path: Path) -> None:
    with pytest.raises(InvalidLabels) as caught:
        read(tmp_path, "x.jsonl", "{}\n" * 12)
    lines = str(caught.value).splitlines()
    assert len(lines) == 11
    assert lines[-1].endswith("and 2 more")


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidLabels, match="cannot be read: No such file"):
        read_labelled(tmp_path / "none.jsonl")
    (tmp_path / "x.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidLabels, match="is not UTF-8"):
        read_labelled(tmp_path / "x.jsonl")


def test_phrases_make_up_sops_of_their_labels(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(
        '{"text": "b1", "intent": "b_x"}\n{"text": "a1", "intent": "a"}\n'
        '{"text": "b2", "intent": "b_x"}\n{"text": "n", "intent": null}\n'
    )
    found = sops_of_examples(TeamId("T1"), read_labelled(path))
    assert [(sop.slug, sop.title, sop.definition.trigger.examples) for sop in found] == [
        ("a", "A", ("a1",)),
        ("b-x", "B x", ("b1", "b2")),
    ]
    assert len({sop.id for sop in found}) == 2
