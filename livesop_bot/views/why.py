"""What is said where `/livesop why` finds no message to open the Trust Panel of."""

from livesop_bot.views.blocks import Message, message, section


def usage() -> Message:
    """Say what kind of link is meant."""
    text = (
        "Which message? Copy its link (the message's ⋮ menu, *Copy link*) and send "
        "`/livesop why &lt;link&gt;`. It looks like "
        "`https://your-team.slack.com/archives/C012AB3CD/p1700000000000100`. The number of its "
        "signal does, too: `/livesop why 42`."
    )
    return message(text, [section(text)])


def not_known() -> Message:
    """Say where to learn why LiveSOP does not have a message."""
    text = (
        "LiveSOP has no record of that message. *Why (LiveSOP)* in the message's ⋮ menu says why "
        "that may be, and what to do."
    )
    return message(text, [section(text)])
