"""The text of a Slack message as people read it: its marks for links and entities taken off."""

import html
import re

_MARK = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")


def as_read(text: str) -> str:
    """Give `<https://…|label>` as `label (https://…)`, `<#C1|name>` as `#name`, `&amp;` as `&`."""
    return html.unescape(_MARK.sub(_read, text))


def _read(mark: re.Match[str]) -> str:
    target, label = mark[1], mark[2] or ""
    match target[:1]:
        case "#":
            return f"#{label or target[1:]}"
        case "@":
            return f"@{label or target[1:]}"
        case "!":
            return label or f"@{target[1:].partition('^')[0]}"
        case _:
            target = target.removeprefix("mailto:")
            return f"{label} ({target})" if label and label != target else target
