"""Words: what is compared, and where it stands in the text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.evaluation.words import clauses, sentences, stem, stems


@pytest.mark.parametrize(
    "forms",
    [
        "payment payments",
        "fail fails failed failing",
        "charge charged charges charging",
        "crash crashes crashed crashing",
        "cancel cancelled cancelling cancels",
        "escalate escalates escalated escalating escalation escalations",
        "retry retries",
        "access accesses",
        "log logs logged logging",
        "bill bills billed billing",
    ],
)
def test_the_forms_of_a_word_have_one_stem(forms: str) -> None:
    assert len({stem(form) for form in forms.split()}) == 1


@pytest.mark.parametrize("word", ["speed", "million", "sla", "p1", "status", "größe", "ошибка"])
def test_other_words_stay_as_they_are(word: str) -> None:
    assert stem(word) == word


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Payments are DOWN!", ("pay", "down")),
        ("ＰＡＹＭＥＮＴＳ down", ("pay", "down")),
        ("Cafe\u0301 café", ("café", "café")),
        ("the customer's parcel isn’t here", ("customer", "parcel")),
        ("<@U012AB3CD> <#C1|general> <!here> hi :tada: &amp; ok", ()),
        ("see <https://example.com/refund?x=1|the invoice>", ("invoic",)),
        ("https://example.com/refund mailto:a@example.com", ()),
        ("thanks for the refund, order arrived", ("order", "arriv")),
        ("please refund it, thanks", ("refund",)),
        ("支払い停止", ("支払", "払い", "い停", "停止")),
        ("😂 👍 ... ?! _", ()),
    ],
)
def test_what_counts_in_a_text(text: str, found: tuple[str, ...]) -> None:
    assert stems(text) == found


def test_sentences_end_at_marks_and_lines_but_not_inside_numbers() -> None:
    found = [
        [word.stem for word in sentence]
        for sentence in sentences("Version 2.4 crashes. Why?\nReports wrong; search down")
    ]
    assert found == [["vers", "2", "4", "crash"], ["report", "wrong"], ["search", "down"]]


def test_dots_that_end_nothing_are_read_once() -> None:
    """Read anew from each dot it would take minutes: the suite's limit."""
    text = f"Loading{'.' * 200_000}x. Done"
    assert [clause.text for clause in clauses(text)] == [text[:-5], "Done"]


@given(st.text(max_size=300))
def test_every_word_stands_where_it_says(text: str) -> None:
    place = 0
    for sentence in sentences(text):
        for word in sentence:
            assert word.stem
            assert place <= word.start < word.end <= len(text)
            assert text[word.start].isalnum()
            place = word.start
