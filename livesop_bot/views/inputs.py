"""Fields that people fill in, and what they filled in.

A field is named by its place, such as `title` or `with text`; the name is part of its block_id, so
that errors stand at it and what was typed stays when the modal is shown anew.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from livesop_bot.views.blocks import Block, plain
from livesop_bot.views.ids import ActionId, BlockId

TYPED = 3000
"""Characters that Slack's text fields take."""
_LABEL, _HINT, _OPTION, _PLACEHOLDER = 100, 300, 75, 150
_VALUE = 150

Answers = Mapping[str, Any]
"""What was filled in, by name: a text, a list of ids, or a chosen value; None where nothing was."""


def block_id(name: str) -> str:
    """The id of a field's block."""
    return f"{BlockId.SOP_FIELD.value}:{name}"


def typed(
    name: str,
    label: str,
    value: str,
    *,
    most: int,
    lines: bool = False,
    optional: bool = False,
    hint: str = "",
    placeholder: str = "",
) -> Block:
    """A text field of at most `most` characters, on one line or several."""
    element: Block = {
        "type": "plain_text_input",
        "action_id": ActionId.SOP_FIELD.value,
        "multiline": lines,
        "max_length": min(most, TYPED),
    }
    if value.strip():
        element["initial_value"] = value[: min(most, TYPED)]
    return _field(name, label, element, optional=optional, hint=hint, placeholder=placeholder)


def number(
    name: str,
    label: str,
    value: int | None,
    *,
    least: int,
    most: int,
    hint: str = "",
    placeholder: str = "",
) -> Block:
    """A whole number, which may be left out."""
    element: Block = {
        "type": "number_input",
        "action_id": ActionId.SOP_FIELD.value,
        "is_decimal_allowed": False,
        "min_value": str(least),
        "max_value": str(most),
    }
    if value is not None:
        element["initial_value"] = str(value)
    return _field(name, label, element, optional=True, hint=hint, placeholder=placeholder)


def people(name: str, label: str, users: Sequence[str], *, hint: str = "") -> Block:
    """People, any number of them, or none."""
    element: Block = {"type": "multi_users_select", "action_id": ActionId.SOP_FIELD.value}
    if users:
        element["initial_users"] = list(users)
    return _field(name, label, element, optional=True, hint=hint, placeholder="Anyone")


def channels(name: str, label: str, ids: Sequence[str], *, hint: str = "") -> Block:
    """Public and private channels, any number of them, or none."""
    element: Block = {
        "type": "multi_conversations_select",
        "action_id": ActionId.SOP_FIELD.value,
        "filter": {"include": ["public", "private"]},
    }
    if ids:
        element["initial_conversations"] = list(ids)
    return _field(name, label, element, optional=True, hint=hint, placeholder="Every channel")


def channel(name: str, label: str, *, hint: str = "", placeholder: str = "") -> Block:
    """One public or private channel, or none."""
    element: Block = {
        "type": "conversations_select",
        "action_id": ActionId.SOP_FIELD.value,
        "filter": {"include": ["public", "private"]},
    }
    return _field(name, label, element, optional=True, hint=hint, placeholder=placeholder)


def choice(
    name: str,
    label: str,
    options: Mapping[str, str],
    chosen: str,
    *,
    optional: bool = False,
    dispatch: ActionId | None = None,
    hint: str = "",
    placeholder: str = "",
) -> Block:
    """One of a few, value: what people read; with `dispatch` a choice is told at once."""
    listed = [_option(value, text) for value, text in options.items()]
    element: Block = {
        "type": "static_select",
        "action_id": (dispatch or ActionId.SOP_FIELD).value,
        "options": listed,
    }
    if chosen in options:
        element["initial_option"] = _option(chosen, options[chosen])
    block = _field(name, label, element, optional=optional, hint=hint, placeholder=placeholder)
    return block | {"dispatch_action": True} if dispatch else block


def ticked(name: str, label: str, text: str, *, on: bool, hint: str = "") -> Block:
    """A box to tick."""
    option = _option("yes", text)
    element: Block = {
        "type": "checkboxes",
        "action_id": ActionId.SOP_FIELD.value,
        "options": [option],
    }
    if on:
        element["initial_options"] = [option]
    return _field(name, label, element, optional=True, hint=hint)


def answers(view: Mapping[str, Any]) -> Answers:
    """Read what stands in the fields of a modal, as it comes with a press or when it is sent."""
    found: dict[str, Any] = {}
    prefix = block_id("")
    for block, elements in ((view.get("state") or {}).get("values") or {}).items():
        if block.startswith(prefix):
            for state in elements.values():
                found[block.removeprefix(prefix)] = _answer(state)
    return found


def _answer(state: Mapping[str, Any]) -> Any:
    match state.get("type"):
        case "static_select":
            return (state.get("selected_option") or {}).get("value")
        case "checkboxes":
            return [option["value"] for option in state.get("selected_options") or ()]
        case "multi_static_select":
            return [option["value"] for option in state.get("selected_options") or ()]
        case "multi_users_select":
            return list(state.get("selected_users") or ())
        case "multi_conversations_select":
            return list(state.get("selected_conversations") or ())
        case "conversations_select":
            return state.get("selected_conversation")
        case _:
            return state.get("value")


def _option(value: str, text: str) -> Block:
    return {"text": plain(text, _OPTION), "value": value[:_VALUE]}


def _field(
    name: str, label: str, element: Block, *, optional: bool, hint: str = "", placeholder: str = ""
) -> Block:
    if placeholder and element["type"] != "checkboxes":
        element["placeholder"] = plain(placeholder, _PLACEHOLDER)
    block: Block = {
        "type": "input",
        "block_id": block_id(name),
        "label": plain(label, _LABEL),
        "element": element,
        "optional": optional,
    }
    if hint:
        block["hint"] = plain(hint, _HINT)
    return block
