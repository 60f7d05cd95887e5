"""Labelled files: messages with the SOP that each calls for, as JSON lines or CSV.

A line has a `text` and a label: the slug of an SOP, or nothing where none fits. The label's key or
column is one of LABELS. Labels are read as slugs: `Card_Lost` is `card-lost`.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.verdicts import Labelled
from livesop_bot.domain.workflows import (
    Step,
    StepId,
    StepKind,
    StepMode,
    Trigger,
    Workflow,
    WorkflowDefinition,
    WorkflowId,
)
from livesop_bot.errors import PermanentError

LABELS = ("sop", "intent")

_MOST_TOLD = 10
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class InvalidLabels(PermanentError):
    """A labelled file that cannot be used; the message names the lines."""


def read_labelled(path: Path, slugs: Iterable[str] | None = None) -> list[Labelled]:
    """Read a file; with `slugs`, every label must be one of them.

    Raises InvalidLabels with a line each for the first mistakes in it.
    """
    known = None if slugs is None else set(slugs)
    cases, problems = [], []
    for number, row in _rows(path):
        case = _case(number, row, known)
        if isinstance(case, Labelled):
            cases.append(case)
        else:
            problems.append(f"{path}, line {number}: {case}")
    if problems:
        left = len(problems) - _MOST_TOLD
        more = [f"{path}: and {left} more"] if left > 0 else []
        raise InvalidLabels("\n".join(problems[:_MOST_TOLD] + more))
    if not cases:
        raise InvalidLabels(f"{path}: there is nothing in it")
    return cases


def sops_of_examples(team: TeamId, examples: Sequence[Labelled]) -> tuple[Workflow, ...]:
    """Make an SOP of each label, whose trigger is the phrases that have it, and nothing else."""
    phrases: dict[str, list[str]] = {}
    for example in examples:
        if example.expected is not None:
            phrases.setdefault(example.expected, []).append(example.text)
    return tuple(
        Workflow(
            id=WorkflowId(number),
            team=team,
            version=1,
            definition=WorkflowDefinition(
                slug=slug,
                title=slug.replace("-", " ").capitalize(),
                trigger=Trigger(description="", examples=tuple(texts)),
                steps=(
                    Step(
                        id=StepId("look"),
                        title="Look at it",
                        kind=StepKind.MANUAL,
                        mode=StepMode.MANUAL,
                    ),
                ),
            ),
        )
        for number, (slug, texts) in enumerate(sorted(phrases.items()), start=1)
    )


def _case(number: int, row: object, known: set[str] | None) -> Labelled | str:
    """A line's message, or what is wrong with it."""
    if isinstance(row, ValueError):
        return str(row)
    if not isinstance(row, dict):
        return "expected an object with a text and a label"
    text = row.get("text")
    if not isinstance(text, str) or not text.strip():
        return "text is missing"
    found = [name for name in LABELS if name in row]
    if len(found) != 1:
        return f"expected one label, {' or '.join(LABELS)}; found {' and '.join(found) or 'none'}"
    label = row[found[0]]
    if label is None or label == "":
        return Labelled(name=f"line {number}", text=text, expected=None)
    slug = re.sub(r"[\s_]+", "-", label.strip().lower()) if isinstance(label, str) else ""
    if not _SLUG.fullmatch(slug):
        return f"{found[0]}: expected the slug of an SOP or nothing, found {label!r}"
    if known is not None and slug not in known:
        return f"there is no SOP {slug!r}; there are: {_listed(known)}"
    return Labelled(name=f"line {number}", text=text, expected=slug)


def _listed(known: set[str]) -> str:
    shown = sorted(known)
    left = len(shown) - _MOST_TOLD
    return ", ".join(shown[:_MOST_TOLD]) + (f" and {left} more" if left > 0 else "")


def _rows(path: Path) -> Iterator[tuple[int, object]]:
    """Each line that is not empty, with its number; a ValueError in place of an object says why."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidLabels(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidLabels(f"{path}: is not UTF-8: {error.reason}") from error
    if path.suffix.lower() == ".csv":
        yield from _csv_rows(path, text)
    else:
        yield from _json_rows(text)


def _json_rows(text: str) -> Iterator[tuple[int, object]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError) as error:
                yield number, ValueError(f"is not JSON: {error}")


def _csv_rows(path: Path, text: str) -> Iterator[tuple[int, object]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        columns = [column.strip().lower() for column in reader.fieldnames or ()]
        labels = [column for column in columns if column in LABELS]
        if "text" not in columns or len(labels) != 1:
            raise InvalidLabels(
                f"{path}, line 1: expected the columns text and {' or '.join(LABELS)}, "
                f"found {', '.join(columns) or 'none'}"
            )
        reader.fieldnames = columns
        for row in reader:
            if None in row or None in row.values():
                problem = f"expected {len(columns)} columns, as in line 1"
                yield reader.line_num, ValueError(problem)
            else:
                yield reader.line_num, row
    except csv.Error as error:
        yield reader.line_num, ValueError(f"is not CSV: {error}")
