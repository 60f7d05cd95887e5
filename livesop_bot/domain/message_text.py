"""The text of a Slack message as people read it: its marks for links and entities taken off."""

import html
import re
from collections.abc import Iterator, Mapping

_MARK = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")


def as_read(text: str, names: Mapping[str, str] = {}) -> str:
    """Give `<https://…|label>` as `label (https://…)`, `<#C1|name>` as `#name`, `&amp;` as `&`.

    `names`: of people, by their ids, for Slack mentions them by those alone.
    """
    return html.unescape(_MARK.sub(lambda mark: _read(mark, names), text))


def mentioned(text: str) -> Iterator[str]:
    """Give the ids of the people whom a text mentions without their names."""
    return (mark[1][1:] for mark in _MARK.finditer(text) if mark[1][0] == "@" and not mark[2])


def _read(mark: re.Match[str], names: Mapping[str, str]) -> str:
    target, label = mark[1], mark[2] or ""
    match target[:1]:
        case "#":
            return f"#{label or target[1:]}"
        case "@":
            return f"@{label or names.get(target[1:], target[1:])}"
        case "!":
            return label or f"@{target[1:].partition('^')[0]}"
        case _:
            target = target.removeprefix("mailto:")
            return f"{label} ({target})" if label and label != target else target
