"""Block Kit's limits, as strictly as Slack has them: what breaks one is refused.

Blocks are refused with invalid_blocks, a view's own fields with invalid_arguments; the messages
say where and why.
"""

import json
from collections.abc import Iterator
from typing import Any

from livesop_bot.sandbox.wire import ApiError, JsonObject

MAX_BLOCKS = {"message": 50, "modal": 100, "home": 100}
MAX_VIEW_BYTES = 250_000
MAX_MARKDOWN = 12_000
MAX_MESSAGE = 13_200
"""Characters in all of a posted message's blocks, each block counted as 100 more; as measured."""

CORE_BLOCKS = {"actions", "context", "divider", "header", "image", "input", "rich_text", "section"}
CORE_BLOCKS |= {"video"}
ONLY_IN_MESSAGES = {"markdown", "context_actions", "plan", "task_card", "table", "file"}
ONLY_IN_MESSAGES |= {"container", "data_visualization"}
SURFACES = {
    "message": CORE_BLOCKS | ONLY_IN_MESSAGES,
    "modal": CORE_BLOCKS,
    "home": CORE_BLOCKS,
}

SELECTS = {
    f"{many}{source}_select"
    for many in ("", "multi_")
    for source in ("static", "external", "users", "conversations", "channels")
}
PICKERS = {"datepicker", "timepicker", "datetimepicker"}
CHOICES = {"radio_buttons", "checkboxes"}
TYPED = {"plain_text_input", "number_input", "email_text_input", "url_text_input", "file_input"}
TYPED |= {"rich_text_input"}
PRESSED = {"button", "overflow", "workflow_button"}
ALLOWED = {
    "accessory": SELECTS | PICKERS | CHOICES | PRESSED | {"image"},
    "actions": SELECTS | PICKERS | CHOICES | PRESSED,
    "input": SELECTS | PICKERS | CHOICES | TYPED,
}
MAX_OPTIONS = {"overflow": 5, "radio_buttons": 10, "checkboxes": 10}

Problems = Iterator[str]


def check_blocks(blocks: Any, *, surface: str) -> None:
    """Refuse blocks that Slack would not show on this surface."""
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise ApiError("invalid_blocks_format", "blocks must be a list of objects")
    if problems := list(_blocks(blocks, surface)):
        raise ApiError("invalid_blocks", *problems)


def check_posted(blocks: Any) -> None:
    """Refuse blocks that Slack would not post; answers by response_url may hold more text."""
    check_blocks(blocks, surface="message")
    if 100 * len(blocks) + _characters(blocks) > MAX_MESSAGE:
        raise ApiError("msg_blocks_too_long")


def _characters(part: Any) -> int:
    if isinstance(part, dict):
        own = len(part["text"]) if isinstance(part.get("text"), str) else 0
        return own + sum(map(_characters, part.values()))
    return sum(map(_characters, part)) if isinstance(part, list) else 0


def check_view(view: JsonObject) -> None:
    """Refuse a view that Slack would not show."""
    if problems := list(_view(view)):
        raise ApiError("invalid_arguments", *problems)
    if len(json.dumps(view).encode()) > MAX_VIEW_BYTES:
        raise ApiError("view_too_large")
    check_blocks(view.get("blocks"), surface=view["type"])


def _view(view: JsonObject) -> Problems:
    kind = view.get("type")
    if kind not in ("modal", "home"):
        yield "view: type must be modal or home"
        return
    yield from _length("view", view, "private_metadata", 3000)
    yield from _length("view", view, "callback_id", 255)
    yield from _length("view", view, "external_id", 255)
    if kind == "home":
        for name in ("title", "submit", "close"):
            if name in view and view[name] is not None:
                yield f"view: a home tab has no {name}"
        return
    for name in ("title", "submit", "close"):
        if view.get(name) is not None or name == "title":
            yield from _text(f"view/{name}", view.get(name), 24, plain=True)
    blocks = view.get("blocks")
    has_input = isinstance(blocks, list) and any(
        isinstance(block, dict) and block.get("type") == "input" for block in blocks
    )
    if has_input and view.get("submit") is None:
        yield "view: a modal with inputs needs submit"


def _blocks(blocks: list[JsonObject], surface: str) -> Problems:
    if len(blocks) > MAX_BLOCKS[surface]:
        yield f"no more than {MAX_BLOCKS[surface]} items allowed in blocks, not {len(blocks)}"
    seen: set[str] = set()
    markdown = 0
    for place, block in enumerate(blocks):
        where = f"blocks/{place}"
        kind = str(block.get("type"))
        if kind not in SURFACES[surface]:
            yield f"{where}: unsupported type {kind!r} in a {surface}"
            continue
        yield from _length(where, block, "block_id", 255)
        block_id = block.get("block_id")
        if isinstance(block_id, str) and block_id:
            if block_id in seen:
                yield f"{where}: block_id {block_id!r} already exists"
            seen.add(block_id)
        if kind == "markdown":
            markdown += len(str(block.get("text", "")))
        yield from _block(where, kind, block)
    if markdown > MAX_MARKDOWN:
        yield f"markdown blocks hold {markdown} characters, more than {MAX_MARKDOWN}"


def _block(where: str, kind: str, block: JsonObject) -> Problems:
    match kind:
        case "section":
            yield from _section(where, block)
        case "header":
            yield from _text(f"{where}/text", block.get("text"), 150, plain=True)
        case "markdown":
            if not isinstance(block.get("text"), str) or not block["text"]:
                yield f"{where}: text must be a string"
        case "image":
            yield from _image(where, block)
            if block.get("title") is not None:
                yield from _text(f"{where}/title", block["title"], 2000, plain=True)
        case "context":
            yield from _context(where, block)
        case "actions":
            yield from _actions(where, block)
        case "input":
            yield from _text(f"{where}/label", block.get("label"), 2000, plain=True)
            if block.get("hint") is not None:
                yield from _text(f"{where}/hint", block["hint"], 2000, plain=True)
            yield from _element(f"{where}/element", block.get("element"), ALLOWED["input"])
        case "rich_text":
            if not isinstance(block.get("elements"), list):
                yield f"{where}: elements must be a list"
        case "video":
            for name in ("video_url", "thumbnail_url", "alt_text", "title"):
                if not block.get(name):
                    yield f"{where}: missing required field: {name}"
        case _:
            pass


def _section(where: str, block: JsonObject) -> Problems:
    text, fields = block.get("text"), block.get("fields")
    if text is None and not fields:
        yield f"{where}: a section needs text or fields"
    if text is not None:
        yield from _text(f"{where}/text", text, 3000)
    if fields is not None:
        if not isinstance(fields, list) or not 1 <= len(fields) <= 10:
            yield f"{where}: fields must be 1 to 10 items"
        else:
            for place, item in enumerate(fields):
                yield from _text(f"{where}/fields/{place}", item, 2000)
    if block.get("accessory") is not None:
        yield from _element(f"{where}/accessory", block["accessory"], ALLOWED["accessory"])


def _context(where: str, block: JsonObject) -> Problems:
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= 10:
        yield f"{where}: elements must be 1 to 10 items"
        return
    for place, element in enumerate(elements):
        if isinstance(element, dict) and element.get("type") == "image":
            yield from _image(f"{where}/elements/{place}", element)
        else:
            yield from _text(f"{where}/elements/{place}", element, 3000)


def _actions(where: str, block: JsonObject) -> Problems:
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= 25:
        yield f"{where}: elements must be 1 to 25 items"
        return
    seen: set[str] = set()
    for place, element in enumerate(elements):
        yield from _element(f"{where}/elements/{place}", element, ALLOWED["actions"])
        action_id = element.get("action_id") if isinstance(element, dict) else None
        if isinstance(action_id, str):
            if action_id in seen:
                yield f"{where}/elements/{place}: action_id {action_id!r} already exists"
            seen.add(action_id)


def _element(where: str, element: Any, allowed: set[str]) -> Problems:
    kind = str(element.get("type")) if isinstance(element, dict) else None
    if kind not in allowed:
        yield f"{where}: unsupported element {kind!r}"
        return
    if kind == "image":
        yield from _image(where, element)
        return
    yield from _length(where, element, "action_id", 255)
    if element.get("placeholder") is not None:
        yield from _text(f"{where}/placeholder", element["placeholder"], 150, plain=True)
    if element.get("confirm") is not None:
        yield from _confirm(f"{where}/confirm", element["confirm"])
    if kind in ("button", "workflow_button"):
        yield from _button(where, element)
    elif kind in MAX_OPTIONS or kind in ("static_select", "multi_static_select"):
        yield from _options(where, element, kind)
    elif kind == "number_input" and not isinstance(element.get("is_decimal_allowed"), bool):
        yield f"{where}: missing required field: is_decimal_allowed"
    elif kind == "plain_text_input":
        longest = element.get("max_length", 3000)
        if not isinstance(longest, int) or not 1 <= longest <= 3000:
            yield f"{where}: max_length must be 1 to 3000"
        yield from _length(where, element, "initial_value", 3000)


def _button(where: str, button: JsonObject) -> Problems:
    yield from _text(f"{where}/text", button.get("text"), 75, plain=True)
    yield from _length(where, button, "value", 2000)
    yield from _length(where, button, "url", 3000)
    if button.get("style") not in (None, "primary", "danger"):
        yield f"{where}: style must be primary or danger"


def _options(where: str, element: JsonObject, kind: str) -> Problems:
    most = MAX_OPTIONS.get(kind, 100)
    options: Any = element.get("options")
    groups = element.get("option_groups")
    if groups is not None and kind not in MAX_OPTIONS and options is None:
        if not isinstance(groups, list) or not 1 <= len(groups) <= 100:
            yield f"{where}: option_groups must be 1 to 100 items"
            return
        for place, group in enumerate(groups):
            here = f"{where}/option_groups/{place}"
            if not isinstance(group, dict):
                yield f"{here}: must be an object"
                continue
            yield from _text(f"{here}/label", group.get("label"), 75, plain=True)
            yield from _option_list(here, group.get("options"), most)
        return
    yield from _option_list(where, options, most, rich=kind in CHOICES)
    initial = element.get("initial_options") or []
    if not isinstance(initial, list):
        yield f"{where}: initial_options must be a list"
        return
    if element.get("initial_option") is not None:
        initial = [*initial, element["initial_option"]]
    if isinstance(options, list) and any(option not in options for option in initial):
        yield f"{where}: an initial option is not among the options"


def _option_list(where: str, options: Any, most: int, *, rich: bool = False) -> Problems:
    if not isinstance(options, list) or not 1 <= len(options) <= most:
        yield f"{where}: options must be 1 to {most} items"
        return
    for place, option in enumerate(options):
        here = f"{where}/options/{place}"
        if not isinstance(option, dict):
            yield f"{here}: must be an object"
            continue
        yield from _text(f"{here}/text", option.get("text"), 75, plain=not rich)
        if not isinstance(option.get("value"), str):
            yield f"{here}: missing required field: value"
        yield from _length(here, option, "value", 150)
        if option.get("description") is not None:
            yield from _text(f"{here}/description", option["description"], 75, plain=not rich)


def _confirm(where: str, confirm: Any) -> Problems:
    if not isinstance(confirm, dict):
        yield f"{where}: must be an object"
        return
    for name, longest in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
        yield from _text(f"{where}/{name}", confirm.get(name), longest, plain=name != "text")


def _image(where: str, image: JsonObject) -> Problems:
    if not image.get("image_url") and not image.get("slack_file"):
        yield f"{where}: missing required field: image_url"
    if not image.get("alt_text"):
        yield f"{where}: missing required field: alt_text"
    yield from _length(where, image, "image_url", 3000)
    yield from _length(where, image, "alt_text", 2000)


def _text(where: str, text: Any, longest: int, *, plain: bool = False) -> Problems:
    kinds = ("plain_text",) if plain else ("plain_text", "mrkdwn")
    if not isinstance(text, dict) or text.get("type") not in kinds:
        yield f"{where}: must be a text object of type {' or '.join(kinds)}"
        return
    content = text.get("text")
    if not isinstance(content, str) or not content:
        yield f"{where}: must be more than 0 characters"
    elif len(content) > longest:
        yield f"{where}: must be less than {longest + 1} characters, not {len(content)}"


def _length(where: str, holder: JsonObject, name: str, longest: int) -> Problems:
    value = holder.get(name)
    if value is None:
        return
    if not isinstance(value, str):
        yield f"{where}: {name} must be a string"
    elif len(value) > longest:
        yield f"{where}: {name} must be less than {longest + 1} characters, not {len(value)}"
