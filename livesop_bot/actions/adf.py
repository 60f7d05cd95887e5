"""Atlassian Document Format: the rich text of Jira, made of plain text.

Text becomes text nodes and is never read as markup.
"""

import re
from typing import Any

Node = dict[str, Any]

_NOT_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""What Jira refuses in a text, being no character of XML; and carriage returns."""


def document(*blocks: Node) -> Node:
    """A whole description or comment."""
    return {"type": "doc", "version": 1, "content": list(blocks)}


def paragraph(text: str) -> Node:
    """A paragraph with the lines of a text."""
    content: list[Node] = []
    for number, line in enumerate(cleaned(text).split("\n")):
        if number:
            content.append({"type": "hardBreak"})
        if line:
            content.append({"type": "text", "text": line})
    return {"type": "paragraph", "content": content}


def quotation(text: str) -> Node:
    """A text that somebody else wrote."""
    return {"type": "blockquote", "content": [paragraph(text)]}


def link(url: str, label: str) -> Node:
    """A paragraph that is a link."""
    mark = {"type": "link", "attrs": {"href": url}}
    return {
        "type": "paragraph",
        "content": [{"type": "text", "text": cleaned(label), "marks": [mark]}],
    }


def cleaned(text: str) -> str:
    """A text without the characters that Jira refuses."""
    return _NOT_TEXT.sub("", text)
