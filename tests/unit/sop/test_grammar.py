"""The JSON Schema for editors says what the parser says."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from livesop_bot.sop.grammar import schema

DOCS = Path(__file__).parents[3] / "docs"


def test_the_published_schema_is_the_parsers() -> None:
    published = (DOCS / "workflow.schema.json").read_text(encoding="utf-8")
    assert published == json.dumps(schema(), indent=2) + "\n"


def names(part: Any) -> Iterator[str]:
    """Every key that a document may have."""
    if isinstance(part, dict):
        yield from part.get("properties", {})
        for inner in part.values():
            yield from names(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from names(inner)


def test_the_guide_explains_every_key() -> None:
    guide = (DOCS / "workflows.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| `([a-z_]+)`", guide, re.MULTILINE))
    assert explained == set(names(schema()))
