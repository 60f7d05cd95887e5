"""The editor's forms for what an SOP is and when it fires, and what was filled in."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from livesop_bot.domain.signals import ChannelId
from livesop_bot.domain.workflows import Trigger, WorkflowDefinition
from livesop_bot.views.blocks import Block, View, section
from livesop_bot.views.ids import CallbackId
from livesop_bot.views.inputs import TYPED, Answers, channels, number, ticked, typed
from livesop_bot.views.modal import modal
from livesop_bot.views.sops.editing import Editing

Places = Mapping[tuple[str | int, ...], str]
"""Where a flaw stands, below the part of the form: its message."""


def new_form(editing: Editing) -> View:
    """Ask what a new SOP is called and when it fires."""
    return modal(
        "New SOP",
        [
            typed("title", "Name", "", most=100, placeholder="Refund request"),
            typed(
                "description",
                "It fires when somebody …",
                "",
                most=1000,
                lines=True,
                placeholder="asks for money back for something that was paid",
                hint="In a sentence or two, for people and for models.",
            ),
            typed(
                "examples",
                "Example messages",
                "",
                most=3000,
                lines=True,
                optional=True,
                hint="One a line, as people really write them. Eight different ones do more than a "
                "long description.",
            ),
        ],
        callback=CallbackId.SOP_NEW_FORM,
        submit="Next: steps",
        close="Cancel",
        metadata=editing.write(),
    )


def about_form(sop: WorkflowDefinition, editing: Editing, note: str = "") -> View:
    """Ask for title and summary."""
    fields = [
        typed("title", "Name", sop.title, most=100),
        typed("summary", "What it is for", sop.summary, most=500, lines=True, optional=True),
    ]
    return _form("Name and purpose", fields, editing, CallbackId.SOP_ABOUT_FORM, note)


def about(sop: WorkflowDefinition, filled: Answers) -> WorkflowDefinition:
    """Take over what was filled in."""
    return replace(sop, title=_one_line(filled["title"]), summary=_one_line(filled["summary"]))


def about_errors(found: Places) -> dict[str, str]:
    """Give each flaw the name of its field; what is wrong elsewhere is not the form's."""
    names = {place[0]: flaw for place, flaw in found.items() if place}
    return {name: names[name] for name in ("title", "summary") if name in names}


def trigger_form(sop: WorkflowDefinition, editing: Editing, note: str = "") -> View:
    """Ask when it fires."""
    trigger = sop.trigger
    fields = [
        typed(
            "description",
            "It fires when somebody …",
            trigger.description,
            most=1000,
            lines=True,
            hint="In a sentence or two, for people and for models.",
        ),
        _listed(
            "examples",
            "Example messages",
            trigger.examples,
            "One a line, as people really write them; up to 50.",
        ),
        _listed(
            "keywords",
            "Keywords",
            trigger.keywords,
            "One a line: words and short phrases that speak for this SOP and for no other.",
        ),
        channels("channels", "Channels", trigger.channels, hint="Only these are watched."),
        number(
            "propose_from",
            "Propose it from … percent",
            trigger.propose_from,
            least=1,
            most=100,
            placeholder="as the team",
        ),
        number(
            "auto_from",
            "Auto-Pilot may start it from … percent",
            trigger.auto_from,
            least=1,
            most=100,
            placeholder="as the team",
            hint="How sure the evaluator must be; its switches count as well.",
        ),
        ticked(
            "trust_local",
            "Where the model is away",
            "The local evaluator may start it, too",
            on=trigger.trust_local,
        ),
    ]
    return _form("When it fires", fields, editing, CallbackId.SOP_TRIGGER_FORM, note)


def trigger(sop: WorkflowDefinition, filled: Answers) -> WorkflowDefinition:
    """Take over what was filled in; what the form cannot hold (over 3,000 characters) stays."""
    old = sop.trigger
    return replace(
        sop,
        trigger=Trigger(
            description=_one_line(filled["description"]),
            examples=_lines(filled["examples"], old.examples),
            keywords=_lines(filled["keywords"], old.keywords),
            channels=tuple(ChannelId(one) for one in filled["channels"] or ()),
            trust_local="yes" in (filled["trust_local"] or ()),
            propose_from=_number(filled["propose_from"]),
            auto_from=_number(filled["auto_from"]),
        ),
    )


def trigger_errors(sop: WorkflowDefinition, found: Places) -> dict[str, str]:
    """Give each flaw the name of its field; of a list, with the line it is about."""
    errors: dict[str, str] = {}
    for place, flaw in found.items():
        name = str(place[0]) if place else "description"
        lines = getattr(sop.trigger, name, ())
        if len(place) > 1 and isinstance(place[1], int) and isinstance(lines, tuple):
            flaw = f"line {place[1] + 1}: {flaw}"
        errors.setdefault(name, flaw)
    return errors


def extract_form(sop: WorkflowDefinition, editing: Editing, note: str = "") -> View:
    """Ask what is to be found in the message."""
    field = _listed(
        "extract",
        "Name: what it is",
        _written(sop),
        "One a line. A model finds it, word for word; texts use it as {{ extract.order }}.",
        "order: The number of the order.",
    )
    return _form("Found in the message", [field], editing, CallbackId.SOP_EXTRACT_FORM, note)


def extract(sop: WorkflowDefinition, filled: Answers) -> tuple[WorkflowDefinition, dict[str, str]]:
    """Take over what was filled in, or give what is wrong with it."""
    found: dict[str, str] = {}
    for place, row in enumerate(_lines(filled["extract"], _written(sop)), 1):
        name, colon, meaning = row.partition(":")
        if not colon or not meaning.strip():
            wrong = f"line {place}: expected a name, a colon and what it is, such as order: The …"
            return sop, {"extract": wrong}
        if name.strip() in found:
            return sop, {"extract": f"line {place}: {name.strip()!r} stands there twice"}
        found[name.strip()] = _one_line(meaning)
    return replace(sop, extract=found), {}


def extract_errors(found: Places) -> dict[str, str]:
    """Give the flaws to the one field there is."""
    for place, flaw in found.items():
        return {"extract": ": ".join([*map(str, place), flaw])}
    return {}


def _written(sop: WorkflowDefinition) -> tuple[str, ...]:
    return tuple(f"{name}: {meaning}" for name, meaning in sop.extract.items())


def _form(
    title: str, fields: Sequence[Block], editing: Editing, callback: CallbackId, note: str
) -> View:
    return modal(
        title,
        [*noted(note), *fields],
        callback=callback,
        submit="Save to draft",
        close="Back",
        metadata=editing.write(),
    )


def noted(note: str) -> list[Block]:
    """What is to be said on top of a form, if anything."""
    return [section(f"⚠️ {note}")] if note else []


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def _lines(text: str | None, old: Sequence[str]) -> tuple[str, ...]:
    """The lines, and those that the form had no room for."""
    found = tuple(line for line in map(_one_line, (text or "").splitlines()) if line)
    return (*found, *old[_fitting(old) :])


def _fitting(lines: Sequence[str]) -> int:
    """How many of the lines a field has room for."""
    room = TYPED
    for held, one in enumerate(lines):
        room -= len(one) + 1
        if room < 0:
            return held
    return len(lines)


def _listed(name: str, label: str, lines: Sequence[str], hint: str, placeholder: str = "") -> Block:
    """A field with a line each; where there is no room for all, the hint says so."""
    held = _fitting(lines)
    if held < len(lines):
        hint = f"The first {held} of {len(lines)}; the others stay. {hint}"
    return typed(
        name,
        label,
        "\n".join(lines[:held]),
        most=TYPED,
        lines=True,
        optional=True,
        hint=hint,
        placeholder=placeholder,
    )


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None
