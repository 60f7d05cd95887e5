"""The message itself: who wrote it, where and when, and its text as it was judged."""

from collections.abc import Iterator

from livesop_bot.domain.message_text import as_read
from livesop_bot.domain.signals import Signal, SignalState, Source
from livesop_bot.masking import mask_secrets
from livesop_bot.views.blocks import Block, channel, context, date, line, link, person, quote
from livesop_bot.views.trust_panel.more import quoted, with_more
from livesop_bot.views.trust_panel.state import Panel, Part

_TEXT, _ROWS = 600, 6


def source_blocks(panel: Panel) -> Iterator[Block]:
    """Show where it came from; its text only to those who can read its channel."""
    signal = panel.explanation.signal
    head = f"*The message*  ·  {_origin(signal)}"
    if signal.state is SignalState.DELETED:
        yield with_more(f"{head}\n_Its text was deleted._", Part.TEXT, is_cut=False)
        return
    if not panel.may_read:
        yield with_more(head, Part.TEXT, is_cut=False)
        yield context("🔒  Only those who can read its channel see its text.")
        return
    masked = mask_secrets(signal.text)
    text = as_read(masked, panel.names)
    is_cut = len(text) > _TEXT or len(text.splitlines()) > _ROWS
    shown = quote(text, _TEXT, _ROWS) or "_It has no text._"
    yield with_more(f"{head}\n{shown}", Part.TEXT, is_cut=is_cut)
    if masked != signal.text:
        yield context("Secrets in it were masked before it was judged, and are masked here.")
    if panel.evaluation is not None and panel.evaluation.signal.revision != signal.revision:
        yield context("This is how it reads now, after an edit.")


def full_text(panel: Panel) -> Iterator[str]:
    """All of its text."""
    if panel.may_read:
        yield from quoted(as_read(mask_secrets(panel.explanation.signal.text), panel.names))


def _origin(signal: Signal) -> str:
    who = "an app" if signal.author_is_bot else person(line(signal.author, 40))
    where = f"in {channel(line(signal.channel, 60))}"
    parts = [
        f"{who} {where}",
        date(signal.occurred_at),
        "imported" if signal.source is Source.IMPORT else "",
    ]
    if signal.state is not SignalState.DELETED and signal.permalink:
        parts.append(link(signal.permalink, "View in Slack"))
    return "  ·  ".join(filter(None, parts))
