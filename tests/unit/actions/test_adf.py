"""Jira's rich text: a text stays what it is, and never becomes markup or an invalid document."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.actions.adf import cleaned, document, link, paragraph, quotation


def told(node: dict[str, Any]) -> str:
    """A document as a reader sees it."""
    if node["type"] == "text":
        assert node["text"]
        return str(node["text"])
    return "\n" if node["type"] == "hardBreak" else "".join(map(told, node["content"]))


@given(st.text())
def test_a_text_reads_as_it_was_written(text: str) -> None:
    made = document(quotation(text), paragraph(text))
    assert told(made) == cleaned(text) * 2
    json.dumps(made).encode("ascii")


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn"))))
def test_no_printable_character_is_lost(text: str) -> None:
    assert cleaned(text) == text


def test_a_link_leads_where_it_says() -> None:
    node = link("https://x.example/a?b=c", "There")
    assert told(node) == "There"
    assert node["content"][0]["marks"] == [
        {"type": "link", "attrs": {"href": "https://x.example/a?b=c"}}
    ]
