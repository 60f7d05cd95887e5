"""Definitions as they are stored: the form of the jsonb, written and read strictly."""

from collections.abc import Mapping, Sequence
from typing import Any

from livesop_bot.domain.signals import ChannelId
from livesop_bot.domain.workflows import (
    ActionKind,
    Edge,
    Step,
    StepId,
    StepKind,
    StepMode,
    Trigger,
    WorkflowDefinition,
)
from livesop_bot.errors import InvalidWorkflow


def definition_to_json(definition: WorkflowDefinition) -> dict[str, Any]:
    """Give the form in which a definition is stored as jsonb."""
    trigger = definition.trigger
    return {
        "slug": definition.slug,
        "title": definition.title,
        "summary": definition.summary,
        "trigger": {
            "description": trigger.description,
            "examples": list(trigger.examples),
            "keywords": list(trigger.keywords),
            "channels": list(trigger.channels),
            "trust_local": trigger.trust_local,
            "propose_from": trigger.propose_from,
            "auto_from": trigger.auto_from,
        },
        "extract": dict(definition.extract),
        "steps": [
            {
                "id": step.id,
                "title": step.title,
                "kind": step.kind.value,
                "mode": step.mode.value,
                "instructions": step.instructions,
                "action": step.action and step.action.value,
                "fields": dict(step.fields),
                "approvers": list(step.approvers),
                "undo_s": step.undo_s,
                "cap": step.cap,
                "saves_min": step.saves_min,
            }
            for step in definition.steps
        ],
        "edges": [
            {"source": edge.source, "target": edge.target, "label": edge.label}
            for edge in definition.edges
        ],
    }


def definition_from_json(stored: object) -> WorkflowDefinition:
    """Read a stored definition; raises InvalidWorkflow where it is not exactly of that form."""
    try:
        parts = _parts(stored, "slug", "title", "summary", "trigger", "extract", "steps", "edges")
        names = ("description", "examples", "keywords", "channels", "trust_local")
        trigger = _parts(parts["trigger"], *names, "propose_from", "auto_from")
        return WorkflowDefinition(
            slug=_text(parts["slug"]),
            title=_text(parts["title"]),
            summary=_text(parts["summary"]),
            trigger=Trigger(
                description=_text(trigger["description"]),
                examples=tuple(_text(example) for example in _list(trigger["examples"])),
                keywords=tuple(_text(keyword) for keyword in _list(trigger["keywords"])),
                channels=tuple(ChannelId(_text(c)) for c in _list(trigger["channels"])),
                trust_local=trigger["trust_local"] is True,
                propose_from=_number(trigger["propose_from"]),
                auto_from=_number(trigger["auto_from"]),
            ),
            extract=_texts(parts["extract"]),
            steps=tuple(_step(step) for step in _list(parts["steps"])),
            edges=tuple(_edge(edge) for edge in _list(parts["edges"])),
        )
    except ValueError as error:
        raise InvalidWorkflow(f"A stored SOP definition cannot be read: {error}") from error


def _step(stored: object) -> Step:
    names = ("id", "title", "kind", "mode", "instructions", "action", "fields")
    parts = _parts(stored, *names, "approvers", "undo_s", "cap", "saves_min")
    return Step(
        id=StepId(_text(parts["id"])),
        title=_text(parts["title"]),
        kind=StepKind(_text(parts["kind"])),
        mode=StepMode(_text(parts["mode"])),
        instructions=_text(parts["instructions"]),
        action=None if parts["action"] is None else ActionKind(_text(parts["action"])),
        fields=_texts(parts["fields"]),
        approvers=tuple(_text(one) for one in _list(parts["approvers"])),
        undo_s=_number(parts["undo_s"]),
        cap=_number(parts["cap"]),
        saves_min=_number(parts["saves_min"]) or 0,
    )


def _edge(stored: object) -> Edge:
    parts = _parts(stored, "source", "target", "label")
    return Edge(
        source=StepId(_text(parts["source"])),
        target=StepId(_text(parts["target"])),
        label=_text(parts["label"]),
    )


def _parts(stored: object, *names: str) -> Mapping[str, object]:
    if not isinstance(stored, dict) or stored.keys() != set(names):
        found = sorted(stored) if isinstance(stored, dict) else type(stored).__name__
        raise ValueError(f"expected an object of {', '.join(names)}, found {found}")
    return stored


def _list(stored: object) -> Sequence[object]:
    if not isinstance(stored, list):
        raise ValueError(f"expected a list, found {type(stored).__name__}")  # noqa: TRY004  one error for whatever is wrong
    return stored


def _texts(stored: object) -> dict[str, str]:
    if not isinstance(stored, dict):
        raise ValueError(f"expected an object of fields, found {type(stored).__name__}")  # noqa: TRY004  as above
    return {_text(name): _text(value) for name, value in stored.items()}


def _number(stored: object) -> int | None:
    if stored is None:
        return None
    if not isinstance(stored, int) or isinstance(stored, bool):
        raise ValueError(f"expected a number, found {type(stored).__name__}")  # noqa: TRY004  as above
    return stored


def _text(stored: object) -> str:
    if not isinstance(stored, str):
        raise ValueError(f"expected a text, found {type(stored).__name__}")  # noqa: TRY004  as above
    return stored
