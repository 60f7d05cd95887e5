"""The card of a pause: why a step is left to people, what waits for it, and what to press."""

from livesop_bot.domain.breaker import Pause, PausedRun
from livesop_bot.views.blocks import (
    Message,
    actions,
    button,
    context,
    line,
    link,
    message,
    person,
    section,
)
from livesop_bot.views.ids import ActionId, BlockId
from livesop_bot.views.press import CardPressed
from livesop_bot.views.steps import previewed

_PREVIEWS = 7_000
"""Characters of what waits, all together: a message holds 13,000."""


def pause_card(pause: Pause) -> Message:
    """Show a pause as it stands."""
    what = f"*{line(pause.step.title, 150)}* of *{line(pause.sop.title, 150)}*"
    if pause.ended_by:
        text = f"▶️ {what} goes on: {person(pause.ended_by)} approved what waited."
        return message(text, [section(text)])
    text = f"⏸️ {what} is paused. {line(pause.reason, 300)}, so it waits for your approval."
    kept = f"{person(pause.kept_by)} wants it to stay paused." if pause.kept_by else ""
    if not pause.waiting:
        text += " Nothing waits for it right now."
    blocks = [section("\n".join(filter(None, (text, kept))), expand=True)]
    room = min(1_000, _PREVIEWS // max(1, len(pause.waiting)))
    blocks += [section(_waiting(one, number, room)) for number, one in enumerate(pause.waiting, 1)]
    shown = {one.run: one.request.digest for one in pause.waiting}
    value = CardPressed(pause=pause.id, shown=shown).value()
    label = f"Approve these {len(pause.waiting)}" if pause.more else "Approve all"
    if pause.more:
        blocks.append(context("More are waiting; they are shown once these are approved."))
    approve = button(ActionId.PAUSE_END, label, style="primary", value=value)
    keep = button(ActionId.PAUSE_KEEP, "Keep paused", value=value)
    blocks.append(actions(BlockId.PAUSE, *((approve,) if pause.kept_by else (approve, keep))))
    return message(text, blocks)


def pause_over() -> Message:
    """Say that somebody was quicker."""
    text = "Somebody was quicker: this step is not paused any more. Nothing was changed."
    return message(text, [section(text)])


def _waiting(one: PausedRun, number: int, room: int) -> str:
    """One that waits, and what it would send: about so many characters of it."""
    where = link(one.permalink, f"Message {number}") if one.permalink else f"<#{one.channel}>"
    what = previewed(one.request, one.author, one.channel, room)
    return "\n".join(filter(None, (f"{where}: _{line(one.request.words, 150)}_", what)))
