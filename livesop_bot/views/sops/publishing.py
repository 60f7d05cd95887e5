"""Before a version is published: what changed, and what it would have done with late messages."""

from collections.abc import Collection, Iterator, Sequence
from enum import Enum, auto

from livesop_bot.domain.actions import ActionRequest
from livesop_bot.domain.changes import Change, ChangeKind, Replaced
from livesop_bot.domain.comparison import Comparison, Hit
from livesop_bot.domain.message_text import as_read
from livesop_bot.domain.rights import Right
from livesop_bot.domain.signals import SignalId
from livesop_bot.views.blocks import (
    Block,
    View,
    channel,
    clip,
    context,
    counted,
    date,
    divider,
    escape,
    header,
    line,
    link,
    member,
    percent,
    quote,
    section,
)
from livesop_bot.views.ids import CallbackId
from livesop_bot.views.modal import modal
from livesop_bot.views.rights import ask
from livesop_bot.views.sops.editing import Editing

TITLE = "Publish SOP"
HITS = 6
_CHANGES, _DETAILS, _NAMED, _SENDS = 12, 5, 8, 4
_MARKS = {ChangeKind.ADDED: "🟢", ChangeKind.REMOVED: "🔴", ChangeKind.CHANGED: "🔵"}
_WORDS = {ChangeKind.ADDED: "new", ChangeKind.REMOVED: "removed", ChangeKind.CHANGED: "changed"}


class Looking(Enum):
    """What there is in the place of a comparison: it is under way, or it failed."""

    ON = auto()
    FAILED = auto()


Found = Comparison | Looking
Sent = tuple[str, ActionRequest | str]
"""A step's title, and what it would send, or why that cannot be said."""


def review(
    title: str,
    changed: Sequence[Change],
    editing: Editing,
    *,
    lost: Sequence[str] = (),
    sends: Sequence[Sent] = (),
    found: Found = Looking.ON,
    readable: Collection[SignalId] = (),
    flaws: Sequence[str] = (),
    admins: Sequence[str] | None = None,
    note: str = "",
) -> View:
    """Show what would be published, and what it would have done with late messages.

    `lost`: titles of steps whose switch goes off; `sends`: what actions that are new or changed
    would send; `readable`: the signals whose text this person
    may read; `admins`: whom to ask who may not publish, None where this person may. Only where
    there is something to publish, and by whom, can it be sent.
    """
    blocks = list(
        _review(
            title, changed, editing, lost, sends, found, readable, flaws, admins=admins, note=note
        )
    )
    can = bool(changed) and admins is None and not flaws
    version = editing.base + 1
    return modal(
        TITLE,
        blocks,
        callback=CallbackId.SOP_PUBLISH_FORM,
        submit=f"Publish version {version}" if can else None,
        close="Back",
        metadata=editing.write(),
    )


def refused(why: str) -> View:
    """Say why nothing was published; `why` is mrkdwn of ours."""
    return modal(TITLE, [section(f"🔒  {why}")])


def change_blocks(changed: Sequence[Change], most: int = _CHANGES) -> Iterator[Block]:
    """Say in words what changed, at most so many parts of it."""
    if not changed:
        yield section("_Nothing is different._")
    for change in changed[:most]:
        text = f"{_MARKS[change.kind]}  *{line(change.part, 170)}*  {_WORDS[change.kind]}"
        details = [f"      {_detail(detail)}" for detail in change.details[:_DETAILS]]
        if more := len(change.details) - _DETAILS:
            details += [f"      … and {more} more"] if more > 0 else []
        yield section("\n".join([text, *details]))
    if len(changed) > most:
        yield context(f"… and {counted(len(changed) - most, 'more change')}.")


def _detail(detail: str | Replaced) -> str:
    if isinstance(detail, str):
        return line(detail, 160)
    what = f"{detail.what}: " if detail.what else ""
    return f"{what}{_names(detail.before) or detail.none} → {_names(detail.after) or detail.none}"


def _names(ids: Sequence[str]) -> str:
    named = [member(one) if one[:1] in "UWS" else channel(one) for one in ids[:_NAMED]]
    more = f" and {len(ids) - _NAMED} more" if ids[_NAMED:] else ""
    return ", ".join(named) + more


def _review(
    title: str,
    changed: Sequence[Change],
    editing: Editing,
    lost: Sequence[str],
    sends: Sequence[Sent],
    found: Found,
    readable: Collection[SignalId],
    flaws: Sequence[str],
    *,
    admins: Sequence[str] | None,
    note: str,
) -> Iterator[Block]:
    if note:
        yield section(f"⚠️ {note}")
    yield header(title)
    what = f"Compared with version {editing.base}, which is in use"
    if editing.version:
        what = (
            f"Version {editing.version} as the newest again, compared with version {editing.base}"
        )
    yield context(what if editing.base else "A new SOP")
    yield from change_blocks(changed)
    if lost:
        names = ", ".join(f"*{line(one, 100)}*" for one in lost[:10])
        yield section(f"🔒  Auto-Pilot goes off for {names}: it was allowed for another action.")
    if flaws:
        rows = "\n".join(f"•  {line(flaw, 250)}" for flaw in flaws[:8])
        yield section(f"*It cannot be published yet*\n{rows}")
    yield from _sends(sends)
    if changed:
        yield divider()
        yield from _messages(found, readable)
    if admins is not None:
        whom = ask(Right.PUBLISH, admins)
        yield context(f"🔒  Only admins publish. The draft is kept.{whom}")


def _sends(sends: Sequence[Sent]) -> Iterator[Block]:
    if sends:
        yield divider()
        yield section("*What it would send* for its first example message; nothing was sent.")
    for title, request in sends[:_SENDS]:
        if isinstance(request, str):
            yield section(f"*{line(title, 100)}*  ⚠️ {line(request, 300)}")
        else:
            text = quote(request.preview, 400, rows=4)
            yield section(f"*{line(title, 100)}*  _{line(request.words, 150)}_\n{text}".strip())
    if more := len(sends[_SENDS:]):
        yield context(
            f"… and {counted(more, 'more action')}: *Preview* in each one's form shows it."
        )


def _messages(found: Found, readable: Collection[SignalId]) -> Iterator[Block]:
    match found:
        case Looking.ON:
            yield section("⏳  *The latest messages:* looking at what would be different …")
        case Looking.FAILED:
            yield section(
                "⚠️  *The latest messages:* what would be different could not be found out. "
                "Go back and open this again to try once more."
            )
        case Comparison(given=0):
            yield section("*The latest messages:* there are none yet to compare on.")
        case Comparison(looked_at=0):
            yield section(
                "⚠️  *The latest messages:* the time was up before one was looked at. "
                "Go back and open this again to try once more."
            )
        case _:
            yield from _compared(found, readable)


def _compared(found: Comparison, readable: Collection[SignalId]) -> Iterator[Block]:
    said = f"*The latest {counted(found.looked_at, 'message')}*"
    if found.looked_at < found.given:
        said += f" (of {found.given}; then the time was up)"
    if not found.starts and not found.stops:
        what = f"nothing would be different; it fires on {found.same}, as before"
        yield section(f"{said}: {what}.")
    else:
        yield section(
            f"{said}: newly fires on *{len(found.starts)}*, stops firing on "
            f"*{len(found.stops)}*, as before on *{found.same}*."
        )
    for words, hits in (("🟢 newly fires", found.starts), ("🔴 stops firing", found.stops)):
        for hit in hits[:HITS]:
            yield section(_hit(words, hit, readable))
        if len(hits) > HITS:
            yield context(f"{words}: {len(hits) - HITS} more.")
    yield context("Judged by the local evaluator; no model was asked, and nothing was stored.")


def _hit(words: str, hit: Hit, readable: Collection[SignalId]) -> str:
    signal = hit.signal
    parts = [
        words,
        percent(hit.confidence),
        channel(signal.channel),
        date(signal.occurred_at),
        link(signal.permalink, "open message"),
    ]
    if hit.other:
        parts.append(clip(f"instead of {escape(hit.other)}", 120))
    text = "  ·  ".join(parts)
    if signal.id in readable:
        text += f"\n> {line(as_read(signal.text), 200)}"
    return text
