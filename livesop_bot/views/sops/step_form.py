"""The editor's form for one step, and what its action would send."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from livesop_bot.domain.action_specs import SPECS, Field
from livesop_bot.domain.actions import ActionRequest
from livesop_bot.domain.breaker import CAP
from livesop_bot.domain.occasion import names
from livesop_bot.domain.workflows import (
    ActionKind,
    Step,
    StepId,
    StepKind,
    StepMode,
    WorkflowDefinition,
)
from livesop_bot.views.blocks import (
    Block,
    View,
    actions,
    button,
    context,
    escape,
    line,
    member,
    quote,
    section,
)
from livesop_bot.views.home.sop import mode_words
from livesop_bot.views.ids import ActionId, BlockId, CallbackId
from livesop_bot.views.inputs import Answers, choice, number, people, typed
from livesop_bot.views.modal import modal
from livesop_bot.views.sops.editing import Editing
from livesop_bot.views.sops.forms import Places, noted

_GROUPS = 5

_DOES = {StepKind.MANUAL.value: "👤 A person does it", StepKind.DECISION.value: "🔀 A decision"} | {
    ActionKind.SLACK_MESSAGE.value: "⚡ Post a message in Slack",
    ActionKind.JIRA_ISSUE.value: "⚡ Open an issue in Jira",
    ActionKind.JIRA_COMMENT.value: "⚡ Comment on an issue in Jira",
    ActionKind.JIRA_TRANSITION.value: "⚡ Move an issue in Jira to another status",
    ActionKind.WEBHOOK.value: "⚡ Send JSON to a web address",
}
_MODES = {
    mode.value: mode_words(mode)[:1].upper() + mode_words(mode)[1:]
    for mode in (StepMode.APPROVE, StepMode.AUTO, StepMode.MANUAL)
}
_LABELS = {"to": "New status", "url": "Web address", "text": "Text", "issue": "Issue"}


def new_step() -> Step:
    """A step that nothing was said of yet."""
    return Step(id=StepId(""), title="", kind=StepKind.MANUAL, mode=StepMode.MANUAL)


def step_form(sop: WorkflowDefinition, step: Step, editing: Editing, note: str = "") -> View:
    """Ask for all of a step; what it does decides which fields follow."""
    return modal(
        "Step" if editing.step else "New step",
        [*noted(note), *_fields(sop, step, editing)],
        callback=CallbackId.SOP_STEP_FORM,
        submit="Save to draft",
        close="Back",
        metadata=editing.write(),
    )


def filled_step(step: Step, filled: Answers) -> Step:
    """Take over what stands in the form; fields of another action are not asked for any more."""
    does = filled.get("does") or _does(step)
    groups = tuple(one for one in step.approvers if one.startswith("S"))
    approvers = (*(filled.get("approvers") or ()), *groups)
    changed = replace(
        step,
        title=" ".join((filled.get("title") or "").split()),
        instructions=_tidied(filled.get("instructions")),
        approvers=approvers,
    )
    if does in (StepKind.MANUAL, StepKind.DECISION):
        kind = StepKind(does)
        mode = StepMode.MANUAL if step.kind is not kind else step.mode
        return replace(
            changed,
            kind=kind,
            mode=mode,
            action=None,
            fields={},
            undo_s=None,
            cap=None,
            saves_min=0,
        )
    action = ActionKind(does)
    fields = {
        field.name: text
        for field in SPECS[action].fields
        if (text := _field_text(field, filled, step))
    }
    mode = StepMode(filled.get("mode") or (step.mode if step.action else StepMode.APPROVE))
    return replace(
        changed,
        kind=StepKind.ACTION,
        action=action,
        mode=mode,
        fields=fields,
        undo_s=_number(filled.get("undo")),
        cap=_number(filled.get("cap")),
        saves_min=_number(filled.get("saves")) or 0,
    )


def step_errors(found: Places) -> dict[str, str]:
    """Give each flaw the name of its field; those of the way through are not the form's."""
    errors: dict[str, str] = {}
    for place, flaw in found.items():
        match place:
            case ("with", field, *_):
                errors.setdefault(f"with {field}", flaw)
            case ("kind" | "action" | "mode" as name, *_):
                errors.setdefault("mode" if name == "mode" else "does", flaw)
            case ("title" | "instructions" | "undo" | "cap" | "saves" | "approvers" as name, *_):
                errors.setdefault(str(name), flaw)
            case _:
                pass
    return errors


def preview(step: Step, request: ActionRequest | str, editing: Editing) -> View:
    """Show what an action would send for a sample message, or why it cannot be said."""
    blocks = [section(f"*{line(step.title or 'This step', 150)}*, for a sample message:")]
    if isinstance(request, str):
        blocks.append(section(f"⚠️ {escape(request)}"))
    else:
        text = quote(request.preview, 2_000, rows=25)
        blocks.append(section(f"_{line(request.words, 200)}_\n{text}".strip()))
    blocks.append(
        context(
            "The first example message stands in for a real one, and [brackets] for what would be "
            "found in it. Nothing was sent."
        )
    )
    return modal("Preview", blocks, close="Back", metadata=editing.write())


def _fields(sop: WorkflowDefinition, step: Step, editing: Editing) -> Iterator[Block]:
    yield typed("title", "What is to be done", step.title, most=150, placeholder="Tell the team")
    yield choice("does", "What happens", _DOES, _does(step), dispatch=ActionId.EDIT_STEP_DOES)
    if step.action is not None:
        yield from _action_fields(sop, step)
    yield typed(
        "instructions",
        "Instructions for people",
        step.instructions,
        most=3000,
        lines=True,
        optional=True,
    )
    users = [one for one in step.approvers if not one.startswith("S")]
    groups = [one for one in step.approvers if one.startswith("S")]
    yield people("approvers", "Who decides", users, hint="The only people who may move it on.")
    if groups:
        more = f" and {len(groups) - _GROUPS} more" if groups[_GROUPS:] else ""
        yield context(f"These user groups stay: {', '.join(map(member, groups[:_GROUPS]))}{more}")
    if not editing.step and sop.steps:
        shown = sop.steps[-100:]
        yield choice(
            "after",
            "It comes after",
            {one.id: one.title for one in shown},
            editing.after or shown[-1].id,
        )


def _action_fields(sop: WorkflowDefinition, step: Step) -> Iterator[Block]:
    assert step.action is not None, "only acting steps have fields"
    for field in SPECS[step.action].fields:
        yield typed(
            f"with {field.name}",
            _LABELS.get(field.name, field.name.capitalize()),
            step.fields.get(field.name, ""),
            most=3000,
            lines=field.lines,
            optional=not field.required,
            hint=field.meaning,
            placeholder=field.default,
        )
    ids = [one.id for one in sop.steps]
    here = ids.index(step.id) if step.id in ids else len(ids)
    earlier = [one.id for one in sop.steps[:here] if one.kind is StepKind.ACTION]
    known = "  ".join(f"`{{{{ {name} }}}}`" for name in names(sop.extract, earlier)[:24])
    yield context(f"Texts may use  {known}")
    yield actions(
        BlockId.SOP, button(ActionId.EDIT_PREVIEW, "Preview what it would send"), of="preview"
    )
    yield choice("mode", "Who lets it happen", _MODES, step.mode.value)
    usual = "0" if step.action is ActionKind.WEBHOOK else "20"
    yield number(
        "undo",
        "Undo window in seconds",
        step.undo_s,
        least=0,
        most=3600,
        placeholder=usual,
        hint="How long people can take back what Auto-Pilot is about to do.",
    )
    yield number(
        "cap",
        "Times in 10 minutes",
        step.cap,
        least=1,
        most=100,
        placeholder=str(CAP),
        hint="Auto-Pilot does it no more often; the rest waits for approval, in one card.",
    )
    yield number(
        "saves",
        "Minutes that it saves a person",
        step.saves_min or None,
        least=0,
        most=480,
        hint="For the hours saved in Overview.",
    )


def _does(step: Step) -> str:
    return step.kind.value if step.action is None else step.action.value


def _field_text(field: Field, filled: Mapping[str, Any], step: Step) -> str:
    name = f"with {field.name}"
    text = filled[name] if name in filled else step.fields.get(field.name)
    return _tidied(text) if field.lines else " ".join((text or "").split())


def _tidied(text: str | None) -> str:
    return "\n".join(row.rstrip() for row in (text or "").splitlines()).strip()


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None
