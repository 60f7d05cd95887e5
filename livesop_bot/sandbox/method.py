"""A Web API method, and how its arguments are read, whatever form they came in."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from livesop_bot.sandbox.wire import ApiError, JsonObject

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Method:
    """What a method does with its arguments; `scope` None needs none, `app` the app's token."""

    call: Callable[[JsonObject], JsonObject]
    scope: str | None = None
    app: bool = False


def required(args: JsonObject, name: str) -> str:
    """A string that must be there; refuses with invalid_arguments."""
    value = args.get(name)
    if not isinstance(value, str) or not value:
        raise ApiError("invalid_arguments", f"missing required field: {name}")
    return value


def optional(args: JsonObject, name: str) -> str | None:
    """A string, or None where it is missing or empty."""
    value = args.get(name)
    if value is None or value == "":
        return None
    return value if isinstance(value, str) else str(value)


def flag(args: JsonObject, name: str) -> bool:
    """A boolean, from JSON or from a form."""
    return args.get(name) in (True, 1, "1", "true", "True")


def number(args: JsonObject, name: str, default: int, largest: int) -> int:
    """A count from 1 to `largest`; refuses with invalid_limit."""
    try:
        value = int(args.get(name) or default)
    except (TypeError, ValueError):
        raise ApiError("invalid_limit") from None
    if not 1 <= value <= largest:
        raise ApiError("invalid_limit")
    return value


def structure(args: JsonObject, name: str, refusal: str) -> Any:
    """An object or list, given as such or as JSON in a string; None where it is missing."""
    value = args.get(name)
    if isinstance(value, str):
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise ApiError(refusal) from None
    return value


def page(
    items: Sequence[Item], args: JsonObject, default: int, largest: int = 1000
) -> tuple[list[Item], str]:
    """The part of a list that `limit` and `cursor` ask for, and the cursor of the next part."""
    limit = number(args, "limit", default, largest)
    start = 0
    if cursor := optional(args, "cursor"):
        try:
            start = int(base64.b64decode(cursor, validate=True).decode().removeprefix("next:"))
        except ValueError:
            raise ApiError("invalid_cursor") from None
    rest = items[start + limit :]
    following = base64.b64encode(f"next:{start + limit}".encode()).decode() if rest else ""
    return list(items[start : start + limit]), following
