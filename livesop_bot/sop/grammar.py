"""The grammar of SOP documents: which parts there are, and what they may look like."""

from collections.abc import Mapping
from typing import Any

from livesop_bot.domain.action_specs import SPECS, ActionSpec
from livesop_bot.domain.workflows import ActionKind, StepKind, StepMode
from livesop_bot.sop.shapes import Choice, Flag, Items, Number, Record, Text, Texts

_NAME = r"[a-z0-9][a-z0-9-]{0,62}"
_NAME_EXPECTED = "a name of small letters, digits and hyphens"

_STEP_NAME = Text(
    meaning="The step's id, unique in its SOP.",
    limit=63,
    pattern=_NAME,
    expected=_NAME_EXPECTED,
)
_TRIGGER = Record(
    meaning="What a message must be about.",
    parts={
        "description": Text(meaning="In a sentence or two, for people and models.", limit=1_000),
        "examples": Items(
            meaning="Messages that call for this SOP, as people really write them.",
            of=Text(meaning="A message.", limit=500),
            limit=50,
            unique=True,
        ),
        "keywords": Items(
            meaning="Words and short phrases that speak for this SOP.",
            of=Text(meaning="A word or a short phrase.", limit=60),
            limit=50,
            unique=True,
        ),
        "channels": Items(
            meaning="Slack ids of the only channels it watches; none: every channel.",
            of=Text(
                meaning="A channel's id.",
                limit=30,
                pattern=r"[CDG][A-Z0-9]{1,29}",
                expected="a channel's id such as C012AB3CD (at the foot of the channel's details)",
            ),
            limit=100,
            unique=True,
        ),
        "trust_local": Flag(
            meaning="Whether the local evaluator may start it, too, where it stands in for a model "
            "that is away. Left out: no, it may only propose it.",
        ),
        "propose_from": Number(
            meaning="The confidence, in percent, from which it is proposed. Left out: the team's.",
            least=1,
            most=100,
        ),
        "auto_from": Number(
            meaning="The confidence, in percent, from which Auto-Pilot may start it. Left out: the "
            "team's.",
            least=1,
            most=100,
        ),
    },
    required=frozenset({"description"}),
)


def _fields_of(action: ActionKind, spec: ActionSpec) -> Mapping[str, Any]:
    """JSON Schema for the fields of one kind of action; `domain/action_fields.py` checks them."""
    fields = {
        field.name: Text(meaning=field.meaning, limit=3_000, lines=field.lines).schema()
        for field in spec.fields
    }
    required = [field.name for field in spec.fields if field.required]
    takes = {"properties": fields, "required": required, "additionalProperties": False}
    return {
        "if": {"properties": {"action": {"const": action.value}}, "required": ["action"]},
        "then": {"properties": {"with": takes}, "required": ["with"]},
    }


_STEP = Record(
    meaning="A step.",
    parts={
        "id": _STEP_NAME,
        "title": Text(meaning="What is to be done, in a few words.", limit=150),
        "kind": Choice(
            meaning="action: LiveSOP acts; manual: a person acts; decision: one of many ways on.",
            words=StepKind,
        ),
        "mode": Choice(
            meaning="auto: by itself where Auto-Pilot is on; approve: after a button; manual: by "
            "hand. Left out: approve for actions, manual for the rest.",
            words=StepMode,
        ),
        "instructions": Text(meaning="How it is done, for people.", limit=3_000, lines=True),
        "action": Choice(meaning="What an action step does.", words=ActionKind),
        "with": Texts(
            meaning="The fields of the action.",
            of=Text(meaning="A field's text.", limit=3_000, lines=True),
            names=r"[a-z][a-z0-9_]{0,62}",
            limit=20,
        ),
        "undo": Number(
            meaning="For how many seconds people can take back what Auto-Pilot is about to do. "
            "Left out: 20, for a webhook 0.",
            most=3_600,
        ),
        "cap": Number(
            meaning="How often Auto-Pilot may do it within 10 minutes before the step is paused, "
            "and the rest waits for approval. Left out: 5.",
            most=100,
            least=1,
        ),
        "saves": Number(
            meaning="How many minutes of a person's work it saves, for the figures in App Home. "
            "Left out: 0.",
            most=480,
        ),
        "approvers": Items(
            meaning="Slack ids of the people and user groups who may move it on; none: every "
            "operator.",
            of=Text(
                meaning="A person's or a user group's id.",
                limit=30,
                pattern=r"[UWS][A-Z0-9]{1,29}",
                expected="the id of a person (U012AB3CD) or of a user group (S012AB3CD)",
            ),
            limit=50,
            unique=True,
        ),
    },
    required=frozenset({"id", "title", "kind"}),
    further={"allOf": [_fields_of(action, spec) for action, spec in SPECS.items()]},
)
_EDGE = Record(
    meaning="The way from one step to another.",
    parts={
        "from": _STEP_NAME,
        "to": _STEP_NAME,
        "when": Text(meaning="The answer of a decision that leads this way.", limit=60),
    },
    required=frozenset({"from", "to"}),
)
SOP = Record(
    meaning="A standard operating procedure.",
    parts={
        "slug": Text(
            meaning="The SOP's name in commands; unique in the team. A new document of the same "
            "slug is a new version.",
            limit=63,
            pattern=_NAME,
            expected=_NAME_EXPECTED,
        ),
        "title": Text(meaning="The SOP's name for people.", limit=100),
        "summary": Text(meaning="What the SOP is for.", limit=500),
        "trigger": _TRIGGER,
        "extract": Texts(
            meaning="What its actions need to know from the message: a name, and what it is.",
            of=Text(meaning="What is meant, for people and models.", limit=300),
            names=r"[a-z][a-z0-9_]{0,62}",
            limit=20,
        ),
        "steps": Items(meaning="The steps.", of=_STEP, least=1, limit=50),
        "edges": Items(
            meaning="The ways from step to step. Left out: in order, one after the other.",
            of=_EDGE,
            limit=200,
        ),
    },
    required=frozenset({"slug", "title", "trigger", "steps"}),
)
FILE = Record(
    meaning="Several SOPs in one file.",
    parts={"sops": Items(meaning="The SOPs.", of=SOP, least=1, limit=200)},
    required=frozenset({"sops"}),
)


def schema() -> dict[str, Any]:
    """The documents as JSON Schema, for editors; `docs/workflow.schema.json` is its text."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "LiveSOP document",
        "oneOf": [SOP.schema(), FILE.schema()],
    }
