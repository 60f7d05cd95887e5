"""The guide's examples are documents that can be imported."""

import re
from pathlib import Path

import pytest

from livesop_bot.sop.document import parse

GUIDE = Path(__file__).parents[3] / "docs" / "workflows.md"
EXAMPLES = re.findall(r"(?ms)^```yaml\n(.*?)^```", GUIDE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_can_be_imported(example: str) -> None:
    assert parse(example, "example.yaml")


def test_there_are_examples() -> None:
    assert EXAMPLES
