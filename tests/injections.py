"""The attempts of tests/data/injections.jsonl to instruct LiveSOP by what it reads.

An attempt a line: an honest `message`, the `injection` and its `place` in it, and what it `wants`.
Where the kind is `knowledge` the message is a document, and `signal` is what somebody writes beside
it.
"""

import json
from collections.abc import Mapping
from pathlib import Path

DATA = Path(__file__).parent / "data"
ATTEMPTS: list[dict[str, str]] = [
    json.loads(line)
    for line in (DATA / "injections.jsonl").read_text(encoding="utf-8").splitlines()
]
NOT_FOUND = {
    "broken words",
    "a score",
    "make sure",
    "make it say",
    "other teams",
    "a bare answer",
}
"""Attempts that come through; the other defences have to hold against these alone."""


def with_injection(attempt: Mapping[str, str], text: str) -> str:
    """The text with the attempt where it belongs."""
    injection = attempt["injection"]
    match attempt["place"]:
        case "before":
            return injection + text
        case "inside":
            return text.replace("\n", injection + "\n", 1)
        case _:
            return text + injection
