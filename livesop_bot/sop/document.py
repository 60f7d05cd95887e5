"""SOP documents: workflows as YAML that people write. `docs/workflows.md` describes them.

A file holds one SOP, or several under `sops:`. Whatever is wrong is named with its line, all of it
at once. What is written out reads back as the same definition.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml
from yaml.nodes import MappingNode, ScalarNode

from livesop_bot.domain.action_fields import problems
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
from livesop_bot.sop.grammar import FILE, SOP
from livesop_bot.sop.graph import Box, before, chain, flaws
from livesop_bot.sop.reading import Place, Reading

_DEFAULT_MODES = {StepKind.ACTION: StepMode.APPROVE}  # other kinds: manual


def parse(text: str, origin: str) -> tuple[WorkflowDefinition, ...]:
    """Read a document; raises InvalidWorkflow with a line for every mistake in it.

    `origin` is what those lines call the document: its file's name.
    """
    reading = Reading(origin)
    root = reading.compose(text)
    definitions = tuple(sops(root, reading))
    if reading.problems:
        raise reading.error()
    return definitions


def sops(root: yaml.Node, reading: Reading) -> Iterator[WorkflowDefinition]:
    """Read the SOPs of a document; what is wrong with them is noted in the reading."""
    found: list[tuple[Place, dict[str, Any] | None]]
    if _is_list_of_sops(root):
        content = FILE.read(root, (), reading) or {}
        found = [(("sops", n), sop) for n, sop in enumerate(content.get("sops") or [])]
    else:
        found = [((), SOP.read(root, (), reading))]
    slugs: dict[str, Place] = {}
    for place, sop in found:
        if sop is None:
            continue
        slug = sop.get("slug")
        if slug in slugs:
            first = reading.line((*slugs[slug], "slug"))
            reading.refuse((*place, "slug"), f"{slug!r} stands there twice (first: line {first})")
        elif slug is not None:
            slugs[slug] = place
        _check(sop, place, reading)
        if not reading.problems:
            yield _definition(sop)


def _is_list_of_sops(root: yaml.Node) -> bool:
    return isinstance(root, MappingNode) and any(
        isinstance(key, ScalarNode) and key.value == "sops" for key, _ in root.value
    )


def _check(sop: Mapping[str, Any], place: Place, reading: Reading) -> None:
    """Note what is wrong between the parts of an SOP, as far as they could be read."""
    _check_thresholds(sop.get("trigger") or {}, (*place, "trigger"), reading)
    ids: dict[str, int] = {}
    for number, step in enumerate(sop.get("steps") or []):
        if step is not None:
            _check_step(step, (*place, "steps", number), reading)
            if (first := ids.setdefault(step.get("id"), number)) != number and step.get("id"):
                line = reading.line((*place, "steps", first, "id"))
                reading.refuse(
                    (*place, "steps", number, "id"),
                    f"{step['id']!r} stands there twice (first: line {line})",
                )
    _check_actions(sop, place, reading, _check_edges(sop, ids, place, reading))


def _check_thresholds(trigger: Mapping[str, Any], place: Place, reading: Reading) -> None:
    propose, auto = trigger.get("propose_from"), trigger.get("auto_from")
    if propose and auto and auto < propose:
        reading.refuse((*place, "auto_from"), f"is below propose_from, which is {propose}")


def _check_edges(
    sop: Mapping[str, Any], ids: Mapping[str, int], place: Place, reading: Reading
) -> dict[StepId, set[StepId]]:
    """Note what is wrong with the edges; gives the steps before each, where that can be said."""
    steps, edges = sop.get("steps"), sop.get("edges")
    if not steps or any(not (step and step.get("id")) for step in steps):
        return {}
    unknown = False
    for number, edge in enumerate(edges or []):
        for end in ("from", "to"):
            if edge and edge.get(end) and edge[end] not in ids:
                unknown = True
                reading.refuse(
                    (*place, "edges", number, end),
                    f"there is no step {edge[end]!r}; there are {', '.join(ids)}",
                )
    whole = all(edge and edge.get("from") and edge.get("to") for edge in edges or [])
    unread = "edges" in sop and edges is None
    if not whole or unknown or unread or len(ids) < len(steps):
        return {}
    boxes = [Box(StepId(step["id"]), step.get("kind")) for step in steps]
    for flaw in flaws(boxes, _edges(sop, boxes)):
        reading.refuse((*place, flaw.part, flaw.position), flaw.message)
    return before(boxes, _edges(sop, boxes))


def _check_actions(
    sop: Mapping[str, Any], place: Place, reading: Reading, earlier: Mapping[StepId, set[StepId]]
) -> None:
    """Note what is wrong with the fields of actions."""
    steps = [step or {} for step in sop.get("steps") or []]
    acting = [step["id"] for step in steps if step.get("action") and step.get("id")]
    for number, step in enumerate(steps):
        fields = step.get("with", {})
        if step.get("kind") is not StepKind.ACTION or not step.get("action") or fields is None:
            continue
        here = earlier.get(step.get("id", ""), set(acting))
        may_use = [name for name in acting if name in here]
        where = (*place, "steps", number, "with")
        for name, problem in problems(step["action"], fields, sop.get("extract") or {}, may_use):
            if name in fields or not reading.has((*where, name)):  # else it was refused already
                reading.refuse((*where, name), problem)


def _check_step(step: Mapping[str, Any], place: Place, reading: Reading) -> None:
    kind = step.get("kind")
    if kind is StepKind.ACTION and "action" not in step:
        kinds = ", ".join(ActionKind)
        reading.refuse(place, f"action is missing: what this step does ({kinds})")
    if kind in (StepKind.MANUAL, StepKind.DECISION):
        for part in ("action", "with", "undo", "cap", "saves"):
            if part in step:
                reading.refuse((*place, part), f"belongs to steps of kind action, not {kind}")
    if kind is StepKind.MANUAL and step.get("mode") in (StepMode.AUTO, StepMode.APPROVE):
        reading.refuse((*place, "mode"), "a step of kind manual is done by hand: mode manual")


def _edges(sop: Mapping[str, Any], boxes: Sequence[Box]) -> tuple[Edge, ...]:
    if sop.get("edges") is None:
        return chain(boxes)
    return tuple(
        Edge(source=StepId(e["from"]), target=StepId(e["to"]), label=e.get("when") or "")
        for e in sop["edges"]
    )


def _definition(sop: Mapping[str, Any]) -> WorkflowDefinition:
    trigger = sop["trigger"]
    steps = tuple(
        Step(
            id=StepId(step["id"]),
            title=step["title"],
            kind=step["kind"],
            mode=step.get("mode") or _DEFAULT_MODES.get(step["kind"], StepMode.MANUAL),
            instructions=step.get("instructions", ""),
            action=step.get("action"),
            fields=step.get("with", {}),
            approvers=tuple(step.get("approvers", ())),
            undo_s=step.get("undo"),
            cap=step.get("cap"),
            saves_min=step.get("saves") or 0,
        )
        for step in sop["steps"]
    )
    return WorkflowDefinition(
        slug=sop["slug"],
        title=sop["title"],
        summary=sop.get("summary", ""),
        trigger=Trigger(
            description=trigger["description"],
            examples=tuple(trigger.get("examples", ())),
            keywords=tuple(trigger.get("keywords", ())),
            channels=tuple(ChannelId(channel) for channel in trigger.get("channels", ())),
            trust_local=trigger.get("trust_local", False),
            propose_from=trigger.get("propose_from"),
            auto_from=trigger.get("auto_from"),
        ),
        extract=sop.get("extract", {}),
        steps=steps,
        edges=_edges(sop, [Box(step.id, step.kind) for step in steps]),
    )


def dump(definitions: Sequence[WorkflowDefinition]) -> str:
    """Write definitions as a document: a single one as it is, several under `sops:`."""
    written = [plain(definition) for definition in definitions]
    return yaml.dump(
        written[0] if len(written) == 1 else {"sops": written},
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
        width=100,
    )


def plain(definition: WorkflowDefinition) -> dict[str, Any]:
    """Give a definition as a document has it, without what is left out there."""
    boxes = [Box(step.id, step.kind) for step in definition.steps]
    trigger = definition.trigger
    own = {"propose_from": trigger.propose_from, "auto_from": trigger.auto_from}
    thresholds = {name: percent for name, percent in own.items() if percent is not None}
    parts = _without_empty(
        {
            "slug": definition.slug,
            "title": definition.title,
            "summary": definition.summary,
            "trigger": _without_empty(
                {
                    "description": trigger.description,
                    "examples": list(trigger.examples),
                    "keywords": list(trigger.keywords),
                    "channels": list(trigger.channels),
                    "trust_local": trigger.trust_local,
                }
            )
            | thresholds,
            "extract": dict(definition.extract),
            "steps": [_plain_step(step) for step in definition.steps],
        }
    )
    if definition.edges == chain(boxes):
        return parts
    edges = [
        _without_empty({"from": e.source, "to": e.target, "when": e.label})
        for e in definition.edges
    ]
    return parts | {"edges": edges}


def _plain_step(step: Step) -> dict[str, Any]:
    usual = step.mode is _DEFAULT_MODES.get(step.kind, StepMode.MANUAL)
    undo = {} if step.undo_s is None else {"undo": step.undo_s}
    parts = _without_empty(
        {
            "id": step.id,
            "title": step.title,
            "kind": str(step.kind),
            "mode": str(step.mode) if step.kind is StepKind.ACTION or not usual else "",
            "instructions": step.instructions,
            "action": str(step.action or ""),
            "with": dict(step.fields),
            "approvers": list(step.approvers),
            "cap": step.cap,
            "saves": step.saves_min,
        }
    )
    return parts | undo


def _without_empty(parts: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in parts.items() if part}


class _Dumper(yaml.SafeDumper):
    """Block style throughout: lists indented below their key, several lines as |."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> ScalarNode:
    if "\n" in text:
        return dumper.represent_scalar("tag:yaml.org,2002:str", text + "\n", style="|")
    return dumper.represent_scalar("tag:yaml.org,2002:str", text)


_Dumper.add_representer(str, _text)
