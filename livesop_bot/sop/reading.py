"""Reading YAML so that every mistake in it can be shown at its line.

Text becomes PyYAML's nodes, which know where they stand; no Python object is ever made from a
document, and what could blow it up (aliases, depth, size) is refused.
"""

from dataclasses import dataclass
from typing import TypeAlias

import yaml
from yaml.error import Mark, MarkedYAMLError
from yaml.nodes import Node
from yaml.reader import ReaderError

from livesop_bot.errors import InvalidWorkflow

MAX_BYTES = 1_000_000
MAX_DEPTH = 12
MAX_PROBLEMS = 50

_PLAIN_WORDS = {
    "but found another document": "expected one document a file; several SOPs go under `sops:`",
    "mapping values are not allowed here": "a text with a colon and a space in it needs quotes",
    "found character '\\t' that cannot start any token": "lines are indented with spaces, not tabs",
}
"""What PyYAML says, for people who do not know YAML's terms."""

Place: TypeAlias = tuple[str | int, ...]
"""Keys and positions from the top of a document, such as ("steps", 2, "mode")."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake; `line` and `column` count from 1, `place` is empty for the whole document."""

    line: int
    column: int
    place: Place
    message: str

    @property
    def field(self) -> str:
        """The place as people read it, such as `steps #2, mode`."""
        text = ""
        for part in self.place:
            text += f" #{part + 1}" if isinstance(part, int) else f", {part}" if text else part
        return text


class Reading:
    """One document being read: where its parts stand, and what is wrong with them."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._marks: dict[Place, Mark] = {}
        self.problems: list[Problem] = []

    def at(self, place: Place, node: Node) -> None:
        """Note where the part at `place` stands."""
        self._marks[place] = node.start_mark

    def has(self, place: Place) -> bool:
        """Whether the document has a part at `place`."""
        return place in self._marks

    def line(self, place: Place) -> int:
        """The line on which a part stands."""
        return self._mark(place).line + 1

    def refuse(self, place: Place, message: str, node: Node | None = None) -> None:
        """Note a problem of the part at `place`; `node` where it has no place of its own yet.

        Raises InvalidWorkflow with all of them where there are too many to go on.
        """
        mark = node.start_mark if node is not None else self._mark(place)
        self._add(mark.line + 1, mark.column + 1, place, message)

    def _mark(self, place: Place) -> Mark:
        while place not in self._marks:  # a part that is missing: its surroundings
            place = place[:-1]
        return self._marks[place]

    def _add(self, line: int, column: int, place: Place, message: str) -> None:
        if len(self.problems) == MAX_PROBLEMS:
            raise self.error(more=True)  # more than anyone reads at once
        self.problems.append(Problem(line, column, place, message))

    def compose(self, text: str) -> Node:
        """Turn the text into nodes; raises InvalidWorkflow at the first mistake in its YAML."""
        if len(text.encode("utf-8", "replace")) > MAX_BYTES:
            self._add(1, 1, (), f"expected at most {MAX_BYTES:,} bytes")
            raise self.error()
        try:
            node = _compose(text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            problem = error.problem or "cannot be read"
            self._add(line, column, (), _PLAIN_WORDS.get(problem, problem))
            raise self.error() from error
        except ReaderError as error:
            before = text[: error.position]
            column = error.position - before.rfind("\n")
            problem = f"character U+{int(error.character):04X} is not text"
            self._add(before.count("\n") + 1, column, (), problem)
            raise self.error() from error
        if node is None:
            self._add(1, 1, (), "expected an SOP, the document is empty")
            raise self.error()
        self.at((), node)
        return node

    def error(self, *, more: bool = False) -> InvalidWorkflow:
        """All problems as one error, a line each, in the order in which they stand."""
        lines = [
            f"{self._origin}, line {p.line}, column {p.column}: "
            + (f"{p.field}: {p.message}" if p.field else p.message)
            for p in sorted(self.problems, key=lambda p: (p.line, p.column))
        ]
        return InvalidWorkflow(
            "\n".join([*lines, f"{self._origin}: … and more"] if more else lines)
        )


def _compose(text: str) -> Node | None:
    loader = _Composer(text)
    try:
        return loader.get_single_node()
    except (ValueError, OverflowError) as error:  # PyYAML's own chr() of such an escape
        problem = "stands for a character that does not exist"
        raise MarkedYAMLError(problem=problem, problem_mark=loader.get_mark()) from error
    finally:
        loader.dispose()


class _Composer(yaml.SafeLoader):
    depth = 0

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if self.check_event(yaml.AliasEvent):
            raise MarkedYAMLError(
                problem="aliases (*name) are not taken; write the part out",
                problem_mark=event.start_mark,
            )
        if self.depth == MAX_DEPTH:
            raise MarkedYAMLError(
                problem=f"nested more than {MAX_DEPTH} levels deep", problem_mark=event.start_mark
            )
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node
