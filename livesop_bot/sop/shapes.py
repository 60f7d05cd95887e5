"""The shapes of a document's parts: each reads a YAML node, and says the same as JSON Schema.

A part that cannot be accepted is refused in the Reading and read as None, so that all mistakes of
a document come to light at once.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, Protocol

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from livesop_bot.sop.reading import Place, Reading

_YAML = "tag:yaml.org,2002:"
_TEXT_TAGS = {_YAML + tag for tag in ("str", "int", "float", "bool", "timestamp", "value", "merge")}


class Shape(Protocol):
    """What a part of a document may look like."""

    def read(self, node: Node, place: Place, reading: Reading) -> Any:
        """The value of the node, or None where it was refused."""
        ...

    def schema(self) -> dict[str, Any]:
        """The same as JSON Schema."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text of at most `limit` characters; one line, unless `lines`.

    Numbers and yes/no are taken as the text that was written. White space is tidied: what is one
    line has single spaces, and no line ends in any.
    """

    meaning: str
    limit: int
    lines: bool = False
    pattern: str | None = None
    expected: str = "a text"
    default: str | None = None

    def read(self, node: Node, place: Place, reading: Reading) -> str | None:
        if not isinstance(node, ScalarNode) or node.tag not in _TEXT_TAGS:
            quotes = "; a text that begins with { needs quotes" if _braces(node) else ""
            reading.refuse(place, f"expected {self.expected}, found {_kind(node)}{quotes}")
            return None
        text = tidy(node.value, lines=self.lines)
        if problem := self._problem(text):
            reading.refuse(place, problem)
            return None
        return text

    def _problem(self, text: str) -> str | None:
        if not text:
            return f"expected {self.expected}, found nothing"
        if odd := next((c for c in text if c not in "\n\t" and _unprintable(c)), None):
            return f"character U+{ord(odd):04X} is not text"
        if len(text) > self.limit:
            return f"expected at most {self.limit} characters, found {len(text)}"
        if self.pattern and not re.fullmatch(self.pattern, text):
            return f"expected {self.expected}, found {_short(text)}"
        return None

    def schema(self) -> dict[str, Any]:
        made: dict[str, Any] = {"description": self.meaning}
        if self.pattern:
            made |= {"type": "string", "pattern": f"^{self.pattern}$"}
        else:
            made |= {"type": ["string", "number", "boolean"], "minLength": 1}
        return made | {"maxLength": self.limit}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of a few words."""

    meaning: str
    words: type[StrEnum]

    def read(self, node: Node, place: Place, reading: Reading) -> StrEnum | None:
        words = [str(word) for word in self.words]
        expected = f"expected {', '.join(words[:-1])} or {words[-1]}"
        if not isinstance(node, ScalarNode):
            reading.refuse(place, f"{expected}, found {_kind(node)}")
            return None
        if node.value not in words:
            hint = _suggestion(node.value, words)
            reading.refuse(place, f"{expected}, found {_short(node.value)}{hint}")
            return None
        return self.words(node.value)

    def schema(self) -> dict[str, Any]:
        return {"description": self.meaning, "enum": [str(word) for word in self.words]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """Yes or no, as YAML writes them: true or false."""

    meaning: str

    def read(self, node: Node, place: Place, reading: Reading) -> bool | None:
        words = {"true": True, "false": False}
        if not isinstance(node, ScalarNode) or node.value.lower() not in words:
            reading.refuse(place, f"expected true or false, found {_kind(node)}")
            return None
        return words[node.value.lower()]

    def schema(self) -> dict[str, Any]:
        return {"description": self.meaning, "type": "boolean"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A whole number from `least` to `most`."""

    meaning: str
    most: int
    least: int = 0

    def read(self, node: Node, place: Place, reading: Reading) -> int | None:
        if isinstance(node, ScalarNode) and re.fullmatch(r"[0-9]{1,9}", node.value):
            number = int(node.value)
            if self.least <= number <= self.most:
                return number
        expected = f"expected a number from {self.least} to {self.most}"
        reading.refuse(place, f"{expected}, found {_kind(node)}")
        return None

    def schema(self) -> dict[str, Any]:
        return {
            "description": self.meaning,
            "type": "integer",
            "minimum": self.least,
            "maximum": self.most,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """A list of `least` to `limit` parts of one shape; `unique` ones are refused twice."""

    meaning: str
    of: Shape
    limit: int
    least: int = 0
    unique: bool = False

    def read(self, node: Node, place: Place, reading: Reading) -> list[Any] | None:
        if not isinstance(node, SequenceNode) or node.tag != _YAML + "seq":
            reading.refuse(place, f"expected a list (lines that begin with -), found {_kind(node)}")
            return None
        if not self.least <= len(node.value) <= self.limit:
            found = f"found {len(node.value)}"
            reading.refuse(place, f"expected {self.least} to {self.limit} entries, {found}")
            return None
        values: list[Any] = []
        for number, child in enumerate(node.value):
            here = (*place, number)
            reading.at(here, child)
            value = self.of.read(child, here, reading)
            if self.unique and value is not None and value in values:
                reading.refuse(here, f"{_short(str(value))} stands there twice")
            values.append(value)
        return values

    def schema(self) -> dict[str, Any]:
        made: dict[str, Any] = {"description": self.meaning, "type": "array"}
        made |= {"items": self.of.schema(), "maxItems": self.limit}
        if self.least:
            made["minItems"] = self.least
        if self.unique:
            made["uniqueItems"] = True
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """Texts under names that match `names`, at most `limit` of them."""

    meaning: str
    of: Text
    names: str
    limit: int

    def read(self, node: Node, place: Place, reading: Reading) -> dict[str, str] | None:
        if (entries := _entries(node, place, reading)) is None:
            return None
        values = {}
        for name, (key, child) in entries.items():
            here = (*place, name)
            if not re.fullmatch(self.names, name):
                reading.refuse(place, f"expected a field name, found {_short(name)}", key)
                continue
            reading.at(here, child)
            if (value := self.of.read(child, here, reading)) is not None:
                values[name] = value
        if len(entries) > self.limit:
            reading.refuse(place, f"expected at most {self.limit} fields, found {len(entries)}")
        return values

    def schema(self) -> dict[str, Any]:
        return {
            "description": self.meaning,
            "type": "object",
            "patternProperties": {f"^{self.names}$": self.of.schema()},
            "additionalProperties": False,
            "maxProperties": self.limit,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Named parts, the `required` ones among them, and no others."""

    meaning: str
    parts: Mapping[str, Shape]
    required: frozenset[str]
    further: Mapping[str, Any] = field(default_factory=dict)
    """What JSON Schema can say beyond that; to read it is another's."""

    def read(self, node: Node, place: Place, reading: Reading) -> dict[str, Any] | None:
        if (entries := _entries(node, place, reading)) is None:
            return None
        values = {}
        for name, (key, child) in entries.items():
            here = (*place, name)
            if name not in self.parts:
                hint = _suggestion(name, self.parts)
                known = hint or f"; there are {', '.join(self.parts)}"
                reading.refuse(place, f"unknown key {_short(name)}{known}", key)
                continue
            reading.at(here, child)
            values[name] = self.parts[name].read(child, here, reading)
        for name in self.parts:
            if name in self.required and name not in entries:
                reading.refuse(place, f"{name} is missing")
        return values

    def schema(self) -> dict[str, Any]:
        return {
            "description": self.meaning,
            "type": "object",
            "properties": {name: part.schema() for name, part in self.parts.items()},
            "required": [name for name in self.parts if name in self.required],
            "additionalProperties": False,
            **self.further,
        }


def tidy(text: str, *, lines: bool) -> str:
    """Bring the white space of a text into the form in which it is kept."""
    if not lines:
        return " ".join(text.split())
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()


def _entries(node: Node, place: Place, reading: Reading) -> dict[str, tuple[Node, Node]] | None:
    if not isinstance(node, MappingNode) or node.tag != _YAML + "map":
        reading.refuse(place, f"expected fields (key: value), found {_kind(node)}")
        return None
    entries: dict[str, tuple[Node, Node]] = {}
    for key, child in node.value:
        if not isinstance(key, ScalarNode):
            reading.refuse(place, f"expected a key, found {_kind(key)}", key)
        elif key.value in entries:
            first = entries[key.value][0].start_mark.line + 1
            reading.refuse(
                place, f"key {_short(key.value)} stands there twice (first: line {first})", key
            )
        else:
            entries[key.value] = (key, child)
    return entries


def _kind(node: Node) -> str:
    match node:
        case MappingNode(tag="tag:yaml.org,2002:map"):
            return "fields"
        case SequenceNode(tag="tag:yaml.org,2002:seq"):
            return "a list"
        case ScalarNode(tag="tag:yaml.org,2002:null"):
            return "nothing"
        case ScalarNode() if node.tag in _TEXT_TAGS:
            return _short(node.value)
        case _:
            return f"something tagged {_short(node.tag)}"


def _braces(node: Node) -> bool:
    return isinstance(node, MappingNode) and bool(node.flow_style)


def _unprintable(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs")


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:39] + "…")


def _suggestion(word: str, known: Iterable[str]) -> str:
    near = get_close_matches(word[:40].lower(), list(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""
