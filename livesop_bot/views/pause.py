"""The card of a pause: why a step is left to people, what waits for it, and what to press."""

from livesop_bot.domain.breaker import Pause
from livesop_bot.views.blocks import Message, actions, button, line, link, message, person, section
from livesop_bot.views.ids import ActionId, BlockId


def pause_card(pause: Pause) -> Message:
    """Show a pause as it stands."""
    what = f"*{line(pause.step.title, 150)}* of *{line(pause.sop.title, 150)}*"
    if pause.ended_by:
        text = f"▶️ {what} goes on: {person(pause.ended_by)} approved what waited."
        return message(text, [section(text)])
    text = f"⏸️ {what} is paused. {line(pause.reason, 300)}, so it waits for your approval."
    kept = f"{person(pause.kept_by)} wants it to stay paused." if pause.kept_by else ""
    blocks = [section("\n".join(filter(None, (text, _waiting(pause), kept))), expand=True)]
    value = str(pause.id)
    approve = button(ActionId.PAUSE_END, "Approve all", style="primary", value=value)
    keep = button(ActionId.PAUSE_KEEP, "Keep paused", value=value)
    blocks.append(actions(BlockId.PAUSE, *((approve,) if pause.kept_by else (approve, keep))))
    return message(text, blocks)


def pause_over() -> Message:
    """Say that somebody was quicker."""
    text = "Somebody was quicker: this step is not paused any more. Nothing was changed."
    return message(text, [section(text)])


def _waiting(pause: Pause) -> str:
    where = [
        link(one.permalink, f"message {number}") if one.permalink else f"<#{one.channel}>"
        for number, one in enumerate(pause.waiting, 1)
    ]
    if not where:
        return "Nothing waits for it right now."
    return f"Waiting: {', '.join(where)}{' and more' if pause.more else ''}"
