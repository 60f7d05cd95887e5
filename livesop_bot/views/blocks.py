"""Block Kit in small pieces, and text that stays text.

Whatever people wrote (messages, names, titles) goes through `escape` or `line` before it is put
into mrkdwn. Texts are cut to Slack's limits here, so that no view fails for its length.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from livesop_bot.views.ids import ActionId, BlockId

Block = dict[str, Any]
View = dict[str, Any]

TEXT = 3000
"""Characters in a section's or a context's text."""
HEADER = 150
BUTTON = 75
CONTEXT_ELEMENTS = 10
MESSAGE = 13_000
"""Characters in all blocks of a posted message, each block counted as 100 more. Slack does not say
where it stops; about 13,200 were measured, with `msg_blocks_too_long` beyond."""
_FALLBACK = 3000
_SCRAP = 10
"""Characters that are not worth a line of their own."""
_CONFIRM_TITLE, _CONFIRM_TEXT, _CONFIRM_BUTTON = 100, 300, 30

_BROKEN_END = re.compile(r"(?:&[a-z]{0,3}|<[^<>]*)$")
"""An entity or a reference that a cut left open."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message: what it says in blocks, and in plain words for notifications and old clients."""

    text: str
    blocks: tuple[Block, ...] = ()

    def payload(self) -> dict[str, Any]:
        """The message as Slack's methods and command answers take it, links not unfurled."""
        content: dict[str, Any] = {"text": self.text, "unfurl_links": False, "unfurl_media": False}
        if self.blocks:
            content["blocks"] = list(self.blocks)
        return content


def size(blocks: Sequence[Block]) -> int:
    """How much of MESSAGE these blocks take."""
    return 100 * len(blocks) + _characters(blocks)


def _characters(part: Any) -> int:
    if isinstance(part, Mapping):
        text = part.get("text")
        own = len(text) if isinstance(text, str) else 0
        return own + sum(map(_characters, part.values()))
    if isinstance(part, Sequence) and not isinstance(part, str):
        return sum(map(_characters, part))
    return 0


def escape(text: str) -> str:
    """Make text safe in mrkdwn: no mention, broadcast or link can come out of it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def clip(text: str, limit: int) -> str:
    """Cut escaped text to `limit` characters, never within an entity or a `<…>`."""
    if len(text) <= limit:
        return text
    return _BROKEN_END.sub("", text[: limit - 1]).rstrip() + "…"


def line(text: str, limit: int = TEXT) -> str:
    """One line of mrkdwn from people's text: escaped, white space collapsed, cut to `limit`."""
    return clip(escape(" ".join(text.split())), limit)


def code(text: str, limit: int = 80) -> str:
    """People's text as code, such as a word to type."""
    return f"`{line(text.replace('`', ' '), limit)}`"


def quote(text: str, limit: int = 600, rows: int = 3) -> str:
    """People's text as a quotation, at most so many lines and about `limit` characters of it."""
    lines = [part for part in (" ".join(row.split()) for row in text.splitlines()) if part]
    shown = []
    for row in lines[:rows]:
        shown.append(f"> {line(row, limit)}")
        limit -= len(row)
        if limit < _SCRAP:
            break
    if len(shown) < len(lines) and not shown[-1].endswith("…"):
        shown[-1] += " …"
    return "\n".join(shown)


def link(url: str | None, label: str) -> str:
    """A link; the escaped label alone where the address is missing or no web address."""
    if url is None or not re.fullmatch(r"https?://[^\s<>|]{1,2000}", url):
        return escape(label)
    return f"<{escape(url)}|{escape(label).replace('|', '/')}>"


def channel(channel_id: str) -> str:
    """A channel by name; Slack hides the names of private channels from those outside.

    A direct message (D…) has no name that Slack would show.
    """
    if re.fullmatch(r"D[A-Z0-9]{1,29}", channel_id):
        return "a direct message"
    return (
        f"<#{channel_id}>" if re.fullmatch(r"[A-Z0-9]{1,30}", channel_id) else line(channel_id, 80)
    )


def person(user_id: str) -> str:
    """A person by name, as each reader sees it; whoever is named like this is not notified."""
    return f"<@{user_id}>" if re.fullmatch(r"[A-Z0-9]{1,30}", user_id) else line(user_id, 80)


def member(id_: str) -> str:
    """A person or a user group (S…) by name; nobody is notified in what only one person sees."""
    return f"<!subteam^{id_}>" if re.fullmatch(r"S[A-Z0-9]{1,30}", id_) else person(id_)


def date(moment: datetime) -> str:
    """A time, in each reader's own time zone."""
    fallback = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} {{time}}|{fallback}>"


def time(moment: datetime) -> str:
    """A time of the day to the second, in each reader's own time zone."""
    fallback = moment.astimezone(UTC).strftime("%H:%M:%S UTC")
    return f"<!date^{int(moment.timestamp())}^{{time_secs}}|{fallback}>"


def percent(confidence: float) -> str:
    """A confidence of 0..1 in words; rounded down, so that it never seems to reach a limit."""
    return f"{math.floor(round(confidence * 100, 6))}%"


def counted(number: int, one: str, many: str = "") -> str:
    """A number of things; `many`: where an s does not make more of `one`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def hours(minutes: int) -> str:
    """Minutes as hours, so exact that what is more than nothing never reads as nothing."""
    places = 0 if minutes == 0 or minutes >= 600 else 1 if minutes >= 6 else 2
    return f"{minutes / 60:,.{places}f}"


def bar(share: float, width: int = 10) -> str:
    """A share of 0..1 as a bar; full only when it is whole, empty only when it is nothing."""
    full = round(share * width)
    if 0 < share < 1:
        full = min(max(full, 1), width - 1)
    return "▰" * full + "▱" * (width - full)


def mrkdwn(text: str, limit: int = TEXT) -> Block:
    """A mrkdwn text object; `verbatim` keeps Slack from making links of names in it."""
    return {"type": "mrkdwn", "text": clip(text, limit) or "…", "verbatim": True}


def plain(text: str, limit: int) -> Block:
    """A plain_text object of one line."""
    shown = " ".join(text.split())
    shown = shown if len(shown) <= limit else shown[: limit - 1].rstrip() + "…"
    return {"type": "plain_text", "text": shown or "…", "emoji": True}


def header(text: str) -> Block:
    """A headline, in large type."""
    return {"type": "header", "text": plain(text, HEADER)}


def section(text: str, *, expand: bool = False) -> Block:
    """A paragraph of mrkdwn; `expand` keeps Slack from folding a long one."""
    block: Block = {"type": "section", "text": mrkdwn(text)}
    return block | {"expand": True} if expand else block


def context(*texts: str) -> Block:
    """Side remarks in small type."""
    return {"type": "context", "elements": [mrkdwn(text) for text in texts[:CONTEXT_ELEMENTS]]}


def divider() -> Block:
    """A line across."""
    return {"type": "divider"}


def actions(block_id: BlockId, *elements: Block, of: str = "") -> Block:
    """A row of buttons; `of` tells rows of one kind in one view apart."""
    name = f"{block_id.value}:{of}" if of else block_id.value
    return {"type": "actions", "block_id": name, "elements": list(elements)}


def button(
    action_id: ActionId,
    text: str,
    *,
    style: str | None = None,
    confirm: Block | None = None,
    value: str | None = None,
    number: int | None = None,
    spoken: str = "",
) -> Block:
    """A button; `style` is `primary` or `danger`, `confirm` asks before it counts.

    `value` comes back with the press; `number` tells buttons of one kind in one row apart;
    `spoken` is what screen readers say instead of `text`.
    """
    name = action_id.value if number is None else f"{action_id.value}:{number}"
    block: Block = {"type": "button", "action_id": name, "text": plain(text, BUTTON)}
    if value is not None:
        block["value"] = value
    if style is not None:
        block["style"] = style
    if spoken:
        block["accessibility_label"] = plain(spoken, BUTTON)["text"]
    if confirm is not None:
        block["confirm"] = confirm
    return block


def confirm(*, title: str, text: str, yes: str, no: str = "Cancel") -> Block:
    """The question that Slack asks before a button counts."""
    return {
        "title": plain(title, _CONFIRM_TITLE),
        "text": plain(text, _CONFIRM_TEXT),
        "confirm": plain(yes, _CONFIRM_BUTTON),
        "deny": plain(no, _CONFIRM_BUTTON),
    }


def message(text: str, blocks: Sequence[Block] = ()) -> Message:
    """A message whose fallback is `text`, cut to a length that Slack shows whole."""
    return Message(clip(text, _FALLBACK), tuple(blocks))
