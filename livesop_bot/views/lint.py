"""The block lint: what Slack would refuse in a message, a modal or a home tab, said beforehand.

Slack's limits, and what slack_sdk's models do not look at: field lengths, ids used twice, blocks
that a surface does not show, inputs without a submit button, pictures without a text.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from livesop_bot.views.blocks import MESSAGE, size

Json = Mapping[str, Any]

VIEW_BYTES: Final = 250_000
_EVERYWHERE = frozenset(
    {"actions", "context", "divider", "header", "image", "input", "rich_text", "section", "video"}
)
_SURFACES: Final = {
    "message": _EVERYWHERE
    | {"container", "context_actions", "data_visualization", "file", "markdown", "plan", "table"}
    | {"task_card"},
    "modal": _EVERYWHERE,
    "home": _EVERYWHERE,
}
_MOST_BLOCKS: Final = {"message": 50, "modal": 100, "home": 100}

_SELECTS = frozenset(
    f"{prefix}{kind}_select"
    for prefix in ("", "multi_")
    for kind in ("static", "external", "users", "conversations", "channels")
)
_CHOICES = frozenset({"checkboxes", "radio_buttons"})
_PICKERS = frozenset({"datepicker", "timepicker", "datetimepicker"})
_TYPED = frozenset({"plain_text_input", "email_text_input", "url_text_input", "number_input"})
_PRESSED = frozenset({"button", "overflow", "workflow_button"}) | _SELECTS | _CHOICES | _PICKERS
_ELEMENTS: Final = {
    "section": _PRESSED | {"image"},
    "actions": _PRESSED | {"rich_text_input"},
    "input": _SELECTS | _CHOICES | _PICKERS | _TYPED | {"file_input", "rich_text_input"},
}
_MOST_OPTIONS: Final = {"overflow": 5, "checkboxes": 10, "radio_buttons": 10}


def violations(view: Json, *, posted: bool = True) -> list[str]:
    """Name what a message (`text`, `blocks`), modal or home view breaks, each with its place.

    `posted`: a message goes out by chat.postMessage, which has a limit for all blocks together
    that the answers to commands have not.
    """
    surface = view.get("type", "message")
    if surface not in _SURFACES:
        return [f"type: {surface!r} is no surface"]
    return list(_view(view, surface, posted))


def _view(view: Json, surface: str, posted: bool) -> Iterator[str]:
    blocks = view.get("blocks", [])
    if not isinstance(blocks, Sequence) or isinstance(blocks, str):
        yield "blocks: not a list"
        return
    if surface == "message":
        if not view.get("text"):
            yield "text: missing; notifications and screen readers show it"
        yield from _length(view.get("text", ""), "text", 40_000)
        if posted and (all_of_it := size(blocks)) > MESSAGE:
            yield f"blocks: {all_of_it} characters in all, at most {MESSAGE}"
    else:
        yield from _frame(view, surface, blocks)
    if len(blocks) > _MOST_BLOCKS[surface]:
        yield f"blocks: {len(blocks)}, at most {_MOST_BLOCKS[surface]}"
    if (weight := len(json.dumps(view).encode())) > VIEW_BYTES:
        yield f"view: {weight} bytes, at most {VIEW_BYTES}"
    for index, block in enumerate(blocks):
        yield from _block(block, f"blocks[{index}]", surface)
    known = [block for block in blocks if isinstance(block, Mapping)]
    yield from _twice((block.get("block_id") for block in known), "blocks: block_id")
    markdown = sum(len(str(b.get("text", ""))) for b in known if b.get("type") == "markdown")
    if markdown > 12_000:
        yield f"blocks: {markdown} characters of markdown, at most 12000"


def _frame(view: Json, surface: str, blocks: Sequence[Any]) -> Iterator[str]:
    for name, limit in (("private_metadata", 3000), ("callback_id", 255), ("external_id", 255)):
        yield from _length(view.get(name, ""), name, limit)
    if "text" in view:
        yield "text: only messages have one"
    if surface != "modal":
        return
    yield from _text(view.get("title"), "title", 24, plain=True)
    for name in ("submit", "close"):
        if name in view:
            yield from _text(view[name], name, 24, plain=True)
    asks = any(isinstance(block, Mapping) and block.get("type") == "input" for block in blocks)
    if asks and "submit" not in view:
        yield "submit: missing, though the modal has inputs"


def _block(block: object, at: str, surface: str) -> Iterator[str]:
    if not isinstance(block, Mapping):
        yield f"{at}: not a block"
        return
    kind = block.get("type")
    if kind not in _SURFACES["message"]:
        yield f"{at}: {kind!r} is no known block"
        return
    if kind not in _SURFACES[surface]:
        yield f"{at}: {kind} is not shown in a {surface}"
    yield from _length(block.get("block_id", ""), f"{at}.block_id", 255)
    match kind:
        case "section":
            yield from _section(block, at)
        case "header":
            yield from _text(block.get("text"), f"{at}.text", 150, plain=True)
        case "context":
            yield from _context(block, at)
        case "actions":
            yield from _actions(block, at)
        case "input":
            yield from _input(block, at)
        case "image":
            yield from _image(block, at)
        case "video":
            yield from _text(block.get("title"), f"{at}.title", 199, plain=True)
            yield from _required(block, at, "alt_text", "video_url", "thumbnail_url")
        case "rich_text":
            yield from _required(block, at, "elements")
        case "markdown":
            yield from _required(block, at, "text")
        case _:
            pass


def _section(block: Json, at: str) -> Iterator[str]:
    fields = block.get("fields", [])
    if "text" in block:
        yield from _text(block["text"], f"{at}.text", 3000)
    elif not fields:
        yield f"{at}: neither text nor fields"
    if len(fields) > 10:
        yield f"{at}.fields: {len(fields)}, at most 10"
    for index, text in enumerate(fields):
        yield from _text(text, f"{at}.fields[{index}]", 2000)
    if "accessory" in block:
        yield from _element(block["accessory"], f"{at}.accessory", "section")


def _context(block: Json, at: str) -> Iterator[str]:
    elements = block.get("elements", [])
    if not 1 <= len(elements) <= 10:
        yield f"{at}.elements: {len(elements)}, from 1 to 10"
    for index, element in enumerate(elements):
        if isinstance(element, Mapping) and element.get("type") == "image":
            yield from _image(element, f"{at}.elements[{index}]")
        else:
            yield from _text(element, f"{at}.elements[{index}]", 3000)


def _actions(block: Json, at: str) -> Iterator[str]:
    elements = block.get("elements", [])
    if not 1 <= len(elements) <= 25:
        yield f"{at}.elements: {len(elements)}, from 1 to 25"
    for index, element in enumerate(elements):
        yield from _element(element, f"{at}.elements[{index}]", "actions")
    ids = (element.get("action_id") for element in elements if isinstance(element, Mapping))
    yield from _twice(ids, f"{at}: action_id")


def _input(block: Json, at: str) -> Iterator[str]:
    yield from _text(block.get("label"), f"{at}.label", 2000, plain=True)
    if "hint" in block:
        yield from _text(block["hint"], f"{at}.hint", 2000, plain=True)
    yield from _element(block.get("element"), f"{at}.element", "input")


def _image(image: Json, at: str) -> Iterator[str]:
    if not image.get("image_url") and not image.get("slack_file"):
        yield f"{at}: neither image_url nor slack_file"
    yield from _required(image, at, "alt_text")
    yield from _length(image.get("image_url", ""), f"{at}.image_url", 3000)
    yield from _length(image.get("alt_text", ""), f"{at}.alt_text", 2000)
    if "title" in image:
        yield from _text(image["title"], f"{at}.title", 2000, plain=True)


def _element(element: object, at: str, home: str) -> Iterator[str]:
    if not isinstance(element, Mapping):
        yield f"{at}: not an element"
        return
    kind = element.get("type")
    if kind not in _ELEMENTS[home]:
        yield f"{at}: {kind!r} is no element of {home}"
        return
    if kind == "image":
        yield from _image(element, at)
        return
    yield from _length(element.get("action_id", ""), f"{at}.action_id", 255)
    if "placeholder" in element:
        yield from _text(element["placeholder"], f"{at}.placeholder", 150, plain=True)
    if "confirm" in element:
        yield from _confirm(element["confirm"], f"{at}.confirm")
    if kind == "button":
        yield from _button(element, at)
    elif kind in _TYPED and element.get("max_length", 0) > 3000:
        yield f"{at}.max_length: above 3000"
    elif kind in _CHOICES or kind == "overflow" or kind in ("static_select", "multi_static_select"):
        yield from _options(element, at, kind)


def _button(element: Json, at: str) -> Iterator[str]:
    yield from _text(element.get("text"), f"{at}.text", 75, plain=True)
    for name, limit in (("value", 2000), ("url", 3000), ("accessibility_label", 75)):
        yield from _length(element.get(name, ""), f"{at}.{name}", limit)
    if element.get("style", "primary") not in ("primary", "danger"):
        yield f"{at}.style: {element['style']!r}, must be primary or danger"


def _options(element: Json, at: str, kind: str) -> Iterator[str]:
    most = _MOST_OPTIONS.get(kind, 100)
    groups = element.get("option_groups", [])
    if len(groups) > 100:
        yield f"{at}.option_groups: {len(groups)}, at most 100"
    for index, group in enumerate(groups):
        yield from _text(group.get("label"), f"{at}.option_groups[{index}].label", 75, plain=True)
        yield from _option_list(
            group.get("options", []), f"{at}.option_groups[{index}]", most, kind
        )
    if not groups:
        yield from _option_list(element.get("options", []), at, most, kind)


def _option_list(options: Sequence[Json], at: str, most: int, kind: str) -> Iterator[str]:
    if not 1 <= len(options) <= most:
        yield f"{at}.options: {len(options)}, from 1 to {most}"
    for index, option in enumerate(options):
        place = f"{at}.options[{index}]"
        yield from _text(option.get("text"), f"{place}.text", 75, plain=kind not in _CHOICES)
        yield from _length(option.get("value", ""), f"{place}.value", 150)
        if "description" in option:
            yield from _text(option["description"], f"{place}.description", 75)


def _confirm(confirm: Json, at: str) -> Iterator[str]:
    for name, limit in (("title", 100), ("confirm", 30), ("deny", 30)):
        yield from _text(confirm.get(name), f"{at}.{name}", limit, plain=True)
    yield from _text(confirm.get("text"), f"{at}.text", 300)


def _text(text: object, at: str, limit: int, *, plain: bool = False) -> Iterator[str]:
    if not isinstance(text, Mapping) or not isinstance(text.get("text"), str):
        yield f"{at}: missing, or no text object"
        return
    if text.get("type") not in (("plain_text",) if plain else ("plain_text", "mrkdwn")):
        yield f"{at}: {text.get('type')!r} is not allowed here"
    if not text["text"].strip():
        yield f"{at}: empty"
    if text.get("type") == "mrkdwn" and "emoji" in text:
        yield f"{at}: emoji belongs to plain_text"
    if text.get("type") == "plain_text" and "verbatim" in text:
        yield f"{at}: verbatim belongs to mrkdwn"
    yield from _length(text["text"], at, limit)


def _length(text: object, at: str, limit: int) -> Iterator[str]:
    if not isinstance(text, str):
        yield f"{at}: not a text"
    elif len(text) > limit:
        yield f"{at}: {len(text)} characters, at most {limit}"


def _required(holder: Json, at: str, *names: str) -> Iterator[str]:
    for name in names:
        if not holder.get(name):
            yield f"{at}: no {name}"


def _twice(ids: Iterable[object], what: str) -> Iterator[str]:
    seen: set[object] = set()
    for name in ids:
        if name is not None and name in seen:
            yield f"{what} {name!r} is used twice"
        seen.add(name)
