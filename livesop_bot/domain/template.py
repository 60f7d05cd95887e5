"""Templates: text with names in it that are filled in, and nothing that computes.

    Refund {{ extract.amount | or "of an unknown amount" }}: {{ message.text | line | short 80 }}

A value is data. It is put in as it is, and nothing that stands in it is ever read as a template.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from livesop_bot.errors import InvalidWorkflow

MOST_NAMES = 50
"""Names in one template, at most."""

_OPENING = "{{"
_SLOT = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_NAME = re.compile(r"\s*([a-zA-Z0-9_.-]+)\s*")
_FILTER = re.compile(r'\|\s*(?:(line)|(short)\s+([1-9][0-9]{0,4})|(or)\s+"([^"{}]*)")\s*')


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a value, with its filters in their order: what each is called, and how much."""

    name: str
    filters: tuple[tuple[str, str], ...] = ()

    def fill(self, values: Mapping[str, str]) -> str:
        """Give the value; where there is none, say so instead."""
        value = values.get(self.name, "")
        for what, argument in self.filters:
            match what:
                case "line":
                    value = " ".join(value.split())
                case "short":
                    value = clipped(value, int(argument))
                case _:
                    value = value or argument
        return value or f"(no {self.name.rpartition('.')[2]})"


@dataclass(frozen=True, slots=True)
class Template:
    """A template that was read: plain text and slots, in their order."""

    parts: tuple[str | Slot, ...]

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The places for values."""
        return tuple(part for part in self.parts if isinstance(part, Slot))

    def render(
        self, values: Mapping[str, str], escape: Callable[[str, str], str] = lambda _, value: value
    ) -> str:
        """Fill the slots; `escape` gets name and value, and gives what the target can take."""
        return "".join(
            escape(part.name, part.fill(values)) if isinstance(part, Slot) else part
            for part in self.parts
        )

    def unknown(self, names: Collection[str]) -> Iterator[str]:
        """Say of each name that is not among `names` that it is not, and what may be meant."""
        for slot in self.slots:
            if slot.name not in names:
                yield f"there is no {{{{ {slot.name} }}}}{meant(slot.name, names)}"


def read_template(text: str) -> Template:
    """Read a template; raises InvalidWorkflow with what is wrong and how it is written."""
    parts: list[str | Slot] = []
    end = 0
    for found in _SLOT.finditer(text):
        parts += [text[end : found.start()], _slot(found.group(1))]
        end = found.end()
    parts.append(text[end:])
    if any(isinstance(part, str) and _OPENING in part for part in parts):
        raise InvalidWorkflow("{{ without }}: a name is written {{ message.text }}")
    if len(parts) // 2 > MOST_NAMES:
        raise InvalidWorkflow(f"expected at most {MOST_NAMES} names, found {len(parts) // 2}")
    return Template(tuple(part for part in parts if part))


def _slot(inside: str) -> Slot:
    name = _NAME.match(inside)
    filters: list[tuple[str, str]] = []
    at = name.end() if name else 0
    while name and at < len(inside) and (found := _FILTER.match(inside, at)):
        line, short, size, _, otherwise = found.groups()
        filters.append(("line", "") if line else ("short", size) if short else ("or", otherwise))
        at = found.end()
    if name is None or at < len(inside):
        raise InvalidWorkflow(
            f"{{{{{clipped(inside, 40)}}}}} cannot be read: expected a name such as message.text, "
            'and then at most | line, | short 80 or | or "words"'
        )
    return Slot(name.group(1), tuple(filters))


def meant(word: str, known: Collection[str]) -> str:
    """What may be meant by an unknown word: the nearest that is known, or all there are."""
    near = get_close_matches(word[:60].lower(), known, n=1)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"


def clipped(text: str, limit: int) -> str:
    """Cut to `limit` characters, the last of them an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
