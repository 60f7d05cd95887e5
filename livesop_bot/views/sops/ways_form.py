"""The editor's form for where a step leads."""

from livesop_bot.domain.template import clipped
from livesop_bot.domain.workflows import Step, StepId, StepKind, WorkflowDefinition
from livesop_bot.views.blocks import Block, View, context, line, plain, section
from livesop_bot.views.ids import ActionId, BlockId, CallbackId
from livesop_bot.views.inputs import Answers, typed
from livesop_bot.views.modal import modal
from livesop_bot.views.sops.editing import Editing
from livesop_bot.views.sops.forms import noted

_ANSWER = 60
_WAYS = 40
"""Steps that one may lead to, as far as the form shows."""


def ways_form(sop: WorkflowDefinition, step: Step, editing: Editing, note: str = "") -> View:
    """Ask which steps follow, and for a decision on which answer."""
    others = [one for one in sop.steps if one.id != step.id][:_WAYS]
    labels = {edge.target: edge.label for edge in sop.edges if edge.source == step.id}
    blocks = [*noted(note), section(f"After *{line(step.title, 150)}* comes …")]
    if not others:
        blocks.append(context("It is the only step: add another first."))
        return modal("Where it leads", blocks, close="Back", metadata=editing.write())
    if step.kind is StepKind.DECISION:
        blocks.append(context("Write the answer that leads to a step; leave the others empty."))
        for one in others:
            label = labels.get(one.id, "")
            title = clipped(one.title.strip(), 90) or one.id
            field = typed(f"to {one.id}", f"→ {title}", label, most=_ANSWER, optional=True)
            blocks.append(field)
    else:
        options = [{"text": plain(one.title, 75), "value": one.id} for one in others]
        element: Block = {
            "type": "multi_static_select",
            "action_id": ActionId.SOP_FIELD.value,
            "options": options,
            "placeholder": {"type": "plain_text", "text": "Nothing: it ends here"},
        }
        if chosen := [option for option in options if option["value"] in labels]:
            element["initial_options"] = chosen
        blocks.append(
            {
                "type": "input",
                "block_id": f"{BlockId.SOP_FIELD.value}:next",
                "label": {"type": "plain_text", "text": "Next steps"},
                "hint": {
                    "type": "plain_text",
                    "text": "Several go on side by side; where they meet, LiveSOP waits for all.",
                },
                "element": element,
                "optional": True,
            }
        )
    return modal(
        "Where it leads",
        blocks,
        callback=CallbackId.SOP_WAYS_FORM,
        submit="Save to draft",
        close="Back",
        metadata=editing.write(),
    )


def filled_ways(sop: WorkflowDefinition, step: Step, filled: Answers) -> list[tuple[StepId, str]]:
    """Read where it leads; ways that the form did not show stay."""
    others = [one for one in sop.steps if one.id != step.id]
    kept = [
        (edge.target, edge.label)
        for edge in sop.edges
        if edge.source == step.id and edge.target not in {one.id for one in others[:_WAYS]}
    ]
    if step.kind is not StepKind.DECISION:
        return [(StepId(one), "") for one in filled.get("next") or ()] + kept
    answered = ((one.id, _answer(filled, one.id)) for one in others[:_WAYS])
    return [(target, label) for target, label in answered if label] + kept


def _answer(filled: Answers, step: StepId) -> str:
    return " ".join((filled.get(f"to {step}") or "").split())
