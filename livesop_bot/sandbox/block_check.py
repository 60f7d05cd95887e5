"""Block Kit's limits, as strictly as Slack has them: what breaks one is refused.

Blocks are refused with invalid_blocks, a view's own fields with invalid_arguments; the messages
say where and why.
"""

import json
from typing import Any

from livesop_bot.sandbox.element_check import (
    ALLOWED,
    Problems,
    check_element,
    check_image,
    check_length,
    check_text,
)
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
    yield from check_length("view", view, "private_metadata", 3000)
    yield from check_length("view", view, "callback_id", 255)
    yield from check_length("view", view, "external_id", 255)
    if kind == "home":
        for name in ("title", "submit", "close"):
            if name in view and view[name] is not None:
                yield f"view: a home tab has no {name}"
        return
    for name in ("title", "submit", "close"):
        if view.get(name) is not None or name == "title":
            yield from check_text(f"view/{name}", view.get(name), 24, plain=True)
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
        yield from check_length(where, block, "block_id", 255)
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
            yield from check_text(f"{where}/text", block.get("text"), 150, plain=True)
        case "markdown":
            if not isinstance(block.get("text"), str) or not block["text"]:
                yield f"{where}: text must be a string"
        case "image":
            yield from check_image(where, block)
            if block.get("title") is not None:
                yield from check_text(f"{where}/title", block["title"], 2000, plain=True)
        case "context":
            yield from _context(where, block)
        case "actions":
            yield from _actions(where, block)
        case "input":
            yield from check_text(f"{where}/label", block.get("label"), 2000, plain=True)
            if block.get("hint") is not None:
                yield from check_text(f"{where}/hint", block["hint"], 2000, plain=True)
            yield from check_element(f"{where}/element", block.get("element"), ALLOWED["input"])
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
        yield from check_text(f"{where}/text", text, 3000)
    if fields is not None:
        if not isinstance(fields, list) or not 1 <= len(fields) <= 10:
            yield f"{where}: fields must be 1 to 10 items"
        else:
            for place, item in enumerate(fields):
                yield from check_text(f"{where}/fields/{place}", item, 2000)
    if block.get("accessory") is not None:
        yield from check_element(f"{where}/accessory", block["accessory"], ALLOWED["accessory"])


def _context(where: str, block: JsonObject) -> Problems:
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= 10:
        yield f"{where}: elements must be 1 to 10 items"
        return
    for place, element in enumerate(elements):
        if isinstance(element, dict) and element.get("type") == "image":
            yield from check_image(f"{where}/elements/{place}", element)
        else:
            yield from check_text(f"{where}/elements/{place}", element, 3000)


def _actions(where: str, block: JsonObject) -> Problems:
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= 25:
        yield f"{where}: elements must be 1 to 25 items"
        return
    seen: set[str] = set()
    for place, element in enumerate(elements):
        yield from check_element(f"{where}/elements/{place}", element, ALLOWED["actions"])
        action_id = element.get("action_id") if isinstance(element, dict) else None
        if isinstance(action_id, str):
            if action_id in seen:
                yield f"{where}/elements/{place}: action_id {action_id!r} already exists"
            seen.add(action_id)
