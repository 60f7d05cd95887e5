"""The limits of what stands inside blocks: elements, options, pictures and texts."""

from collections.abc import Iterator
from typing import Any

from livesop_bot.sandbox.wire import JsonObject

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


def check_element(where: str, element: Any, allowed: set[str]) -> Problems:
    """What is wrong with an element, or that it may not stand here."""
    kind = str(element.get("type")) if isinstance(element, dict) else None
    if kind not in allowed:
        yield f"{where}: unsupported element {kind!r}"
        return
    if kind == "image":
        yield from check_image(where, element)
        return
    yield from check_length(where, element, "action_id", 255)
    if element.get("placeholder") is not None:
        yield from check_text(f"{where}/placeholder", element["placeholder"], 150, plain=True)
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
        yield from check_length(where, element, "initial_value", 3000)


def _button(where: str, button: JsonObject) -> Problems:
    yield from check_text(f"{where}/text", button.get("text"), 75, plain=True)
    yield from check_length(where, button, "value", 2000)
    yield from check_length(where, button, "url", 3000)
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
            yield from check_text(f"{here}/label", group.get("label"), 75, plain=True)
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
        yield from check_text(f"{here}/text", option.get("text"), 75, plain=not rich)
        if not isinstance(option.get("value"), str):
            yield f"{here}: missing required field: value"
        yield from check_length(here, option, "value", 150)
        if option.get("description") is not None:
            yield from check_text(f"{here}/description", option["description"], 75, plain=not rich)


def _confirm(where: str, confirm: Any) -> Problems:
    if not isinstance(confirm, dict):
        yield f"{where}: must be an object"
        return
    for name, longest in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
        yield from check_text(f"{where}/{name}", confirm.get(name), longest, plain=name != "text")


def check_image(where: str, image: JsonObject) -> Problems:
    """What is wrong with a picture."""
    if not image.get("image_url") and not image.get("slack_file"):
        yield f"{where}: missing required field: image_url"
    if not image.get("alt_text"):
        yield f"{where}: missing required field: alt_text"
    yield from check_length(where, image, "image_url", 3000)
    yield from check_length(where, image, "alt_text", 2000)


def check_text(where: str, text: Any, longest: int, *, plain: bool = False) -> Problems:
    """What is wrong with a text object."""
    kinds = ("plain_text",) if plain else ("plain_text", "mrkdwn")
    if not isinstance(text, dict) or text.get("type") not in kinds:
        yield f"{where}: must be a text object of type {' or '.join(kinds)}"
        return
    content = text.get("text")
    if not isinstance(content, str) or not content:
        yield f"{where}: must be more than 0 characters"
    elif len(content) > longest:
        yield f"{where}: must be less than {longest + 1} characters, not {len(content)}"


def check_length(where: str, holder: JsonObject, name: str, longest: int) -> Problems:
    """Whether a string that may be missing is none, or too long."""
    value = holder.get(name)
    if value is None:
        return
    if not isinstance(value, str):
        yield f"{where}: {name} must be a string"
    elif len(value) > longest:
        yield f"{where}: {name} must be less than {longest + 1} characters, not {len(value)}"
