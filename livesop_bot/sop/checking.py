"""Checking a definition that was not written as a document: the same rules, the same words.

The definition is given the form that a document has, and read as one; only, no text is made of it.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from yaml.error import Mark
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from livesop_bot.domain.workflows import WorkflowDefinition
from livesop_bot.errors import InvalidWorkflow
from livesop_bot.sop.document import plain, sops
from livesop_bot.sop.reading import Place, Problem, Reading

_NOWHERE = Mark("", 0, 0, 0, None, 0)
_YAML = "tag:yaml.org,2002:"


def check(definition: WorkflowDefinition) -> tuple[Problem, ...]:
    """Give everything that keeps the definition from being published, each with its place."""
    reading = Reading("")
    root = _node(plain(definition))
    reading.at((), root)
    with suppress(InvalidWorkflow):  # too many to go on
        tuple(sops(root, reading))
    return tuple(_at_its_place(problem) for problem in reading.problems)


def within(problems: Sequence[Problem], *place: str | int) -> dict[Place, str]:
    """Give those below a place: the rest of the way there, and the first that is wrong with it."""
    found: dict[Place, str] = {}
    for problem in problems:
        if problem.place[: len(place)] == place:
            found.setdefault(problem.place[len(place) :], problem.message)
    return found


def _at_its_place(problem: Problem) -> Problem:
    """What is missing has no place in a document; here it has a field of its own."""
    name, _, rest = problem.message.partition(" ")
    return replace(problem, place=(*problem.place, name)) if rest == "is missing" else problem


def _node(part: object) -> Node:
    match part:
        case Mapping():
            pairs = [(_node(str(name)), _node(value)) for name, value in part.items()]
            return MappingNode(_YAML + "map", pairs, _NOWHERE, _NOWHERE)
        case list():
            return SequenceNode(_YAML + "seq", [_node(one) for one in part], _NOWHERE, _NOWHERE)
        case bool():
            return ScalarNode(_YAML + "bool", str(part).lower(), _NOWHERE, _NOWHERE)
        case _:
            return ScalarNode(_YAML + "str", str(part), _NOWHERE, _NOWHERE)
