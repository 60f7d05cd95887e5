"""An SOP's versions, what is different from one to the other, and its document."""

import json
from collections.abc import Sequence

from livesop_bot.domain.changes import Change
from livesop_bot.domain.history import VersionLine
from livesop_bot.views.blocks import (
    Block,
    View,
    actions,
    button,
    context,
    date,
    header,
    line,
    person,
    section,
)
from livesop_bot.views.ids import ActionId, BlockId
from livesop_bot.views.modal import modal
from livesop_bot.views.sops.editing import Editing
from livesop_bot.views.sops.publishing import change_blocks

HISTORY, DOCUMENT = "History", "SOP document"
SHOWN = 40
_CHANGES = 8
_PART, _BYTES = 2_800, 200_000


def history(
    title: str, versions: Sequence[VersionLine], total: int, newest: int, editing: Editing
) -> View:
    """List the versions, newest first, each with what can be done with it."""
    blocks: list[Block] = [header(title)]
    for place, version in enumerate(versions[:SHOWN]):
        is_newest = version.version == newest
        text = f"*Version {version.version}*" + ("  ·  in use" if is_newest else "")
        text += f"\n{_who(version.created_by)}, {date(version.created_at)}"
        if version.title != title:
            text += f"  ·  “{line(version.title, 100)}”"
        compare = button(
            ActionId.VERSION_COMPARE,
            "What changed" if is_newest else "Compare, restore",
            number=place,
            value=str(version.version),
            spoken=(
                f"What changed in version {version.version}"
                if is_newest
                else f"Compare or restore version {version.version}"
            ),
        )
        blocks.append(section(text) | {"accessory": compare})
    if total > SHOWN:
        blocks.append(context(f"The newest {SHOWN} of {total} versions."))
    return modal(HISTORY, blocks, metadata=editing.write())


def compared(
    version: int, newest: int, made: Sequence[Change], now: Sequence[Change], editing: Editing
) -> View:
    """Show what a version changed, and what restoring it would change now."""
    blocks: list[Block] = [
        section(f"*What version {version} changed*"),
        *change_blocks(made, _CHANGES),
    ]
    if version != newest:
        blocks += [section(f"*What restoring it would change in version {newest}*")]
        blocks += change_blocks(now, _CHANGES)
        if now:
            restore = button(
                ActionId.VERSION_RESTORE, f"Restore version {version} …", value=str(version)
            )
            blocks.append(actions(BlockId.SOP, restore, of="restore"))
            blocks.append(context("It is published anew, as the newest version; the others stay."))
    return modal(f"Version {version}", blocks, close="Back", metadata=editing.write())


def document(title: str, text: str) -> View:
    """Show an SOP as its document, as it can be imported; what does not fit is said."""
    parts = _parts(text)
    blocks: list[Block] = [
        context(
            f"*{line(title, 100)}* as a document. Whoever runs LiveSOP writes it with `livesop "
            "workflows export`, and reads it in with `livesop workflows import`."
        )
    ]
    room = _BYTES
    for part in parts:
        room -= len(json.dumps(part))
        if room > 0:
            blocks.append(_code(part))
    if room <= 0:
        blocks.append(context("… and more: `livesop workflows export` writes all of it."))
    return modal(DOCUMENT, blocks)


def _parts(text: str) -> list[str]:
    """The text in parts of whole lines, as large as a block takes; a longer line is cut in two."""
    parts = [""]
    for row in text.splitlines(keepends=True):
        for piece in (row[at : at + _PART] for at in range(0, len(row), _PART)):
            if len(parts[-1]) + len(piece) > _PART:
                parts.append("")
            parts[-1] += piece
    return [part for part in parts if part.strip()]


def _code(text: str) -> Block:
    """Text as it is, in one width; a rich text block reads no markup in it."""
    preformatted = {
        "type": "rich_text_preformatted",
        "elements": [{"type": "text", "text": text.rstrip("\n")}],
    }
    return {"type": "rich_text", "elements": [preformatted]}


def _who(author: str) -> str:
    return (
        person(author)
        if author[:1] in "UW" and author.isalnum() and author.isupper()
        else (line(author, 40))
    )
