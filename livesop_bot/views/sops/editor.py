"""The editor's first modal: the whole draft, with a button to every part of it."""

import json
from collections.abc import Iterator, Sequence

from livesop_bot.domain.drafts import Draft
from livesop_bot.domain.signals import UserId
from livesop_bot.domain.workflows import StepKind, WorkflowDefinition
from livesop_bot.views.blocks import (
    Block,
    View,
    actions,
    button,
    channel,
    confirm,
    context,
    counted,
    date,
    divider,
    line,
    person,
    plain,
    section,
)
from livesop_bot.views.home.sop import step_words, ways_words
from livesop_bot.views.home.tabs import MOST_BYTES
from livesop_bot.views.ids import ActionId, BlockId, CallbackId
from livesop_bot.views.modal import modal
from livesop_bot.views.sops.editing import Editing

TITLE = "Edit SOP"
STEP_MENU = {
    "edit": "Edit",
    "ways": "Where it leads",
    "up": "Move up",
    "down": "Move down",
    "remove": "Remove",
}
_FLAWS = 8
_BRIEF = 60
"""Characters of a step's title where the whole would be more than Slack takes."""


def editor(
    draft: Draft,
    editing: Editing,
    *,
    me: UserId,
    flaws: Sequence[str] = (),
    newest: int = 0,
    note: str = "",
) -> View:
    """Show a draft; `flaws` keep it from being published; `note` is what to say of the last press.

    `newest`: the version that is in use now.
    """

    def view(*, brief: bool) -> View:
        blocks = list(
            _editor(draft, editing, me=me, flaws=flaws, newest=newest, note=note, brief=brief)
        )
        return modal(TITLE, blocks, callback=CallbackId.SOP_EDITOR, metadata=editing.write())

    whole = view(brief=False)
    return whole if len(json.dumps(whole).encode()) <= MOST_BYTES else view(brief=True)


def _editor(
    draft: Draft,
    editing: Editing,
    *,
    me: UserId,
    flaws: Sequence[str],
    newest: int,
    note: str,
    brief: bool,
) -> Iterator[Block]:
    sop = draft.definition
    if note:
        yield section(f"⚠️ {note}")
    yield context(_state(draft, me, newest))
    yield from _fate(draft, editing, flaws)
    about = f"*{line(sop.title, 100)}*\n{_or(sop.summary, 'no summary')}"
    yield _part(about, ActionId.EDIT_ABOUT, "name and purpose")
    yield _part(_trigger(sop), ActionId.EDIT_TRIGGER, "when it fires")
    yield _part(_extract(sop), ActionId.EDIT_EXTRACT, "what is found in the message")
    yield divider()
    for number, step in enumerate(sop.steps, 1):
        title = line(step.title, _BRIEF if brief else 150)
        lines = [f"*{number}.  {title}*", step_words(step)]
        if ways := "" if brief else ways_words(sop, step.id):
            lines.append(ways)
        yield section("\n".join(lines)) | {"accessory": _menu(sop, number - 1)}
    if not sop.steps:
        yield section("_No steps yet._ The first one is where the SOP begins.")
    add = button(ActionId.EDIT_ADD_STEP, "＋ Add a step")
    yield actions(BlockId.SOP, add, of="steps")


def _fate(draft: Draft, editing: Editing, flaws: Sequence[str]) -> Iterator[Block]:
    if flaws:
        shown = [f"•  {line(flaw, 250)}" for flaw in flaws[:_FLAWS]]
        if more := len(flaws) - _FLAWS:
            shown += [f"•  … and {more} more"] if more > 0 else []
        yield section("*To put right before it can be published*\n" + "\n".join(shown))
    ask = confirm(
        title="Throw this draft away?",
        text="What was changed since the version in use is lost, for everybody.",
        yes="Throw away",
    )
    discard = button(
        ActionId.EDIT_DISCARD, "Discard draft", style="danger", confirm=ask, value=editing.slug
    )
    publish = button(ActionId.EDIT_PUBLISH, "Review and publish …", style="primary")
    if draft.revision == 0:
        yield context("Every change is saved as a draft; nothing is in use before it is published.")
    elif flaws:
        yield actions(BlockId.SOP, discard, of="fate")
    else:
        yield actions(BlockId.SOP, publish, discard, of="fate")


def _state(draft: Draft, me: UserId, newest: int) -> str:
    if draft.revision == 0 or draft.changed_at is None or draft.changed_by is None:
        return f"Version {draft.base}, as it is in use"
    who = "you" if draft.changed_by == me else person(draft.changed_by)
    said = f"Draft  ·  last changed by {who}, {date(draft.changed_at)}"
    if draft.base == 0:
        return f"{said}  ·  of a new SOP"
    said += f"  ·  made from version {draft.base}"
    if newest > draft.base:
        said += f"  ·  ⚠️ version {newest} is in use by now: publishing replaces it"
    return said


def _trigger(sop: WorkflowDefinition) -> str:
    trigger = sop.trigger
    watched = ", ".join(channel(one) for one in trigger.channels[:8]) or "every channel"
    if len(trigger.channels) > 8:
        watched += f" and {len(trigger.channels) - 8} more"
    examples = counted(len(trigger.examples), "example message")
    keywords = counted(len(trigger.keywords), "keyword")
    own = [
        f"proposed from {trigger.propose_from}%" if trigger.propose_from else "",
        f"started from {trigger.auto_from}%" if trigger.auto_from else "",
    ]
    said = "  ·  ".join(filter(None, (f"{examples}, {keywords}", watched, *own)))
    return f"*Fires when*  {_or(trigger.description, 'nothing is said yet')}\n{said}"


def _extract(sop: WorkflowDefinition) -> str:
    names = ", ".join(f"`{line(name, 63)}`" for name in sop.extract)
    return f"*Found in the message*  {names or '_nothing in particular_'}"


def _or(text: str, otherwise: str) -> str:
    return line(text, 400) or f"_{otherwise}_"


def _part(text: str, action: ActionId, what: str) -> Block:
    """A part of the draft; of buttons that look alike, screen readers say what they edit."""
    return section(text) | {"accessory": button(action, "Edit", spoken=f"Edit {what}")}


def _menu(sop: WorkflowDefinition, place: int) -> Block:
    step = sop.steps[place]
    left_out = {"up"} if place == 0 else set()
    left_out |= {"down"} if place == len(sop.steps) - 1 else set()
    if len(sop.steps) == 1:
        left_out |= {"ways"}
    options = []
    for what, text in STEP_MENU.items():
        if what == "ways" and step.kind is StepKind.DECISION:
            text = "Answers"
        if what not in left_out:
            options.append({"text": plain(text, 75), "value": f"{what}/{step.id}"[:150]})
    action = f"{ActionId.EDIT_STEP.value}:{place}"
    return {"type": "overflow", "action_id": action, "options": options}


def discarded() -> View:
    """Say that the draft is gone."""
    return modal(TITLE, [section("The draft was thrown away; what is in use is as it was.")])
