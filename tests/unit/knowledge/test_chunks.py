"""Cutting documents: every word is kept, pieces stay small, headings go along."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.errors import DocumentRefused
from livesop_bot.knowledge.chunks import MOST_CHUNKS, cut, cut_rows, tokens

LONGEST = 321
"""Tokens of a piece, with a line's end."""

words = st.text(st.characters(exclude_categories=("Z", "C")), min_size=1, max_size=30)
lines = st.lists(words, max_size=60).map(" ".join)
documents = st.lists(
    st.one_of(
        lines,
        lines.map(lambda line: f"# {line}"),
        lines.map(lambda line: f"### {line}"),
        lines.map(lambda line: f"| {line} |"),
        st.sampled_from(["", "```", "~~~"]),
    ),
    max_size=40,
).map("\n".join)


@given(documents)
def test_every_word_is_in_some_chunk_and_no_chunk_is_long(text: str) -> None:
    try:
        chunks = cut("Title", text)
    except DocumentRefused:
        assert not text.strip() or text.strip("# \n") == ""
        return
    found = {word for chunk in chunks for word in f"{chunk.heading} {chunk.text}".split()}
    missing = {word for word in text.split() if word.strip("#")} - found
    # A heading's closing signs belong to it: `# Title #`, `# Title#`.
    assert {word for word in missing if word.rstrip("#") not in found} == set()
    assert all(tokens(chunk.text) <= LONGEST for chunk in chunks)
    assert all(chunk.text.strip() for chunk in chunks)


@given(st.text(max_size=3000))
def test_any_text_is_cut_or_refused(text: str) -> None:
    try:
        chunks = cut("Title", text)
    except DocumentRefused:
        return
    assert all(chunk.text.strip() for chunk in chunks)


def test_headings_go_along_as_context() -> None:
    text = "Before.\n\n# Refunds\n\nAll of them.\n\n## Amounts\n\nUp to 100.\n\n# Others\n\nNo."
    assert [(chunk.heading, chunk.text) for chunk in cut("Guide", text)] == [
        ("Guide", "Before."),
        ("Guide › Refunds", "All of them."),
        ("Guide › Refunds › Amounts", "Up to 100."),
        ("Guide › Others", "No."),
    ]


def test_a_title_is_not_said_twice() -> None:
    assert [chunk.heading for chunk in cut("Guide", "# Guide\n\nText.\n\n## Part\n\nMore.")] == [
        "Guide",
        "Guide › Part",
    ]


def test_long_prose_is_cut_between_sentences_with_a_little_overlap() -> None:
    sentences = [f"This is sentence number {number} of a long story." for number in range(60)]
    first, second, *rest = cut("Story", " ".join(sentences))
    assert rest
    assert first.text.endswith("story.")
    assert second.text.split("\n")[0] == first.text.split("\n")[-1]


def test_code_and_tables_stay_whole_and_are_no_headings() -> None:
    code = "```\n# not a heading\n" + "run this\n" * 60 + "```"
    table = "\n".join(f"| row {number} | value |" for number in range(50))
    chunks = cut("Guide", f"Do it:\n\n{code}\n\nOr so:\n\n{table}")
    assert {chunk.heading for chunk in chunks} == {"Guide"}
    assert any(code in chunk.text for chunk in chunks)
    assert any(table in chunk.text for chunk in chunks)


def test_texts_without_spaces_are_cut_too() -> None:
    chunks = cut("長い", "これは長い文章です。" * 200)
    assert len(chunks) > 5
    assert all(chunk.text.endswith("。") for chunk in chunks)


def test_rows_carry_the_names_of_their_columns() -> None:
    text = 'Question;Answer\n"Where; when?";At ten\n;\nWho?;Ada\n'
    assert [chunk.text for chunk in cut_rows("FAQ", text)] == [
        "Question: Where; when? | Answer: At ten",
        "Question: Who? | Answer: Ada",
    ]


def test_many_rows_share_passages() -> None:
    text = "id,what\n" + "\n".join(f"{number},item" for number in range(2 * MOST_CHUNKS))
    chunks = cut_rows("Stock", text)
    assert len(chunks) == MOST_CHUNKS
    assert chunks[0].text == "id: 0 | what: item\nid: 1 | what: item"


@pytest.mark.parametrize("text", ["", " \n\t\n", "\n\n\n"])
def test_nothing_is_refused(text: str) -> None:
    with pytest.raises(DocumentRefused, match="no text"):
        cut("Title", text)
    with pytest.raises(DocumentRefused, match="no text"):
        cut_rows("Title", text)


def test_a_book_is_refused() -> None:
    with pytest.raises(DocumentRefused, match="more than 500 passages"):
        cut("Book", "word " * 90_000)
